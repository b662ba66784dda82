#include "reports/headline.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "reports/samples.h"

namespace lastack {
namespace {

std::string ReasonOf(std::vector<Verdict> verdicts) {
  Results results;
  for (const Verdict verdict : verdicts) results.results.push_back(SampleCase(verdict));
  return OverallReason(results);
}

TEST(OverallReason, Conformant) {
  EXPECT_EQ(ReasonOf({Verdict::kPass, Verdict::kNotApplicable}), "Every MUST that applies is met.");
  EXPECT_EQ(ReasonOf({Verdict::kPass, Verdict::kAdvisory}), "Every MUST that applies is met, with 1 advisory.");
  EXPECT_EQ(ReasonOf({Verdict::kPass, Verdict::kAdvisory, Verdict::kAdvisory}),
            "Every MUST that applies is met, with 2 advisories.");
}

TEST(OverallReason, NonConformant) {
  EXPECT_EQ(ReasonOf({Verdict::kFail}), "1 of 1 case shows a requirement violated.");
  EXPECT_EQ(ReasonOf({Verdict::kFail, Verdict::kFail, Verdict::kPass}), "2 of 3 cases show a requirement violated.");
  EXPECT_EQ(ReasonOf({Verdict::kKnownFailure, Verdict::kPass}),
            "1 of 2 cases shows a requirement violated, all waived as known.");
  EXPECT_EQ(ReasonOf({Verdict::kFail, Verdict::kKnownFailure}),
            "2 of 2 cases show a requirement violated, 1 of them waived as known.");
  EXPECT_EQ(ReasonOf({Verdict::kFail, Verdict::kInconclusive}),
            "1 of 2 cases shows a requirement violated; 1 case is undecided.");
}

TEST(OverallReason, NotFullyVerified) {
  EXPECT_EQ(ReasonOf({}), "No case ran, so nothing was verified.");
  EXPECT_EQ(ReasonOf({Verdict::kPass, Verdict::kHarnessError}),
            "No violation was seen, but 1 of 2 cases is undecided.");
  EXPECT_EQ(ReasonOf({Verdict::kFlaky, Verdict::kUnexercised}),
            "No violation was seen, but 2 of 2 cases are undecided.");
  EXPECT_EQ(ReasonOf({Verdict::kNotApplicable}),
            "No violation was seen, but no case of a MUST applied and passed either.");
}

TEST(CountsPhrase, GravestFirstAndOnlyWhatOccurs) {
  EXPECT_EQ(CountsPhrase({}), "");
  EXPECT_EQ(CountsPhrase({SampleCase(Verdict::kPass), SampleCase(Verdict::kFail), SampleCase(Verdict::kPass)}),
            "1 fail, 2 pass");
}

TEST(Counted, Plural) {
  EXPECT_EQ(Counted(0, "case"), "0 cases");
  EXPECT_EQ(Counted(1, "case"), "1 case");
  EXPECT_EQ(Counted(2, "case"), "2 cases");
}

TEST(ResultsOf, WhatDecidesTheExitStatusComesFirst) {
  const Results results = ResultsOfCases({SampleCase(Verdict::kInconclusive, "a"), SampleCase(Verdict::kPass, "b"),
                                          SampleCase(Verdict::kHarnessError, "c"), SampleCase(Verdict::kFlaky, "d"),
                                          SampleCase(Verdict::kUnimplemented, "e")});
  std::string order;
  for (const CaseResult* result : ResultsOf(results, Standing::kUndecided)) order += result->case_id;
  EXPECT_EQ(order, "cade");
}

TEST(Overall, TitlesAndSymbolsDiffer) {
  EXPECT_STREQ(OverallTitle(Overall::kConformant), "Conformant");
  EXPECT_STREQ(OverallTitle(Overall::kNotFullyVerified), "Not fully verified");
  EXPECT_STREQ(OverallTitle(Overall::kNonConformant), "Non-conformant");
  EXPECT_STREQ(OverallSymbol(Overall::kConformant), "✓");
  EXPECT_STREQ(OverallSymbol(Overall::kNotFullyVerified), "?");
  EXPECT_STREQ(OverallSymbol(Overall::kNonConformant), "✗");
}

}  // namespace
}  // namespace lastack
