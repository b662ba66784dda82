// Recorded facts, judged again; and several rounds of them.
#include "cases/judge_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/trace/trace_builder.h"

namespace lastack {
namespace {

using testing::HasSubstr;

constexpr uint64_t kSocket = 77;
constexpr int kFd = 5;
constexpr char kLinger[] = "linger/no-abort-by-default";

// The clean run of a client that closes as it should, or by an abort.
Observation Clean(int round, bool aborts) {
  Observation observation;
  observation.subject = "client {url}";
  observation.profile = "http-client";
  observation.scenario = "ordinary exchange";
  observation.backend = "preload";
  observation.peer_address = "127.0.0.1";
  observation.peer_port = 80;
  observation.timeout_ns = 10'000'000'000;
  observation.round = round;
  TraceBuilder run;
  run.Start();
  run.Socket(kFd, kSocket);
  run.Connect(kFd, kSocket);
  run.Made(Call::recv, kFd, kSocket, 3000).a = 4096;
  run.Made(Call::recv, kFd, kSocket, 0).a = 4096;
  if (aborts) run.SetLinger(kFd, kSocket, 1, 0);
  run.Made(Call::close, kFd, kSocket);
  run.Exit();
  observation.trace = run.trace();
  ConnectionRecord record;
  record.far_port = 40000;  // TraceBuilder's
  record.accepted_ns = 3000;
  record.bytes_received = 80;
  record.bytes_sent = 3000;
  record.ending = aborts ? Ending::kReset : Ending::kFin;
  record.our_fin_ns = 5000;
  (aborts ? record.reset_ns : record.fin_ns) = 9000;
  record.script_done = true;
  observation.connections = {record};
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
