#include "harness/run/observation.h"

#include <cerrno>

#include "gtest/gtest.h"

namespace lastack {
namespace {

// Every field has a value of its own, so that a field that is lost or swapped shows.
Observation Sample() {
  Observation observation;
  observation.scenario = "ordinary exchange";
  observation.backend = "preload";
  observation.faults = {"close:fd=tcp:when=1:effect=decoy:error=EINTR"};
  observation.peer_address = "127.0.0.9";
  observation.peer_port = 4711;
  observation.timeout_ns = 11;
  observation.exit = {.how = SubjectExit::How::kSignaled,
                      .status = 12,
                      .signal = 13,
                      .out = "out",
                      .err = "err \xff",
                      .out_bytes = 14,
                      .err_bytes = 15,
                      .ended_ns = 16,
                      .duration_ns = 17,
                      .survivors_killed = 18};
  TracedEvent traced;
  traced.event = {.start = 0,
                  .duration = 0,
                  .call = Call::close,
                  .kind = EventKind::kCall,
                  .flags = kOnDecoy,
                  .fd = 21,
                  .error = EINTR,
                  .fault = 0,
                  .effect = kLastEffect,
                  .result = -1,
                  .socket = 22,
                  .a = UINT64_MAX,
                  .b = 23,
                  .substitute = 24,
                  .restarts = 25,
                  .history = 26,
                  .realism = Realism::kPosix};
  traced.pid = 27;
  traced.tid = 28;
  traced.start_ns = 29;
  traced.duration_ns = 30;
  observation.trace.events = {traced};
  observation.trace.lost_events = 31;
  observation.trace.torn_events = 32;
  observation.trace.untracked_sockets = 33;
  observation.trace.foreign_calls = 34;
  observation.trace.interposed_call = "close";
  observation.trace.interposer = "/lib/libit.so";
  ConnectionRecord record;
  record.far_port = 41;
  record.near_port = 40;
  record.accepted_ns = 42;
  record.received = "GET";
  record.bytes_received = 43;
  record.bytes_sent = 44;
  record.ending = Ending::kFinThenReset;
  record.fin_ns = 45;
  record.reset_ns = 46;
  record.our_fin_ns = 47;
  record.our_reset_ns = 48;
  record.left_ns = 52;
  record.steps_done = 49;
  record.script = 50;
  record.script_done = true;
  record.trouble = "late";
  observation.connections = {record};
  observation.role = "server";
  SubjectLife life;
  life.ready_ns = 61;
  life.quiet_ns = 62;
  life.listening = true;
  life.alive = {63, 64};
  life.unended = 65;
  life.stop_ns = 65;
  life.killed = true;
  life.exit = observation.exit;
  life.exit.status = 66;
  observation.lives = {life};
  observation.replies = {{.request = "close a", .reply = "error EIO", .asked_ns = 71, .replied_ns = 72}};
  observation.noise = {"starting"};
  observation.round = 73;
  observation.again = 74;
  return observation;
}

TEST(ObservationTest, SurvivesJson) {
  const std::string json = ObservationToJson(Sample());
  absl::StatusOr<Observation> read = ObservationFromJson(json);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(ObservationToJson(*read), json);
  EXPECT_TRUE(read->trace.events.front().event.call == Call::close);
  EXPECT_EQ(read->connections.front().ending, Ending::kFinThenReset);
  EXPECT_EQ(read->lives.front().exit.status, 66);
  EXPECT_EQ(read->round, 73);
  EXPECT_EQ(read->again, 74);
  ASSERT_EQ(read->replies.size(), 1u);
  EXPECT_EQ(read->replies.front().request, "close a");
  EXPECT_EQ(read->replies.front().replied_ns, 72u);
  EXPECT_EQ(read->noise, (std::vector<std::string>{"starting"}));
  EXPECT_EQ(read->lives.front().alive, (std::vector<int>{63, 64}));
  EXPECT_EQ(read->lives.front().unended, 65);
}

TEST(ObservationTest, ReadsFactsFromBeforeThereWereMoreCleanRuns) {
  std::string json = ObservationToJson(Sample());
  const std::string again = "\"again\":74,";
  ASSERT_NE(json.find(again), std::string::npos);
  json.erase(json.find(again), again.size());
  const absl::StatusOr<Observation> read = ObservationFromJson(json);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->again, 0);
}

TEST(ObservationTest, IsOneLineOfValidText) {
  const std::string json = ObservationToJson(Sample());
  EXPECT_EQ(json.find('\n'), std::string::npos);
  EXPECT_EQ(json.find('\xff'), std::string::npos) << "bytes that are no UTF-8 are replaced";
}

TEST(ObservationTest, RefusesWhatItDidNotWrite) {
  const std::string json = ObservationToJson(Sample());
  for (const std::string& bad : {std::string(), std::string("{}"), std::string("[1]"), json.substr(1), json + "x",
                                 std::string(json).replace(json.find("\"close\""), 7, "\"clsoe\"")}) {
    EXPECT_FALSE(ObservationFromJson(bad).ok()) << bad;
  }
}

TEST(ObservationTest, FindsWhatFired) {
  Observation observation = Sample();
  EXPECT_EQ(observation.Fired().size(), 1u);
  observation.trace.events.front().event.fault = kNoFaultIndex;
  EXPECT_TRUE(observation.Fired().empty());
  EXPECT_FALSE(observation.checked_in());
}

}  // namespace
}  // namespace lastack
