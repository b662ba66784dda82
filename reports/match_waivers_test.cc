#include "reports/match_waivers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/waiver_samples.h"

namespace lastack {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

WaiverMatch MatchOf(const Results& results, const Waiver& waiver) {
  return MatchWaivers(results, FileOf({waiver}), kScope).front();
}

TEST(MatchWaiversTest, RecordsSayWhatTheyShowOfTheFinding) {
  const Results results = Audit({Record("linger/a", Verdict::kFail, "leak"), Record("peer/a", Verdict::kFail, "leak"),
                                 Record("linger/b", Verdict::kFail, "spin"), Record("linger/c", Verdict::kInconclusive),
                                 Record("linger/d", Verdict::kPass)});
  const WaiverMatch match = MatchOf(results, Of("linger/*"));
  ASSERT_THAT(match.records, SizeIs(4));
  const std::vector<std::pair<size_t, Shown>> expected = {
      {0, Shown::kFinding}, {2, Shown::kOther}, {3, Shown::kUnknown}, {4, Shown::kNothing}};
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(match.records[i].record, expected[i].first);
    EXPECT_EQ(match.records[i].shown, expected[i].second) << i;
  }
  EXPECT_FALSE(match.WaivesNothing());
  EXPECT_TRUE(MatchOf(Audit({Record("peer/a", Verdict::kPass)}), Of("peer/*")).WaivesNothing());
}

TEST(MatchWaiversTest, CasesThatWereNotRunAreThoseThatWouldApply) {
  EXPECT_THAT(MatchOf(Audit({Record("linger/a", Verdict::kPass)}), Of("linger/*")).not_run, ElementsAre("linger/b"));
}

TEST(MatchWaiversTest, APatternNamesACaseThatIsKnownOrWasRun) {
  EXPECT_TRUE(MatchOf(Audit({}), Of("lingr/*")).names_no_case);
  EXPECT_FALSE(MatchOf(Audit({}), Of("linger/c")).names_no_case);
  EXPECT_FALSE(MatchOf(Audit({Record("lingr/a", Verdict::kPass)}), Of("lingr/*")).names_no_case);
}

TEST(MatchWaiversTest, CodesAreNamedOnlyInPlaceOfOneThatIsWrong) {
  EXPECT_THAT(MatchOf(Audit({}), Of("linger/a", "leek")).codes, ElementsAre("leak", "spin"));
  EXPECT_THAT(MatchOf(Audit({}), Of("linger/*", "hang")).codes, IsEmpty()) << "one of them can have it";
  EXPECT_THAT(MatchOf(Audit({}), Of("peer/a", "leek")).codes, IsEmpty()) << "nothing is known of the case";
}

TEST(MatchWaiversTest, EntriesForOtherSubjectsAreNamedByTheirPattern) {
  Waiver wget = Of("linger/a");
  wget.subject = "wget *";
  Waiver own = Of("linger/b");
  own.subject = "tool *";
  Waiver hostile = Of("linger/c");
  hostile.subject = "a\x1b";
  EXPECT_THAT(
      WaiversOfOtherSubjects(Audit({}), FileOf({wget, own, Of("peer/a"), wget, hostile})),
      ElementsAre("of w.json, /4 waived nothing: for the subject \"a␛\", and this is \"tool [x] {url}\"",
                  "of w.json, /0, /3 waived nothing: for the subject \"wget *\", and this is \"tool [x] {url}\""));
  EXPECT_THAT(WaiversOfOtherSubjects(Audit({}), FileOf({own})), IsEmpty());
}

}  // namespace
}  // namespace lastack
