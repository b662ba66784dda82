#include "tools/cli/bazel_contract.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/cli/audit_options.h"

namespace lastack {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string Contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// An environment of our own, and a directory for the files that it names.
class BazelContractTest : public ::testing::Test {
 protected:
  BazelContractTest() { std::filesystem::create_directories(directory_); }

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  void Set(const std::string& name, const std::string& value) { variables_[name] = value; }

  absl::StatusOr<BazelTest> Begin() {
    return BazelTest::Begin([this](const char* name) -> const char* {
      const auto found = variables_.find(name);
      return found == variables_.end() ? nullptr : found->second.c_str();
    });
  }

  std::vector<std::string> Selected() {
    std::vector<const Case*> all;
    for (const Case& one : cases_) all.push_back(&one);
    const absl::StatusOr<BazelTest> test = Begin();
    if (!test.ok()) return {std::string(test.status().message())};
    std::vector<std::string> ids;
    for (const Case* one : PartOf(test->Filtered(all), test->shard())) ids.push_back(one->id);
    return ids;
  }

  static Results OneResult(Verdict verdict) {
    CaseResult one;
    one.case_id = "linger/no-abort-by-default";
    one.verdict = verdict;
    one.finding = "a-code";
    one.message = "what was seen.";
    Results results;
    results.results = {one};
    return results;
  }

 private:
  const std::string directory_ =
      absl::StrCat(getenv("TEST_TMPDIR"), "/", ::testing::UnitTest::GetInstance()->current_test_info()->name());
  std::map<std::string, std::string> variables_;
  std::vector<Case> cases_ = [] {
    std::vector<Case> cases(3);
    cases[0].id = "linger/a";
    cases[1].id = "linger/b";
    cases[2].id = "check-close/c";
    return cases;
  }();
};

TEST_F(BazelContractTest, NothingIsAskedForByNoVariables) {
  const absl::StatusOr<BazelTest> test = Begin();
  ASSERT_TRUE(test.ok()) << test.status();
  EXPECT_EQ(test->seed(), std::nullopt);
  EXPECT_EQ(test->shard(), std::nullopt);
  EXPECT_EQ(test->seconds(), 0u);
  EXPECT_EQ(test->report_directory(), "");
  EXPECT_TRUE(test->WriteResults(OneResult(Verdict::kAdvisory)).ok());
  test->End();
  EXPECT_THAT(Selected(), SizeIs(3));
}

TEST_F(BazelContractTest, ShardsDivideTheCases) {
  Set("TEST_SHARD_STATUS_FILE", Path("shard"));
  Set("TEST_TOTAL_SHARDS", "2");
  Set("TEST_SHARD_INDEX", "0");
  EXPECT_THAT(Selected(), ElementsAre("linger/a", "check-close/c"));
  EXPECT_TRUE(std::filesystem::exists(Path("shard")))
      << "Bazel takes a test that leaves this out for one that knows no shards";
  Set("TEST_SHARD_INDEX", "1");
  EXPECT_THAT(Selected(), ElementsAre("linger/b"));
}

TEST_F(BazelContractTest, AllIsNoShard) {
  Set("TEST_TOTAL_SHARDS", "1");
  Set("TEST_SHARD_INDEX", "0");
  EXPECT_EQ(Begin()->shard(), std::nullopt) << "its results would be a part, to be merged";
}

TEST_F(BazelContractTest, MoreShardsThanCasesLeaveSomeEmpty) {
  Set("TEST_TOTAL_SHARDS", "4");
  Set("TEST_SHARD_INDEX", "3");
  EXPECT_THAT(Selected(), IsEmpty());
}

TEST_F(BazelContractTest, AFilterIsAPatternOfCases) {
  Set("TESTBRIDGE_TEST_ONLY", "linger/*");
  EXPECT_THAT(Selected(), ElementsAre("linger/a", "linger/b"));
  Set("TEST_TOTAL_SHARDS", "2");
  Set("TEST_SHARD_INDEX", "1");
  EXPECT_THAT(Selected(), ElementsAre("linger/b")) << "what the filter leaves is divided";
  Set("TESTBRIDGE_TEST_ONLY", "SomeGoogleTest.*");
  EXPECT_THAT(Selected(), IsEmpty());
}

TEST_F(BazelContractTest, NoCaseIsNoTestAndAWarning) {
  Set("XML_OUTPUT_FILE", Path("test.xml"));
  Set("TEST_WARNINGS_OUTPUT_FILE", Path("warnings"));
  ASSERT_TRUE(Begin()->WriteNothing("0 cases match.").ok());
  EXPECT_THAT(Contents(Path("test.xml")), HasSubstr("<testsuites"));
  EXPECT_THAT(Contents(Path("test.xml")), Not(HasSubstr("<testcase")));
  EXPECT_EQ(Contents(Path("warnings")), "0 cases match.\n");
}

TEST_F(BazelContractTest, TheRunsNumberIsTheSeed) {
  Set("TEST_RUN_NUMBER", "7");
  EXPECT_EQ(Begin()->seed(), 7u);
  Set("TEST_RANDOM_SEED", "9");
  EXPECT_EQ(Begin()->seed(), 9u);
}

TEST_F(BazelContractTest, TheAuditStopsBeforeBazelDoes) {
  const std::map<std::string, unsigned> stops = {{"3600", 3240}, {"300", 270}, {"60", 54},
                                                 {"20", 15},     {"3", 1},     {"0", 0}};
  for (const auto& [timeout, seconds] : stops) {
    Set("TEST_TIMEOUT", timeout);
    EXPECT_EQ(Begin()->seconds(), seconds) << timeout;
  }
}

TEST_F(BazelContractTest, NumbersThatBazelWouldNotSetAreErrors) {
  for (const char* name :
       {"TEST_TOTAL_SHARDS", "TEST_SHARD_INDEX", "TEST_RUN_NUMBER", "TEST_RANDOM_SEED", "TEST_TIMEOUT"}) {
    for (const char* value : {"x", "-1", "1.5", "99999999999"}) {
      Set(name, value);
      EXPECT_THAT(std::string(Begin().status().message()), HasSubstr(absl::StrCat(name, "=", value)));
    }
    Set(name, "0");
  }
  Set("TEST_SHARD_INDEX", "2");
  Set("TEST_TOTAL_SHARDS", "2");
  EXPECT_THAT(std::string(Begin().status().message()), HasSubstr("TEST_SHARD_INDEX=2"));
}

TEST_F(BazelContractTest, ResultsAreJUnit) {
  Set("XML_OUTPUT_FILE", Path("test.xml"));
  Set("TEST_WARNINGS_OUTPUT_FILE", Path("warnings"));
  Set("TEST_INFRASTRUCTURE_FAILURE_FILE", Path("infrastructure"));
  ASSERT_TRUE(Begin()->WriteResults(OneResult(Verdict::kFail)).ok());
  EXPECT_THAT(Contents(Path("test.xml")), HasSubstr("<failure type=\"a-code\""));
  EXPECT_FALSE(std::filesystem::exists(Path("warnings")));
  EXPECT_FALSE(std::filesystem::exists(Path("infrastructure")));
}

TEST_F(BazelContractTest, AdvisoriesAreWarnings) {
  Set("TEST_WARNINGS_OUTPUT_FILE", Path("warnings"));
  ASSERT_TRUE(Begin()->WriteResults(OneResult(Verdict::kAdvisory)).ok());
  EXPECT_EQ(Contents(Path("warnings")), "linger/no-abort-by-default [a-code]: what was seen.\n");
}

TEST_F(BazelContractTest, HarnessErrorsAreInfrastructureFailures) {
  Set("TEST_INFRASTRUCTURE_FAILURE_FILE", Path("infrastructure"));
  const absl::StatusOr<BazelTest> test = Begin();
  ASSERT_TRUE(test->WriteResults(OneResult(Verdict::kHarnessError)).ok());
  EXPECT_THAT(Contents(Path("infrastructure")), HasSubstr("linger/no-abort-by-default"));
  ASSERT_TRUE(test->WriteHarnessFailure("no memory").ok());
  EXPECT_EQ(Contents(Path("infrastructure")), "no memory");
}

TEST_F(BazelContractTest, TheFileOfPrematureExitsIsThereUntilTheEnd) {
  Set("TEST_PREMATURE_EXIT_FILE", Path("premature"));
  const absl::StatusOr<BazelTest> test = Begin();
  EXPECT_TRUE(std::filesystem::exists(Path("premature")));
  test->End();
  EXPECT_FALSE(std::filesystem::exists(Path("premature")));
}

TEST_F(BazelContractTest, TemporaryFilesAndTheReportGoWhereBazelSays) {
  Set("TEST_TMPDIR", Path("tmp"));
  Set("TEST_UNDECLARED_OUTPUTS_DIR", Path("outputs"));
  const absl::StatusOr<BazelTest> test = Begin();
  EXPECT_EQ(getenv("TMPDIR"), Path("tmp"));
  EXPECT_EQ(test->report_directory(), Path("outputs"));
}

TEST_F(BazelContractTest, ACaseIsRepeatedByBazel) {
  Set("TEST_TARGET", "//some:test");
  EXPECT_EQ(Begin()->Replay("linger/a"), "bazel test //some:test --test_filter=linger/a");
}

TEST_F(BazelContractTest, FilesThatCannotBeWrittenAreErrors) {
  for (const char* name : {"TEST_PREMATURE_EXIT_FILE", "TEST_SHARD_STATUS_FILE"}) {
    Set(name, "/nowhere/file");
    EXPECT_THAT(std::string(Begin().status().message()), HasSubstr("/nowhere/file")) << name;
    Set(name, "");
  }
  Set("XML_OUTPUT_FILE", "/nowhere/test.xml");
  EXPECT_THAT(std::string(Begin()->WriteResults({}).message()), HasSubstr("/nowhere/test.xml"));
}

}  // namespace
}  // namespace lastack
