#include "tools/cli/bazel_contract.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "reports/junit.h"
#include "reports/pending_file.h"
#include "tools/cli/repeat.h"

namespace lastack {
namespace {

std::string TextOf(const BazelTest::Environment& environment, const char* name) {
  const char* value = environment(name);
  return value == nullptr ? "" : value;
}

absl::StatusOr<int> NumberOf(const BazelTest::Environment& environment, const char* name, int by_default) {
  const std::string text = TextOf(environment, name);
  int number = 0;
  if (text.empty()) return by_default;
  if (absl::SimpleAtoi(text, &number) && number >= 0) return number;
  return absl::InvalidArgumentError(absl::StrCat(name, "=", text, " is not a number, as Bazel sets it"));
}

absl::Status WriteFile(const std::string& path, const std::string& text) {
  if (path.empty()) return absl::OkStatus();
  absl::StatusOr<PendingFile> file = PendingFile::Write(path, text);
  return file.ok() ? file->Publish() : file.status();
}

// Time to end what runs, and to write the report.
unsigned StopsAfter(int timeout) { return static_cast<unsigned>(std::max(1, timeout - std::max(5, timeout / 10))); }

std::string LinesOf(const Results& results, Verdict verdict) {
  std::string lines;
  for (const CaseResult& one : results.results) {
    if (one.verdict == verdict) {
      absl::StrAppend(&lines, one.case_id, one.finding.empty() ? "" : absl::StrCat(" [", one.finding, "]"), ": ",
                      one.message, "\n");
    }
  }
  return lines;
}

}  // namespace

absl::StatusOr<BazelTest> BazelTest::Begin(const Environment& environment) {
  BazelTest test;
  test.premature_exit_ = TextOf(environment, "TEST_PREMATURE_EXIT_FILE");
  if (absl::Status written = WriteFile(test.premature_exit_, "the audit did not come to its end\n"); !written.ok()) {
    return written;
  }
  if (absl::Status written = WriteFile(TextOf(environment, "TEST_SHARD_STATUS_FILE"), ""); !written.ok()) {
    return written;
  }

  absl::StatusOr<int> shards = NumberOf(environment, "TEST_TOTAL_SHARDS", 1);
  absl::StatusOr<int> shard = NumberOf(environment, "TEST_SHARD_INDEX", 0);
  const char* seed_name = environment("TEST_RANDOM_SEED") != nullptr ? "TEST_RANDOM_SEED" : "TEST_RUN_NUMBER";
  absl::StatusOr<int> seed = NumberOf(environment, seed_name, 0);
  absl::StatusOr<int> timeout = NumberOf(environment, "TEST_TIMEOUT", 0);
  for (const auto* number : {&shards, &shard, &seed, &timeout}) {
    if (!number->ok()) return number->status();
  }
  if (*shard >= std::max(1, *shards)) {  // 0 stands for a test that is not divided
    return absl::InvalidArgumentError(
        absl::StrCat("TEST_SHARD_INDEX=", *shard, " is not below TEST_TOTAL_SHARDS=", *shards));
  }
  if (*shards > 1) test.shard_ = Shard{.index = *shard + 1, .count = *shards};
  if (!TextOf(environment, seed_name).empty()) test.seed_ = static_cast<uint32_t>(*seed);
  if (*timeout > 0) test.seconds_ = StopsAfter(*timeout);

  test.target_ = TextOf(environment, "TEST_TARGET");
  test.filter_ = TextOf(environment, "TESTBRIDGE_TEST_ONLY");
  test.report_directory_ = TextOf(environment, "TEST_UNDECLARED_OUTPUTS_DIR");
  test.xml_ = TextOf(environment, "XML_OUTPUT_FILE");
  test.warnings_ = TextOf(environment, "TEST_WARNINGS_OUTPUT_FILE");
  test.harness_failure_ = TextOf(environment, "TEST_INFRASTRUCTURE_FAILURE_FILE");
  const std::string temporary = TextOf(environment, "TEST_TMPDIR");
  if (!temporary.empty()) setenv("TMPDIR", temporary.c_str(), 1);
  return test;
}

std::vector<const Case*> BazelTest::Filtered(std::vector<const Case*> cases) const {
  if (!filter_.empty()) {
    std::erase_if(cases, [&](const Case* one) { return fnmatch(filter_.c_str(), one->id, 0) != 0; });
  }
  return cases;
}

std::string BazelTest::Replay(const std::string& case_id) const {
  return absl::StrCat("bazel test ", target_.empty() ? TargetName("") : target_, " --test_filter=", case_id);
}

absl::Status BazelTest::WriteResults(const Results& results) const {
  absl::Status written = WriteFile(xml_, RenderJUnit(results));
  const std::string advisories = LinesOf(results, Verdict::kAdvisory);
  if (!advisories.empty()) written.Update(WriteFile(warnings_, advisories));
  const std::string failures = LinesOf(results, Verdict::kHarnessError);
  if (!failures.empty()) written.Update(WriteHarnessFailure(failures));
  return written;
}

absl::Status BazelTest::WriteNothing(const std::string& why) const {
  absl::Status written = WriteFile(xml_, RenderJUnit({}));
  written.Update(WriteFile(warnings_, why + "\n"));
  return written;
}

absl::Status BazelTest::WriteHarnessFailure(const std::string& why) const { return WriteFile(harness_failure_, why); }

void BazelTest::End() const {
  if (!premature_exit_.empty()) unlink(premature_exit_.c_str());
}

}  // namespace lastack
