// Recorded facts, judged again; and several rounds of them.
#include "cases/judge_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cases/judge_fixture.h"

namespace lastack {
namespace {

using testing::HasSubstr;

// The clean run of a client that closes as it should, or by an abort.
Observation Clean(int round, bool aborts) {
  Observation observation = Ordinary([=](TraceBuilder& run) {
    if (aborts) run.SetLinger(kFd, kSocket, 1, 0);
    Close(run);
  });
  observation.subject = "client {url}";
  observation.profile = "http-client";
  observation.round = round;
  ConnectionRecord& record = observation.connections.front();
  if (aborts) {
    record.ending = Ending::kReset;
    record.reset_ns = record.fin_ns;
    record.fin_ns = 0;
  }
  return observation;
}

const CaseResult& ResultOf(const Results& results, const std::string& id) {
  for (const CaseResult& result : results.results) {
    if (result.case_id == id) return result;
  }
  ADD_FAILURE() << "no result of " << id;
  return results.results.front();
}

TEST(JudgeFactsTest, TheCleanRunAloneDecidesWhatItCan) {
  const auto results = JudgeFacts({ObservationToJson(Clean(0, false))});
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_EQ(ResultOf(*results, kLinger).verdict, Verdict::kPass);
  EXPECT_THAT(ResultOf(*results, kLinger).replay, HasSubstr("--case=linger/no-abort-by-default --profile=http-client -- client {url}"));
}

TEST(JudgeFactsTest, RoundsThatAgreeAreOneVerdict) {
  const auto results = JudgeFacts({ObservationToJson(Clean(0, true)), ObservationToJson(Clean(1, true))});
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_EQ(ResultOf(*results, kLinger).verdict, Verdict::kFail);
  EXPECT_THAT(ResultOf(*results, kLinger).message, testing::Not(HasSubstr("rounds")));
}

TEST(JudgeFactsTest, RoundsThatContradictEachOtherAreFlaky) {
  const auto results = JudgeFacts(
      {ObservationToJson(Clean(0, false)), ObservationToJson(Clean(1, true)), ObservationToJson(Clean(2, false))});
  ASSERT_TRUE(results.ok()) << results.status();
  const CaseResult& result = ResultOf(*results, kLinger);
  EXPECT_EQ(result.verdict, Verdict::kFlaky);
  EXPECT_EQ(result.finding, "abortive-linger");
  EXPECT_THAT(result.message, HasSubstr("In 3 rounds: 1 fail [abortive-linger], 2 pass. In one of them: "));
  EXPECT_EQ(ExitStatusOf(*results, false), 1);
}

TEST(JudgeFactsTest, WhatIsNoFactsNamesItsLine) {
  const std::string clean = ObservationToJson(Clean(0, false));
  EXPECT_THAT(std::string(JudgeFacts({clean, "{}"}).status().message()), HasSubstr("line 2: not the facts of a run"));
  EXPECT_THAT(std::string(JudgeFacts({clean, clean}).status().message()), HasSubstr("line 2: these facts are there twice"));
  EXPECT_THAT(std::string(JudgeFacts({}).status().message()), HasSubstr("clean run"));
  Observation unknown = Clean(0, false);
  unknown.case_id = "made-up/case";
  EXPECT_THAT(std::string(JudgeFacts({clean, ObservationToJson(unknown)}).status().message()), HasSubstr("no case made-up/case"));
}

}  // namespace
}  // namespace lastack
