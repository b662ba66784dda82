// What happened first, where calls overlap and numbers are used again.
#include "harness/trace/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/trace/ledger_fixture.h"

namespace lastack {
namespace {

using ::testing::IsEmpty;

// A server's accept blocks in one thread and is given a number that another thread closes meanwhile.
TEST(LedgerOrderTest, NumberMayBeClosedWhileTheCallThatGetsItIsUnderWay) {
  TraceBuilder run = RunWithSocket();
  run.At(10'000).In(100, 102).Made(Call::accept, 4, 1000, 5);
  run.trace().events.back().duration_ns = 50'000;
  run.At(60'100).Opened(Call::accept, 5, kOther, kTcpWord, 4);
  run.At(30'000).In(100, 101).Made(Call::close, 5, kSocket);
  const Ledger ledger = Ledger::Of(run.trace());
  EXPECT_EQ(OnlyLife(ledger, kSocket).fate, Fate::kClosed);
  EXPECT_EQ(OnlyLife(ledger, kSocket).ended_ns, 30'000u);
  EXPECT_EQ(OnlyLife(ledger, kOther).born_ns, 60'100u);
  EXPECT_THAT(ledger.blind_spots, IsEmpty());
}

TEST(LedgerOrderTest, NumberIsUsedAgainByTheNextSocket) {
  TraceBuilder run = RunWithSocket();
  run.Made(Call::close, 5, kSocket);
  run.Socket(5, kOther);
  const Ledger ledger = Ledger::Of(run.trace());
  EXPECT_EQ(OnlyLife(ledger, kSocket).fate, Fate::kClosed);
  EXPECT_EQ(OnlyLife(ledger, kOther).fate, Fate::kOpen);
  EXPECT_THAT(ledger.blind_spots, IsEmpty());
}

TEST(LedgerOrderTest, ProcessNumberMayBeUsedAgain) {
  TraceBuilder run = RunWithSocket();
  run.Exit();
  run.Start();
  run.Socket(5, kOther);
  const Ledger ledger = Ledger::Of(run.trace());
  EXPECT_EQ(OnlyLife(ledger, kSocket).fate, Fate::kLeftToExit);
  EXPECT_EQ(OnlyLife(ledger, kOther).fate, Fate::kOpen);
  ASSERT_EQ(ledger.processes.size(), 2u);
  EXPECT_TRUE(ledger.processes[0].said_goodbye);
  EXPECT_FALSE(ledger.processes[1].said_goodbye);
  EXPECT_THAT(ledger.blind_spots, IsEmpty());
}

TEST(LedgerOrderTest, ProcessLastsFromItsFirstEventToTheEndOfItsLastCall) {
  TraceBuilder run;
  run.At(500).Start();
  run.At(9'000).Made(Call::fork, -1, 0, 101);
  const Ledger ledger = Ledger::Of(run.trace());
  ASSERT_EQ(ledger.processes.size(), 1u);
  EXPECT_EQ(ledger.processes[0].first_ns, 500u);
  EXPECT_EQ(ledger.processes[0].last_ns, 9'000u + TraceBuilder::kCallNs);
}

TEST(LedgerOrderTest, CallThatDidNotReturnIsTheLastOfAProcess) {
  TraceBuilder run;
  run.Start();
  run.At(9'000).InFlight(Call::fork, -1, 0);
  EXPECT_EQ(Ledger::Of(run.trace()).processes[0].last_ns, 9'000u);
}

TEST(LedgerOrderTest, UnknownSocketIsNotFound) { EXPECT_EQ(Ledger::Of(RunWithSocket().trace()).Find(77), nullptr); }

TEST(LedgerOrderTest, HeldAtKnowsTheTimeAndTheProcess) {
  TraceBuilder run(7);
  run.Start();
  run.At(1'000).Socket(3, 30);
  run.At(5'000).Made(Call::close, 3, 30);
  run.At(6'000).Socket(4, 40);
  const Ledger ledger = Ledger::Of(run.trace());
  const SocketLife& closed = *ledger.Find(30);
  EXPECT_TRUE(closed.HeldAt(4'000, {7}));
  EXPECT_FALSE(closed.HeldAt(4'000, {8})) << "nobody who is asked for has it";
  EXPECT_FALSE(closed.HeldAt(100, {7})) << "not born";
  EXPECT_FALSE(closed.HeldAt(5'500, {7}));
  EXPECT_TRUE(ledger.Find(40)->HeldAt(9'000, {6, 7}));
}

}  // namespace
}  // namespace lastack
