#include "reports/apply_waivers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "reports/html.h"
#include "reports/junit.h"
#include "reports/samples.h"
#include "reports/summary.h"

namespace lastack {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

const absl::CivilDay kToday(2026, 11, 21);
const CaseScope kScope = {.known = {"linger/a", "linger/b", "linger/c", "peer/a"}, .applicable = {"linger/a", "linger/b", "peer/a"}};

Waiver Of(const std::string& pattern, const std::string& finding = "leak") {
  Waiver waiver;
  waiver.case_pattern = pattern;
  waiver.finding = finding;
  waiver.reason = "the vendor knows";
  return waiver;
}

Waivers FileOf(std::vector<Waiver> entries) { return {.file = "w.json", .entries = std::move(entries)}; }

CaseResult Record(const std::string& id, Verdict verdict, const std::string& finding = "") {
  CaseResult result = SampleCase(verdict, id);
  result.finding = finding;
  result.message = absl::StrCat("message of ", id);
  return result;
}

Results Audit(std::vector<CaseResult> records) {
  Results results = ResultsOfCases(std::move(records));
  results.subject = "tool [x] {url}";
  results.environment = {{"kernel", "Linux 6.1.0 x86_64"}};
  return results;
}

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
  EXPECT_EQ(result.message, "Waived: the vendor knows (https://example.org/7), until 2026-11-21. Found: message of linger/a");
  EXPECT_EQ(result.waiver->entry, "w.json /0");
}

TEST(ApplyWaiversTest, ReportsShowTheReason) {
  Results results = ApplyWaivers(Audit({Record("linger/a", Verdict::kFail, "leak")}), FileOf({Of("linger/a")}), kToday, kScope);
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
    EXPECT_EQ(Applied(Record("linger/a", row.verdict, "leak"), Of("linger/a")).verdict, row.with_finding) << VerdictWord(row.verdict);
    EXPECT_EQ(Applied(Record("linger/a", row.verdict, "spin"), Of("linger/a")).verdict, row.with_other) << VerdictWord(row.verdict);
  }
}

TEST(ApplyWaiversTest, StaleEntriesSayWhichAndWhatToDo) {
  EXPECT_THAT(Applied(Record("linger/a", Verdict::kPass), Of("linger/a")).message,
              HasSubstr("The waiver w.json /0 (linger/a [leak]) waives nothing any more: the verdict is pass. Remove the entry"));
  EXPECT_THAT(Applied(Record("linger/a", Verdict::kFail, "spin"), Of("linger/a")).message, HasSubstr("the case now fails with [spin]"));
  Waiver expired = Of("linger/a");
  expired.expires = kToday - 1;
  const CaseResult late = Applied(Record("linger/a", Verdict::kFail, "leak"), expired);
  EXPECT_EQ(late.verdict, Verdict::kStaleWaiver);
  EXPECT_THAT(late.message, HasSubstr("expired on 2026-11-20: mend the subject, or give the entry a new date"));
  EXPECT_EQ(late.finding, "leak");
}

TEST(ApplyWaiversTest, AStaleWaiverIsAnErrorInEveryReport) {
  const Results results = ApplyWaivers(Audit({Record("linger/a", Verdict::kPass)}), FileOf({Of("linger/a")}), kToday, kScope);
  EXPECT_EQ(ExitStatusOf(results, false), 1);
  EXPECT_THAT(RenderJUnit(results), HasSubstr("<failure type=\"stale-waiver\""));
  EXPECT_EQ(OverallOf(results), Overall::kNotFullyVerified);
}

TEST(ApplyWaiversTest, AnAdvisoryThatIsWaivedIsNoViolation) {
  const Results results = ApplyWaivers(Audit({Record("linger/a", Verdict::kAdvisory, "leak"), Record("linger/b", Verdict::kPass)}),
                                       FileOf({Of("linger/a")}), kToday, kScope);
  EXPECT_EQ(OverallOf(results), Overall::kConformant);
  EXPECT_EQ(ExitStatusOf(results, /*strict=*/true), 0);
}

TEST(ApplyWaiversTest, TwoEntriesForOneResultOverlap) {
  const Results results =
      ApplyWaivers(Audit({Record("linger/a", Verdict::kFail, "leak")}), FileOf({Of("linger/*"), Of("linger/a", "spin")}), kToday, kScope);
  ASSERT_THAT(results.results, SizeIs(1));
  EXPECT_EQ(results.results[0].verdict, Verdict::kStaleWaiver);
  EXPECT_THAT(results.results[0].message, HasSubstr("w.json /0 (linger/* [leak]) and w.json /1 (linger/a [spin]) overlap"));
}

TEST(ApplyWaiversTest, APatternIsInUseWhileOneOfItsCasesShowsTheFinding) {
  const Results results = ApplyWaivers(Audit({Record("linger/a", Verdict::kFail, "leak"), Record("linger/b", Verdict::kPass)}),
                                       FileOf({Of("linger/*")}), kToday, kScope);
  EXPECT_EQ(results.results[0].verdict, Verdict::kKnownFailure);
  EXPECT_EQ(results.results[1].verdict, Verdict::kPass);
  EXPECT_THAT(results.results, SizeIs(2));
}

TEST(ApplyWaiversTest, APatternThatWaivesNothingIsARecordOfItsOwn) {
  const Results results =
      ApplyWaivers(Audit({Record("linger/a", Verdict::kPass), Record("linger/b", Verdict::kPass)}), FileOf({Of("linger/*")}), kToday, kScope);
  ASSERT_THAT(results.results, SizeIs(3));
  EXPECT_EQ(results.results[1].verdict, Verdict::kPass);
  EXPECT_EQ(results.results[2].case_id, "linger/*");
  EXPECT_EQ(results.results[2].verdict, Verdict::kStaleWaiver);
  EXPECT_TRUE(ResultsFromJson(FormatResults(results)).ok()) << ResultsFromJson(FormatResults(results)).status();
}

TEST(ApplyWaiversTest, APatternThatNamesNoCaseIsStaleEverywhere) {
  const Results results = ApplyWaivers(Audit({Record("linger/a", Verdict::kPass)}), FileOf({Of("lingr/*")}), kToday, kScope);
  ASSERT_THAT(results.results, SizeIs(2));
  EXPECT_THAT(results.results[1].message, HasSubstr("w.json /0 (lingr/* [leak]) names no case"));
  EXPECT_EQ(ExitStatusOf(results, false), 1);
}

TEST(ApplyWaiversTest, EntriesOfOnePatternThatAreStaleShareARecord) {
  const Results results = ApplyWaivers(Audit({Record("linger/a", Verdict::kPass)}), FileOf({Of("lingr/*"), Of("lingr/*", "spin")}), kToday, kScope);
  ASSERT_THAT(results.results, SizeIs(2)) << "ids are those of one record";
  EXPECT_EQ(results.results[1].waiver->entry, "w.json /0");
  EXPECT_THAT(results.results[1].message, AllOf(HasSubstr("w.json /0 (lingr/* [leak]) names no case"), HasSubstr("w.json /1 (lingr/* [spin]) names no case")));
  const CaseScope scope = {.known = {"linger/a", "linger/b"}, .applicable = {"linger/a", "linger/b"}};
  EXPECT_THAT(ApplyWaivers(Audit({Record("linger/a", Verdict::kPass), Record("linger/b", Verdict::kPass)}), FileOf({Of("linger/*"), Of("linger/*", "spin")}),
                           kToday, scope).results, SizeIs(3));
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
  const Results raw = Audit({Record("linger/a", Verdict::kFail, "leak"), Record("linger/b", Verdict::kPass), Record("peer/a", Verdict::kAdvisory, "leak")});
  const Waivers waivers = FileOf({Of("linger/a"), Of("linger/b"), Of("no/case"), Of("peer/*")});
  const Results once = ApplyWaivers(raw, waivers, kToday, kScope);
  EXPECT_NE(once, raw);
  EXPECT_EQ(WithoutWaivers(once), raw);
  EXPECT_EQ(ApplyWaivers(once, waivers, kToday, kScope), once);
}

std::vector<Waiver> Updated(const Results& results, std::vector<Waiver> entries) {
  const Waivers updated = UpdatedWaivers(results, FileOf(std::move(entries)), kScope, "new reason");
  EXPECT_EQ(ExitStatusOf(ApplyWaivers(results, updated, kToday, kScope), false), 0) << FormatWaivers(updated);
  return updated.entries;
}

TEST(UpdatedWaiversTest, KeepsWhatIsInUseDropsWhatIsStaleAddsWhatFails) {
  Waiver elsewhere = Of("linger/a", "spin");
  elsewhere.subject = "wget *";
  const Results results = Audit({Record("linger/a", Verdict::kFail, "leak"), Record("linger/b", Verdict::kFail, "spin"), Record("peer/a", Verdict::kPass)});
  const std::vector<Waiver> updated = Updated(results, {Of("linger/a"), Of("peer/a"), Of("no/case"), elsewhere});
  ASSERT_THAT(updated, SizeIs(3));
  EXPECT_EQ(updated[0], Of("linger/a"));
  EXPECT_EQ(updated[1], elsewhere);
  EXPECT_EQ(updated[2].case_pattern, "linger/b");
  EXPECT_EQ(updated[2].reason, "new reason");
  EXPECT_EQ(updated[2].subject, "tool \\[x] {url}") << "matches itself only";
}

TEST(UpdatedWaiversTest, StrictlyAnAdvisoryIsAFailure) {
  const Results results = Audit({Record("linger/a", Verdict::kAdvisory, "leak")});
  EXPECT_THAT(Updated(results, {}), SizeIs(0));
  const Waivers strictly = UpdatedWaivers(results, FileOf({}), kScope, "new reason", true);
  EXPECT_EQ(ExitStatusOf(ApplyWaivers(results, strictly, kToday, kScope), true), 0) << FormatWaivers(strictly);
}

TEST(UpdatedWaiversTest, AnEntryThatIsTooWideIsReplacedByNarrowOnes) {
  const Results results = Audit({Record("linger/a", Verdict::kFail, "leak"), Record("linger/b", Verdict::kFail, "spin")});
  const std::vector<Waiver> updated = Updated(results, {Of("linger/*")});
  ASSERT_THAT(updated, SizeIs(2));
  EXPECT_EQ(updated[0], Of("linger/a"));
  EXPECT_EQ(updated[1].finding, "spin");
}

TEST(UpdatedWaiversTest, AnExpiredEntryStaysForItsAuthorToDecide) {
  Waiver expired = Of("linger/*");
  expired.link = "https://example.org/7";
  expired.expires = kToday - 1;
  const CaseResult failing = Record("linger/a", Verdict::kFail, "leak");
  const Results results = Audit({failing, Record("linger/b", Verdict::kPass)});
  const Waivers updated = UpdatedWaivers(results, FileOf({expired}), kScope, "new reason");
  EXPECT_EQ(updated.entries, std::vector<Waiver>{expired});
  EXPECT_THAT(RenderSummary(ApplyWaivers(results, updated, kToday, kScope), false), HasSubstr("expired on 2026-11-20"));
  const Results other = Audit({failing, Record("linger/b", Verdict::kFail, "spin")});
  Waiver narrow = expired;
  narrow.case_pattern = "linger/a";
  EXPECT_EQ(UpdatedWaivers(other, FileOf({expired}), kScope, "new reason").entries[0], narrow) << "its day and link, too";
  EXPECT_THAT(Updated(Audit({Record("linger/a", Verdict::kPass), Record("linger/b", Verdict::kPass)}), {expired}), SizeIs(0)) << "mended";
}

TEST(UpdatedWaiversTest, WhatConcernsCasesThatWereNotRunStays) {
  const Waiver elsewhere = Of("peer/a");
  EXPECT_EQ(Updated(Audit({Record("linger/a", Verdict::kPass)}), {Of("linger/*"), elsewhere}), (std::vector<Waiver>{Of("linger/*"), elsewhere}));
  // Too wide for the case that was run: the others keep it.
  const std::vector<Waiver> otherwise = Updated(Audit({Record("linger/a", Verdict::kFail, "spin")}), {Of("linger/*"), elsewhere});
  ASSERT_THAT(otherwise, SizeIs(3));
  EXPECT_EQ(otherwise[0], Of("linger/b"));
  EXPECT_EQ(otherwise[1], elsewhere);
  EXPECT_EQ(otherwise[2].case_pattern, "linger/a");
  EXPECT_EQ(otherwise[2].finding, "spin");
  EXPECT_EQ(Updated(Audit({Record("linger/a", Verdict::kFail, "leak")}), {Of("linger/a"), Of("linger/*")}),
            (std::vector<Waiver>{Of("linger/a"), Of("linger/b")}));
}

TEST(UpdatedWaiversTest, ACaseWithoutAnAnswerKeepsItsEntry) {
  Results results = Audit({Record("linger/a", Verdict::kFail, "spin"), Record("linger/b", Verdict::kInconclusive)});
  const std::vector<Waiver> updated = UpdatedWaivers(results, FileOf({Of("linger/*")}), kScope, "new reason").entries;
  ASSERT_THAT(updated, SizeIs(2));
  EXPECT_EQ(updated[0], Of("linger/b"));
}

TEST(UpdatedWaiversTest, OverlappingEntriesBecomeOne) {
  const Results results = Audit({Record("linger/a", Verdict::kFail, "leak"), Record("linger/b", Verdict::kPass)});
  EXPECT_EQ(Updated(results, {Of("linger/a"), Of("linger/*")}), std::vector<Waiver>{Of("linger/a")});
}

TEST(UpdatedWaiversTest, AnUpdateOfAnUpdateChangesNothing) {
  const Results results = Audit({Record("linger/a", Verdict::kFail, "leak")});
  const std::vector<Waiver> once = Updated(results, {});
  EXPECT_EQ(Updated(results, once), once);
  EXPECT_EQ(Updated(ApplyWaivers(results, FileOf(once), kToday, kScope), once), once) << "applied waivers are looked through";
}

}  // namespace
}  // namespace lastack
