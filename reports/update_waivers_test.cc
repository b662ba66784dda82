#include "reports/update_waivers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/apply_waivers.h"
#include "reports/summary.h"
#include "reports/waiver_samples.h"

namespace lastack {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

std::vector<Waiver> Updated(const Results& results, std::vector<Waiver> entries) {
  const Waivers updated = UpdatedWaivers(results, FileOf(std::move(entries)), kScope, "new reason");
  EXPECT_EQ(ExitStatusOf(ApplyWaivers(results, updated, kToday, kScope), false), 0) << FormatWaivers(updated);
  return updated.entries;
}

TEST(UpdatedWaiversTest, KeepsWhatIsInUseDropsWhatIsStaleAddsWhatFails) {
  Waiver elsewhere = Of("linger/a", "spin");
  elsewhere.subject = "wget *";
  const Results results = Audit({Record("linger/a", Verdict::kFail, "leak"), Record("linger/b", Verdict::kFail, "spin"),
                                 Record("peer/a", Verdict::kPass)});
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
  const Results results =
      Audit({Record("linger/a", Verdict::kFail, "leak"), Record("linger/b", Verdict::kFail, "spin")});
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
  EXPECT_EQ(UpdatedWaivers(other, FileOf({expired}), kScope, "new reason").entries[0], narrow)
      << "its day and link, too";
  EXPECT_THAT(Updated(Audit({Record("linger/a", Verdict::kPass), Record("linger/b", Verdict::kPass)}), {expired}),
              SizeIs(0))
      << "mended";
}

TEST(UpdatedWaiversTest, WhatConcernsCasesThatWereNotRunStays) {
  const Waiver elsewhere = Of("peer/a");
  EXPECT_EQ(Updated(Audit({Record("linger/a", Verdict::kPass)}), {Of("linger/*"), elsewhere}),
            (std::vector<Waiver>{Of("linger/*"), elsewhere}));
  // Too wide for the case that was run: the others keep it.
  const std::vector<Waiver> otherwise =
      Updated(Audit({Record("linger/a", Verdict::kFail, "spin")}), {Of("linger/*"), elsewhere});
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
  EXPECT_EQ(Updated(ApplyWaivers(results, FileOf(once), kToday, kScope), once), once)
      << "applied waivers are looked through";
}

TEST(UpdatedWaiversTest, ChangesAreCountedByEntry) {
  Waiver narrowed = Of("linger/*");
  narrowed.case_pattern = "linger/a";
  const WaiverChanges changes = ChangesBetween(FileOf({Of("linger/*"), Of("peer/a"), Of("peer/a"), Of("no/case")}),
                                               FileOf({narrowed, Of("linger/b"), Of("linger/c"), Of("peer/a")}));
  EXPECT_EQ(changes.added, 3u);
  EXPECT_EQ(changes.removed, 3u);
  EXPECT_EQ(changes.kept, 1u);
}

}  // namespace
}  // namespace lastack
