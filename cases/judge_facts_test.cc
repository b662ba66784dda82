// Recorded facts, judged again; and several rounds of them.
#include "cases/judge_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cases/judge_fixture.h"

namespace lastack {
namespace {

using testing::HasSubstr;

constexpr char kHarmless[] = "check-close/eintr-harmless";

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
  EXPECT_THAT(ResultOf(*results, kLinger).replay,
              HasSubstr("--case=linger/no-abort-by-default --profile=http-client -- client {url}"));
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

// An interrupted close, and an answer that did not arrive; and further clean runs, in which it may not have arrived
// either.
std::vector<std::string> LossWithMoreCleanRuns(std::vector<bool> lost) {
  const Observation clean = Clean(0, false);
  const auto without_answer = [](Observation run) {
    std::erase_if(run.trace.events, [](const TracedEvent& traced) { return traced.event.call == Call::recv; });
    return run;
  };
  Observation struck = without_answer(Interrupted([](TraceBuilder&) {}));
  struck.subject = clean.subject;
  struck.profile = clean.profile;
  struck.case_id = kHarmless;
  std::vector<std::string> lines = {ObservationToJson(clean), ObservationToJson(struck)};
  for (size_t i = 0; i < lost.size(); ++i) {
    Observation again = lost[i] ? without_answer(clean) : clean;
    again.again = static_cast<int>(i) + 1;
    lines.push_back(ObservationToJson(again));
  }
  return lines;
}

TEST(JudgeFactsTest, NoFaultIsBlamedForWhatTheSubjectLosesByItself) {
  const auto verdict = [](const std::vector<bool>& lost) {
    return ResultOf(*JudgeFacts(LossWithMoreCleanRuns(lost)), kHarmless);
  };
  Expect(verdict({}), Verdict::kFail, "answer-lost");
  Expect(verdict({false, false}), Verdict::kFail, "answer-lost");
  Expect(verdict({false, true, true}), Verdict::kInconclusive, "", "2 of 3 more clean runs lost it");
}

TEST(JudgeFactsTest, WhatIsNoFactsNamesItsLine) {
  const std::string clean = ObservationToJson(Clean(0, false));
  EXPECT_THAT(std::string(JudgeFacts({clean, "{}"}).status().message()), HasSubstr("line 2: not the facts of a run"));
  EXPECT_THAT(std::string(JudgeFacts({clean, clean}).status().message()),
              HasSubstr("line 2: these facts are there twice"));
  EXPECT_THAT(std::string(JudgeFacts({}).status().message()), HasSubstr("clean run"));
  Observation unknown = Clean(0, false);
  unknown.case_id = "made-up/case";
  EXPECT_THAT(std::string(JudgeFacts({clean, ObservationToJson(unknown)}).status().message()),
              HasSubstr("no case made-up/case"));
}

}  // namespace
}  // namespace lastack
