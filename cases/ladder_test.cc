#include "cases/ladder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "harness/trace/trace_builder.h"

namespace lastack {
namespace {

constexpr uint64_t kSocket = 77;
constexpr uint16_t kPort = 40000;  // TraceBuilder's
constexpr int kFd = 5;

// A connection on which `calls` happen, from 10 µs on.
template <typename Calls>
std::vector<Rung> LadderWith(Calls calls) {
  Observation observation;
  observation.peer_address = "127.0.0.1";
  observation.peer_port = 80;
  TraceBuilder run;
  run.Start();
  run.Socket(kFd, kSocket);
  run.Connect(kFd, kSocket);
  run.At(10'000);
  calls(run);
  run.Exit();
  observation.trace = run.trace();
  ConnectionRecord record;
  record.far_port = kPort;
  record.accepted_ns = 5000;
  record.our_fin_ns = 50'000;
  record.fin_ns = 60'000;
  observation.connections = {record};
  return LadderOf(Evidence(observation));
}

// "time_us lane: text", of all rungs from 10 µs on.
std::vector<std::string> Lines(const std::vector<Rung>& ladder) {
  std::vector<std::string> lines;
  for (const Rung& rung : ladder) {
    if (rung.time_us >= 10) lines.push_back(absl::StrCat(rung.time_us, " ", rung.lane, ": ", rung.text));
  }
  return lines;
}

using Expected = std::vector<std::string>;

TEST(LadderTest, BytesCrossWhereACallMovedThem) {
  const auto ladder = LadderWith([](TraceBuilder& run) {
    run.Made(Call::send, kFd, kSocket, 80).a = 80;
    run.Made(Call::recv, kFd, kSocket, 1).a = 4096;
    run.Made(Call::recv, kFd, kSocket, 0).a = 4096;
    run.Made(Call::close, kFd, kSocket);
  });
  EXPECT_EQ(Lines(ladder), Expected({"10 subject: send(5, 80 bytes) = 80", "10 to-kernel: 80 bytes",
                                     "11 subject: recv(5, 4096 bytes) = 1", "11 from-kernel: 1 byte",
                                     "12 subject: recv(5, 4096 bytes) = 0", "12 from-kernel: EOF",
                                     "13 subject: close(5) = 0", "50 to-subject: FIN", "60 to-peer: FIN"}));
}

TEST(LadderTest, WhatAFaultMadeUpDoesNotCross) {
  const auto ladder = LadderWith([](TraceBuilder& run) {
    run.Injected(Call::recv, kFd, kSocket, Effect::kSkip, 0).a = 4096;
    Event& partial = run.Injected(Call::send, kFd, kSocket, Effect::kPartial, 0);
    partial.a = 80;
    partial.result = 3;
  });
  EXPECT_EQ(Lines(ladder), Expected({"10 fault: recv(5, 4096 bytes) = 0 (injected: skip)",
                                     "11 fault: send(5, 80 bytes) = 3 (injected: partial)", "11 to-kernel: 3 bytes",
                                     "50 to-subject: FIN", "60 to-peer: FIN"}));
}

TEST(LadderTest, ALongCallReturnsInARowOfItsOwn) {
  const auto ladder = LadderWith([](TraceBuilder& run) {
    Event& waits = run.Made(Call::recv, kFd, kSocket, -1, ECONNRESET);
    waits.a = 4096;
    run.trace().events.back().duration_ns = 2'000'000;
  });
  EXPECT_EQ(Lines(ladder), Expected({"10 subject: recv(5, 4096 bytes) = -1 ECONNRESET", "50 to-subject: FIN",
                                     "60 to-peer: FIN", "2010 from-kernel: ECONNRESET"}));
}

TEST(LadderTest, ThePeerAccepted) {
  const auto ladder = LadderWith([](TraceBuilder&) {});
  const Rung accepted = {.time_us = 5, .lane = "peer", .text = "accepted"};
  EXPECT_NE(std::find(ladder.begin(), ladder.end(), accepted), ladder.end());
}

TEST(LadderTest, OfALongConversationTheEndsAreKept) {
  const auto ladder = LadderWith([](TraceBuilder& run) {
    for (int i = 0; i < 100; ++i) run.Made(Call::getsockname, kFd, kSocket);
    run.Made(Call::close, kFd, kSocket);
  });
  ASSERT_EQ(ladder.size(), 41u);
  EXPECT_EQ(ladder[20].lane, "fold");
  EXPECT_EQ(ladder[20].text, "65 more are left out");
  EXPECT_EQ(ladder.back().text, "close(5) = 0");
}

}  // namespace
}  // namespace lastack
