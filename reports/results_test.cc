#include "reports/results.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "reports/samples.h"
#include "reports/text.h"

namespace lastack {
namespace {

using nlohmann::json;

TEST(VerdictTable, WordsAndSymbolsAreDistinct) {
  std::set<std::string> words;
  std::set<std::string> symbols;
  for (const Verdict verdict : kAllVerdicts) {
    words.insert(VerdictWord(verdict));
    symbols.insert(VerdictSymbol(verdict));
    EXPECT_EQ(CodePoints(VerdictSymbol(verdict)), 1u) << VerdictWord(verdict);
    EXPECT_NE(std::string(VerdictMeaning(verdict)), "") << VerdictWord(verdict);
  }
  EXPECT_EQ(words.size(), kVerdictCount);
  EXPECT_EQ(symbols.size(), kVerdictCount);
}

TEST(VerdictTable, WordsAreReadBack) {
  for (const Verdict verdict : kAllVerdicts) EXPECT_EQ(VerdictOfWord(VerdictWord(verdict)), verdict);
  EXPECT_EQ(VerdictOfWord("passed"), std::nullopt);
  EXPECT_EQ(VerdictOfWord(""), std::nullopt);
}

// Everything that the design says of a verdict, one row each.
struct VerdictRule {
  Verdict verdict;
  int exit_status;
  int strict_exit_status;
  Standing standing;
  Overall overall;  // with a passing MUST beside it
};

constexpr VerdictRule kRules[] = {
    {Verdict::kPass, 0, 0, Standing::kSettled, Overall::kConformant},
    {Verdict::kAdvisory, 0, 1, Standing::kAdvised, Overall::kConformant},
    {Verdict::kObserved, 0, 0, Standing::kSettled, Overall::kConformant},
    {Verdict::kFail, 1, 1, Standing::kViolated, Overall::kNonConformant},
    {Verdict::kKnownFailure, 0, 0, Standing::kViolated, Overall::kNonConformant},
    {Verdict::kStaleWaiver, 1, 1, Standing::kUndecided, Overall::kNotFullyVerified},
    {Verdict::kNotApplicable, 0, 0, Standing::kSettled, Overall::kConformant},
    {Verdict::kUnimplemented, 0, 0, Standing::kUndecided, Overall::kNotFullyVerified},
    {Verdict::kUnexercised, 1, 1, Standing::kUndecided, Overall::kNotFullyVerified},
    {Verdict::kInconclusive, 1, 1, Standing::kUndecided, Overall::kNotFullyVerified},
    {Verdict::kFlaky, 1, 1, Standing::kUndecided, Overall::kNotFullyVerified},
    {Verdict::kHarnessError, 3, 3, Standing::kUndecided, Overall::kNotFullyVerified},
};
static_assert(std::size(kRules) == kVerdictCount, "a verdict without a rule");

class VerdictRules : public testing::TestWithParam<VerdictRule> {};

TEST_P(VerdictRules, Hold) {
  const VerdictRule& rule = GetParam();
  const CaseResult result = SampleCase(rule.verdict);
  EXPECT_EQ(VerdictExitStatus(rule.verdict, /*strict=*/false), rule.exit_status);
  EXPECT_EQ(VerdictExitStatus(rule.verdict, /*strict=*/true), rule.strict_exit_status);
  EXPECT_EQ(StandingOf(result), rule.standing);
  EXPECT_EQ(OverallOf(ResultsOfCases({SampleCase(Verdict::kPass), result})), rule.overall);
  EXPECT_EQ(ExitStatusOf(ResultsOfCases({SampleCase(Verdict::kPass), result}), false), rule.exit_status);
  EXPECT_EQ(ExitStatusOf(ResultsOfCases({SampleCase(Verdict::kPass), result}), true), rule.strict_exit_status);
}

INSTANTIATE_TEST_SUITE_P(All, VerdictRules, testing::ValuesIn(kRules), [](const auto& info) {
  std::string name = VerdictWord(info.param.verdict);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(StandingOf, AFindingMakesStaleWaiversAndFlakyCasesViolations) {
  for (const Verdict verdict : {Verdict::kStaleWaiver, Verdict::kFlaky}) {
    CaseResult result = SampleCase(verdict);
    result.finding = "close-retried";
    EXPECT_EQ(StandingOf(result), Standing::kViolated) << VerdictWord(verdict);
    EXPECT_EQ(OverallOf(ResultsOfCases({result})), Overall::kNonConformant) << VerdictWord(verdict);
  }
}

TEST(OverallOf, NothingIsNotConformant) {
  EXPECT_EQ(OverallOf(Results()), Overall::kNotFullyVerified);
  EXPECT_EQ(OverallOf(ResultsOfCases({SampleCase(Verdict::kNotApplicable)})), Overall::kNotFullyVerified);
}

TEST(OverallOf, APassingShouldIsNotEnough) {
  CaseResult should = SampleCase(Verdict::kPass);
  should.level = "SHOULD";
  EXPECT_EQ(OverallOf(ResultsOfCases({should})), Overall::kNotFullyVerified);
  EXPECT_EQ(OverallOf(ResultsOfCases({should, SampleCase(Verdict::kPass)})), Overall::kConformant);
}

TEST(OverallOf, AViolationOutweighsAnOpenQuestion) {
  const CaseResult fail = SampleCase(Verdict::kFail);
  const CaseResult error = SampleCase(Verdict::kHarnessError);
  EXPECT_EQ(OverallOf(ResultsOfCases({error, fail})), Overall::kNonConformant);
  EXPECT_EQ(OverallOf(ResultsOfCases({fail, error})), Overall::kNonConformant);
}

TEST(ExitStatusOf, NoResultsIsAnError) { EXPECT_EQ(ExitStatusOf(Results(), false), 3); }

TEST(ExitStatusOf, TheHighestCounts) {
  const CaseResult pass = SampleCase(Verdict::kPass);
  const CaseResult fail = SampleCase(Verdict::kFail);
  const CaseResult error = SampleCase(Verdict::kHarnessError);
  EXPECT_EQ(ExitStatusOf(ResultsOfCases({pass}), false), 0);
  EXPECT_EQ(ExitStatusOf(ResultsOfCases({fail, pass}), false), 1);
  EXPECT_EQ(ExitStatusOf(ResultsOfCases({error, fail, pass}), false), 3);
  EXPECT_EQ(ExitStatusOf(ResultsOfCases({pass, fail, error}), true), 3);
}

TEST(CountVerdicts, CountsEach) {
  const auto counts =
      CountVerdicts({SampleCase(Verdict::kPass), SampleCase(Verdict::kFail), SampleCase(Verdict::kPass)});
  EXPECT_EQ(counts[static_cast<size_t>(Verdict::kPass)], 2);
  EXPECT_EQ(counts[static_cast<size_t>(Verdict::kFail)], 1);
  EXPECT_EQ(counts[static_cast<size_t>(Verdict::kFlaky)], 0);
}

TEST(Json, RoundTrip) {
  for (const Results& results : {FullResults(), Results()}) {
    const absl::StatusOr<Results> read = ResultsFromJson(FormatResults(results));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, results);
  }
}

TEST(Json, EveryVerdictSurvives) {
  for (const Verdict verdict : kAllVerdicts) {
    const Results results = ResultsOfCases({SampleCase(verdict)});
    const absl::StatusOr<Results> read = ResultsFromJson(FormatResults(results));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, results) << VerdictWord(verdict);
  }
}

TEST(Json, SummaryAndOverallStandApart) {
  const json document = ResultsToJson(FullResults());
  EXPECT_EQ(document["overall"], "non-conformant");
  EXPECT_EQ(document["summary"]["fail"], 1);
  EXPECT_EQ(document["summary"]["pass"], 1);
  EXPECT_EQ(document["summary"]["flaky"], 0);
  EXPECT_EQ(document["summary"].size(), kVerdictCount);
  EXPECT_EQ(document["results"].size(), 2u);
}

TEST(Json, NamesAreThoseOfTheDesign) {
  const json record = ResultsToJson(FullResults())["results"][0];
  EXPECT_EQ(record["case"], "check-close/eintr-not-retried");
  EXPECT_EQ(record["requirement"], "requirement-id-text");
  EXPECT_EQ(record["text"], "requirement-text");
  EXPECT_EQ(record["verdict"], "fail");
  EXPECT_EQ(record["faults"][0],
            (json{{"site", "site-text"}, {"effect", "effect-text"}, {"result", "result-text"}, {"fired", 2}}));
  EXPECT_EQ(record["closing"][0], (json{{"name", "closing-name-text"}, {"value", "closing-value-text"}}));
  EXPECT_EQ(record["evidence"], (json{"evidence-text", "evidence2-text"}));
}

TEST(Json, HostileTextCannotBreakTheFile) {
  Results results = FullResults();
  results.subject = HostileText();
  results.results[0].output = HostileText();
  results.results[0].faults[0].site = HostileText();
  results.results[0].evidence[0] = HostileText();
  results.environment[0] = {HostileText(), HostileText()};
  const std::string text = FormatResults(results);
  EXPECT_EQ(ValidUtf8(text), text);
  const absl::StatusOr<Results> read = ResultsFromJson(text);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->results[0].output, ValidUtf8(HostileText()));
  EXPECT_EQ(FormatResults(*read), text) << "a second round must change nothing";
}

TEST(Json, EqualResultsGiveEqualBytes) {
  EXPECT_EQ(FormatResults(FullResults()), FormatResults(FullResults()));
  EXPECT_EQ(FormatResults(FullResults()).back(), '\n');
}

std::string MessageOf(const std::string& text) {
  const absl::StatusOr<Results> results = ResultsFromJson(text);
  EXPECT_FALSE(results.ok());
  EXPECT_EQ(results.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(results.status().message());
}

TEST(ResultsFromJson, SaysWhereTheJsonBreaks) {
  EXPECT_EQ(MessageOf("{\n  \"tool\": ]\n}").find("parse error at line 2, column 11: "), 0u);
}

TEST(ResultsFromJson, SaysWhatTheSchemaRefuses) {
  json document = ResultsToJson(FullResults());
  document["results"][0]["verdict"] = "passed";
  document["results"][1].erase("why");
  const std::string message = MessageOf(document.dump());
  EXPECT_NE(message.find("/results/0/verdict: is \"passed\", must be one of \"fail\""), std::string::npos) << message;
  EXPECT_NE(message.find("/results/1: lacks \"why\""), std::string::npos) << message;
}

TEST(ResultsFromJson, RefusesASummaryThatDoesNotCount) {
  json document = ResultsToJson(FullResults());
  document["summary"]["pass"] = 2;
  EXPECT_EQ(MessageOf(document.dump()).find("/summary: does not count the records"), 0u);
}

TEST(ResultsFromJson, RefusesAnOverallThatTheRecordsContradict) {
  json document = ResultsToJson(FullResults());
  document["overall"] = "conformant";
  EXPECT_EQ(MessageOf(document.dump()), "/overall: the records make it \"non-conformant\"");
}

TEST(ResultsFromJson, RefusesAnotherVersion) {
  json document = ResultsToJson(FullResults());
  document["schema"] = 2;
  EXPECT_EQ(MessageOf(document.dump()), "/schema: is 2, must be 1");
}

}  // namespace
}  // namespace lastack
