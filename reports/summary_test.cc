#include "reports/summary.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "reports/headline.h"
#include "reports/samples.h"
#include "reports/text.h"

namespace lastack {
namespace {

std::vector<std::string> Lines(const std::string& text) { return absl::StrSplit(text, '\n'); }

CaseResult Case(Verdict verdict, const std::string& id, const std::string& message) {
  CaseResult result = SampleCase(verdict, id);
  result.message = message;
  return result;
}

TEST(Summary, ALineACase) {
  EXPECT_EQ(RenderSummary(ResultsOfCases({Case(Verdict::kPass, "linger/a", "Fine."),
                                          Case(Verdict::kNotApplicable, "linger/long-name", "No server.")}),
                          /*color=*/false),
            "✓ pass            linger/a          Fine.\n"
            "– not-applicable  linger/long-name  No server.\n"
            "\n"
            "2 cases: 1 pass, 1 not-applicable\n"
            "✓ Conformant. Every MUST that applies is met.\n");
}

TEST(Summary, FindingsInFull) {
  CaseResult fail = Case(Verdict::kFail, "check-close/x", "close was called again.");
  fail.replay = "lastack replay 'close:error=EINTR' -- ./subject";
  EXPECT_EQ(RenderSummary(ResultsOfCases({fail}), /*color=*/false),
            "✗ fail            check-close/x  close was called again.\n"
            "\n"
            "Requirements violated (1)\n"
            "✗ fail  check-close/x  [close-retried]\n"
            "    close was called again.\n"
            "    lastack replay 'close:error=EINTR' -- ./subject\n"
            "\n"
            "1 case: 1 fail\n"
            "✗ Non-conformant. 1 of 1 case shows a requirement violated.\n");
}

TEST(Summary, WhatIsNoTerminalGetsEveryLineWhole) {
  const std::string message = absl::StrCat("It ", std::string(500, 'x'), " end.");
  const std::string text = RenderSummary(ResultsOfCases({Case(Verdict::kPass, "linger/a", message)}), /*color=*/false);
  EXPECT_EQ(Lines(text).front(), absl::StrCat("✓ pass            linger/a  ", message));
}

TEST(Summary, OneReasonForAllCasesStandsThereOnce) {
  CaseResult one = Case(Verdict::kInconclusive, "linger/a", "The clean run shows nothing: no such file.");
  one.replay = "lastack audit --case=linger/a -- python3 nosuch.py {url}";
  CaseResult other = one;
  other.case_id = "linger/b";
  EXPECT_EQ(RenderSummary(ResultsOfCases({one, other}), /*color=*/false),
            "? inconclusive  all 2 cases\n"
            "    The clean run shows nothing: no such file.\n"
            "    lastack audit --case=linger/a -- python3 nosuch.py {url}\n"
            "\n"
            "2 cases: 2 inconclusive\n"
            "? Not fully verified. No violation was seen, but 2 of 2 cases are undecided.\n");
  other.message = "Another.";
  EXPECT_TRUE(
      absl::StrContains(RenderSummary(ResultsOfCases({one, other}), false), "? inconclusive    linger/b  Another.\n"));
}

TEST(Summary, WhatManySharedIsToldOnce) {
  std::vector<CaseResult> cases = {Case(Verdict::kPass, "linger/a", "Fine."),
                                   Case(Verdict::kInconclusive, "linger/b", "Of its own.")};
  for (const char* id : {"linger/c", "linger/d", "linger/e", "linger/f"}) {
    cases.push_back(Case(Verdict::kInconclusive, id, "The audit was stopped."));
  }
  const std::string text = RenderSummary(ResultsOfCases(cases), /*color=*/false);
  EXPECT_TRUE(absl::StrContains(text, "Undecided (5)\n")) << text;
  EXPECT_TRUE(absl::StrContains(text, "inconclusive  linger/b\n")) << text;
  EXPECT_TRUE(absl::StrContains(text, "inconclusive  linger/c and 3 more\n    The audit was stopped.\n\n")) << text;
}

TEST(OneReasonForAll, IsAReasonWhyNothingWasJudged) {
  const CaseResult undecided = Case(Verdict::kInconclusive, "a/b", "Because.");
  EXPECT_EQ(OneReasonForAll(Results()), nullptr);
  EXPECT_EQ(OneReasonForAll(ResultsOfCases({undecided})), nullptr) << "one case is shown as it is";
  EXPECT_NE(OneReasonForAll(ResultsOfCases({undecided, undecided})), nullptr);
  EXPECT_EQ(OneReasonForAll(ResultsOfCases({undecided, Case(Verdict::kHarnessError, "a/b", "Because.")})), nullptr);
  EXPECT_EQ(OneReasonForAll(ResultsOfCases({undecided, undecided, Case(Verdict::kPass, "a/b", "Because.")})), nullptr);
  const CaseResult passed = Case(Verdict::kPass, "a/b", "Fine.");
  EXPECT_EQ(OneReasonForAll(ResultsOfCases({passed, passed})), nullptr);
}

TEST(Summary, NamesTheSlowestFive) {
  Results results;
  for (int i = 1; i <= 7; ++i) {
    results.results.push_back(Case(Verdict::kPass, absl::StrCat("linger/p", i), ""));
    results.results.back().duration_ms = i == 7 ? 0 : 400 * i;
  }
  const std::string text = RenderSummary(results, /*color=*/false);
  EXPECT_TRUE(absl::StrContains(
      text, "\nSlowest: linger/p6 2.4 s, linger/p5 2.0 s, linger/p4 1.6 s, linger/p3 1.2 s, linger/p2 800 ms\n"))
      << text;
}

TEST(Summary, SaysThatNothingRan) {
  EXPECT_EQ(RenderSummary(Results(), /*color=*/false), "? Not fully verified. No case ran, so nothing was verified.\n");
}

TEST(Summary, KeepsToTheColumns) {
  std::string message;
  for (int i = 0; i < 60; ++i) absl::StrAppend(&message, "wörd", i, " ");
  CaseResult fail = Case(Verdict::kFail, "check-close/eintr-not-retried", message);
  for (const size_t columns : {60, 80, 100, 200}) {
    const std::string text = RenderSummary(ResultsOfCases({fail}), /*color=*/false, columns);
    for (const std::string& line : Lines(text)) EXPECT_LE(CodePoints(line), columns) << line;
    EXPECT_TRUE(absl::StrContains(text, "wörd59")) << "the message must be there in full at " << columns;
  }
}

TEST(Summary, WrapsCountsAndOutcome) {
  Results results;
  for (const Verdict verdict : kAllVerdicts) results.results.push_back(SampleCase(verdict, "a/b"));
  const std::string text = RenderSummary(results, /*color=*/false, 80);
  for (const std::string& line : Lines(text)) EXPECT_LE(CodePoints(line), 80u) << line;
  EXPECT_TRUE(absl::StrContains(text, "1 not-applicable\n✗ Non-conformant. 2 of 12 cases show")) << text;
}

TEST(Summary, NeverBreaksAReplayCommand) {
  CaseResult fail = Case(Verdict::kFail, "check-close/x", "Again.");
  fail.replay = absl::StrCat("lastack replay ", std::string(300, 'x'), " -- ./subject with words");
  EXPECT_TRUE(absl::StrContains(RenderSummary(ResultsOfCases({fail}), false, 80), "    " + fail.replay + "\n"));
}

TEST(Summary, ColorsOnlyWhenAsked) {
  Results results;
  for (const Verdict verdict : kAllVerdicts) results.results.push_back(Case(verdict, "a/b", "m"));
  const std::string plain = RenderSummary(results, /*color=*/false);
  const std::string colored = RenderSummary(results, /*color=*/true);
  EXPECT_EQ(plain.find('\x1b'), std::string::npos);
  EXPECT_TRUE(absl::StrContains(colored, "\x1b[31m✗ fail          \x1b[0m  a/b"));
  EXPECT_TRUE(absl::StrContains(colored, "\x1b[32m✓ pass          \x1b[0m  a/b"));
  EXPECT_TRUE(absl::StrContains(colored, "\x1b[33m! advisory      \x1b[0m  a/b"));
  EXPECT_TRUE(absl::StrContains(colored, "\x1b[35m? inconclusive  \x1b[0m  a/b"));
  EXPECT_TRUE(absl::StrContains(colored, "\x1b[31m✗ Non-conformant\x1b[0m. "));
}

TEST(Summary, ColorsChangeNothingElse) {
  std::string stripped;
  const std::string colored = RenderSummary(FullResults(), /*color=*/true);
  for (size_t i = 0; i < colored.size(); ++i) {
    if (colored[i] == '\x1b') {
      i = colored.find('m', i);
    } else {
      stripped += colored[i];
    }
  }
  EXPECT_EQ(stripped, RenderSummary(FullResults(), /*color=*/false));
}

TEST(Summary, HostileTextReachesNoTerminal) {
  const std::string text = RenderSummary(HostileResults(), /*color=*/false);
  EXPECT_EQ(ValidUtf8(text), text);
  for (const char c : text) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << static_cast<int>(c);
  EXPECT_EQ(VisibleText(text, Breaks::kKeep), text) << "something hides or reorders text";
}

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

TEST(OverallReason, NotAudited) {
  Results results;
  results.not_audited = "no such program:\nnode";
  EXPECT_EQ(OverallReason(results), "It was not audited: no such program:\nnode.");
  EXPECT_EQ(RenderSummary(results, /*color=*/false).find("not audited: no such program:\n"), std::string::npos)
      << "one line";
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
