#include "reports/apply_waivers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/html.h"
#include "reports/junit.h"
#include "reports/summary.h"
#include "reports/waiver_samples.h"

namespace lastack {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

CaseResult Applied(const CaseResult& record, const Waiver& waiver, absl::CivilDay today = kToday) {
  return ApplyWaivers(Audit({record}), FileOf({waiver}), today, kScope).results.front();
}

TEST(ApplyWaiversTest, ExactlyTheWaivedFindingIsAKnownFailureWithItsReason) {
  Waiver waiver = Of("linger/a");
  waiver.link = "https://example.org/7";
  waiver.expires = kToday;
  const CaseResult result = Applied(Record("linger/a", Verdict::kFail, "leak"), waiver);
  EXPECT_EQ(result.verdict, Verdict::kKnownFailure);
  EXPECT_EQ(result.finding, "leak");
  EXPECT_EQ(result.message,
            "Waived: the vendor knows (https://example.org/7), until 2026-11-21. Found: message of linger/a");
  EXPECT_EQ(result.waiver->entry, "w.json /0");
}

TEST(ApplyWaiversTest, ReportsShowTheReason) {
  Results results =
      ApplyWaivers(Audit({Record("linger/a", Verdict::kFail, "leak")}), FileOf({Of("linger/a")}), kToday, kScope);
  EXPECT_EQ(ExitStatusOf(results, /*strict=*/true), 0);
  EXPECT_EQ(OverallOf(results), Overall::kNonConformant) << "bearable, not undone";
  EXPECT_THAT(RenderHtml(results), AllOf(HasSubstr("<dt>Reason</dt><dd>the vendor knows"), HasSubstr("known-failure")));
  EXPECT_THAT(RenderJUnit(results), HasSubstr("<skipped message=\"Waived: the vendor knows."));
  EXPECT_THAT(RenderSummary(results, false), HasSubstr("Waived: the vendor knows."));
  const absl::StatusOr<Results> read = ResultsFromJson(FormatResults(results));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, results);
}

// Every verdict under a waiver of "leak", with that finding and with another.
TEST(ApplyWaiversTest, WhatEachVerdictBecomes) {
  struct Row {
    Verdict verdict;
    Verdict with_finding;
    Verdict with_other;
  };
  for (const Row& row : {
           Row{Verdict::kFail, Verdict::kKnownFailure, Verdict::kStaleWaiver},
           Row{Verdict::kAdvisory, Verdict::kKnownFailure, Verdict::kStaleWaiver},
           Row{Verdict::kPass, Verdict::kStaleWaiver, Verdict::kStaleWaiver},
           Row{Verdict::kObserved, Verdict::kStaleWaiver, Verdict::kStaleWaiver},
           Row{Verdict::kNotApplicable, Verdict::kStaleWaiver, Verdict::kStaleWaiver},
           Row{Verdict::kUnimplemented, Verdict::kStaleWaiver, Verdict::kStaleWaiver},
           Row{Verdict::kFlaky, Verdict::kFlaky, Verdict::kFlaky},
           Row{Verdict::kInconclusive, Verdict::kInconclusive, Verdict::kInconclusive},
           Row{Verdict::kUnexercised, Verdict::kUnexercised, Verdict::kUnexercised},
           Row{Verdict::kHarnessError, Verdict::kHarnessError, Verdict::kHarnessError},
       }) {
    EXPECT_EQ(Applied(Record("linger/a", row.verdict, "leak"), Of("linger/a")).verdict, row.with_finding)
        << VerdictWord(row.verdict);
    EXPECT_EQ(Applied(Record("linger/a", row.verdict, "spin"), Of("linger/a")).verdict, row.with_other)
        << VerdictWord(row.verdict);
  }
}

TEST(ApplyWaiversTest, StaleEntriesSayWhichAndWhatToDo) {
  EXPECT_THAT(
      Applied(Record("linger/a", Verdict::kPass), Of("linger/a")).message,
      HasSubstr(
          "The waiver w.json /0 (linger/a [leak]) waives nothing any more: the verdict is pass. Remove the entry"));
  EXPECT_THAT(Applied(Record("linger/a", Verdict::kFail, "spin"), Of("linger/a")).message,
              HasSubstr("the case now fails with [spin]"));
  Waiver expired = Of("linger/a");
  expired.expires = kToday - 1;
  const CaseResult late = Applied(Record("linger/a", Verdict::kFail, "leak"), expired);
  EXPECT_EQ(late.verdict, Verdict::kStaleWaiver);
  EXPECT_THAT(late.message, HasSubstr("expired on 2026-11-20: mend the subject, or give the entry a new date"));
  EXPECT_EQ(late.finding, "leak");
}

// Not "another finding": there is none of this name, and the remedy is another.
TEST(ApplyWaiversTest, AFindingThatNoCaseCanHaveIsToldWithThoseThatTheyCan) {
  const char* const expected =
      "names no finding: [leek] is none of leak, spin; did you mean 'leak'? Mend the entry, or remove it (";
  EXPECT_THAT(Applied(Record("linger/a", Verdict::kFail, "leak"), Of("linger/a", "leek")).message,
              AllOf(HasSubstr(expected), HasSubstr("message of linger/a")));
  EXPECT_THAT(Applied(Record("linger/a", Verdict::kPass), Of("linger/a", "leek")).message, HasSubstr(expected));
  EXPECT_THAT(Applied(Record("linger/a", Verdict::kPass), Of("linger/a", "abort")).message,
              HasSubstr("[abort] is none of leak, spin. Mend the entry"));
  const Results both = ApplyWaivers(Audit({Record("linger/a", Verdict::kPass), Record("linger/b", Verdict::kPass)}),
                                    FileOf({Of("linger/*", "hangs")}), kToday, kScope);
  ASSERT_THAT(both.results, SizeIs(3));
  EXPECT_THAT(
      both.results[2].message,
      HasSubstr(
          "w.json /0 (linger/* [hangs]) names no finding: [hangs] is none of hang, leak, spin; did you mean 'hang'?"));
}

TEST(ApplyWaiversTest, CodesThatAreTooManyToBeReadAreCounted) {
  CaseScope scope = {.known = {"linger/a"}, .applicable = {"linger/a"}, .findings = {{"linger/a", {"leak"}}}};
  for (char c = 'a'; c <= 'm'; ++c) scope.findings["linger/a"].push_back(std::string("code-") + c);
  const Results results =
      ApplyWaivers(Audit({Record("linger/a", Verdict::kPass)}), FileOf({Of("linger/a", "leek")}), kToday, scope);
  EXPECT_THAT(results.results[0].message,
              HasSubstr("[leek] is none of the 14 of its cases (`lastack explain` tells them); did you mean 'leak'?"));
}

TEST(ApplyWaiversTest, AStaleWaiverIsAnErrorInEveryReport) {
  const Results results =
      ApplyWaivers(Audit({Record("linger/a", Verdict::kPass)}), FileOf({Of("linger/a")}), kToday, kScope);
  EXPECT_EQ(ExitStatusOf(results, false), 1);
  EXPECT_THAT(RenderJUnit(results), HasSubstr("<failure type=\"stale-waiver\""));
  EXPECT_EQ(OverallOf(results), Overall::kNotFullyVerified);
}

TEST(ApplyWaiversTest, AnAdvisoryThatIsWaivedIsNoViolation) {
  const Results results =
      ApplyWaivers(Audit({Record("linger/a", Verdict::kAdvisory, "leak"), Record("linger/b", Verdict::kPass)}),
                   FileOf({Of("linger/a")}), kToday, kScope);
  EXPECT_EQ(OverallOf(results), Overall::kConformant);
  EXPECT_EQ(ExitStatusOf(results, /*strict=*/true), 0);
}

TEST(ApplyWaiversTest, TwoEntriesForOneResultOverlap) {
  const Results results = ApplyWaivers(Audit({Record("linger/a", Verdict::kFail, "leak")}),
                                       FileOf({Of("linger/*"), Of("linger/a", "spin")}), kToday, kScope);
  ASSERT_THAT(results.results, SizeIs(1));
  EXPECT_EQ(results.results[0].verdict, Verdict::kStaleWaiver);
  EXPECT_THAT(results.results[0].message,
              HasSubstr("w.json /0 (linger/* [leak]) and w.json /1 (linger/a [spin]) overlap"));
}

TEST(ApplyWaiversTest, APatternIsInUseWhileOneOfItsCasesShowsTheFinding) {
  const Results results =
      ApplyWaivers(Audit({Record("linger/a", Verdict::kFail, "leak"), Record("linger/b", Verdict::kPass)}),
                   FileOf({Of("linger/*")}), kToday, kScope);
  EXPECT_EQ(results.results[0].verdict, Verdict::kKnownFailure);
  EXPECT_EQ(results.results[1].verdict, Verdict::kPass);
  EXPECT_THAT(results.results, SizeIs(2));
}

TEST(ApplyWaiversTest, APatternThatWaivesNothingIsARecordOfItsOwn) {
  const Results results = ApplyWaivers(Audit({Record("linger/a", Verdict::kPass), Record("linger/b", Verdict::kPass)}),
                                       FileOf({Of("linger/*")}), kToday, kScope);
  ASSERT_THAT(results.results, SizeIs(3));
  EXPECT_EQ(results.results[1].verdict, Verdict::kPass);
  EXPECT_EQ(results.results[2].case_id, "linger/*");
  EXPECT_EQ(results.results[2].verdict, Verdict::kStaleWaiver);
  EXPECT_TRUE(ResultsFromJson(FormatResults(results)).ok()) << ResultsFromJson(FormatResults(results)).status();
}

TEST(ApplyWaiversTest, APatternThatNamesNoCaseIsStaleEverywhere) {
  const Results results =
      ApplyWaivers(Audit({Record("linger/a", Verdict::kPass)}), FileOf({Of("lingr/*")}), kToday, kScope);
  ASSERT_THAT(results.results, SizeIs(2));
  EXPECT_THAT(results.results[1].message, HasSubstr("w.json /0 (lingr/* [leak]) names no case"));
  EXPECT_EQ(ExitStatusOf(results, false), 1);
}

TEST(ApplyWaiversTest, EntriesOfOnePatternThatAreStaleShareARecord) {
  const Results results = ApplyWaivers(Audit({Record("linger/a", Verdict::kPass)}),
                                       FileOf({Of("lingr/*"), Of("lingr/*", "spin")}), kToday, kScope);
  ASSERT_THAT(results.results, SizeIs(2)) << "ids are those of one record";
  EXPECT_EQ(results.results[1].waiver->entry, "w.json /0");
  EXPECT_THAT(results.results[1].message, AllOf(HasSubstr("w.json /0 (lingr/* [leak]) names no case"),
                                                HasSubstr("w.json /1 (lingr/* [spin]) names no case")));
  const CaseScope scope = {.known = {"linger/a", "linger/b"}, .applicable = {"linger/a", "linger/b"}, .findings = {}};
  EXPECT_THAT(ApplyWaivers(Audit({Record("linger/a", Verdict::kPass), Record("linger/b", Verdict::kPass)}),
                           FileOf({Of("linger/*"), Of("linger/*", "spin")}), kToday, scope)
                  .results,
              SizeIs(3));
}

TEST(ApplyWaiversTest, CasesThatWereNotRunMakeNothingStale) {
  const Results part = Audit({Record("linger/a", Verdict::kPass)});
  EXPECT_EQ(ApplyWaivers(part, FileOf({Of("peer/a"), Of("linger/*")}), kToday, kScope), part)
      << "peer/a was not selected, and linger/b, which was not either, may show the finding";
}

TEST(ApplyWaiversTest, OtherSubjectsAndPlatformsAreNotConcerned) {
  const CaseResult failing = Record("linger/a", Verdict::kFail, "leak");
  Waiver waiver = Of("linger/a");
  waiver.subject = "wget *";
  EXPECT_EQ(Applied(failing, waiver), failing);
  waiver.subject = "tool *";
  waiver.platform = "FreeBSD *";
  EXPECT_EQ(Applied(failing, waiver), failing);
  waiver.platform = "Linux 6.* x86_64";
  EXPECT_EQ(Applied(failing, waiver).verdict, Verdict::kKnownFailure);
}

TEST(ApplyWaiversTest, FlakyIsWaivedIfEveryRoundPassedOrShowedTheFinding) {
  CaseResult flaky = Record("linger/a", Verdict::kFlaky, "leak");
  flaky.rounds = {{Verdict::kFail, "leak", 2}, {Verdict::kPass, "", 1}};
  EXPECT_EQ(Applied(flaky, Of("linger/a")).verdict, Verdict::kKnownFailure);
  flaky.rounds.push_back({Verdict::kFail, "spin", 1});
  EXPECT_EQ(Applied(flaky, Of("linger/a")).verdict, Verdict::kFlaky);
  flaky.rounds.back() = {Verdict::kInconclusive, "", 1};
  EXPECT_EQ(Applied(flaky, Of("linger/a")).verdict, Verdict::kFlaky);
}

TEST(ApplyWaiversTest, WaiversAreTakenBackAndAppliedAnew) {
  const Results raw = Audit({Record("linger/a", Verdict::kFail, "leak"), Record("linger/b", Verdict::kPass),
                             Record("peer/a", Verdict::kAdvisory, "leak")});
  const Waivers waivers = FileOf({Of("linger/a"), Of("linger/b"), Of("no/case"), Of("peer/*")});
  const Results once = ApplyWaivers(raw, waivers, kToday, kScope);
  EXPECT_NE(once, raw);
  EXPECT_EQ(WithoutWaivers(once), raw);
  EXPECT_EQ(ApplyWaivers(once, waivers, kToday, kScope), once);
}

}  // namespace
}  // namespace lastack
