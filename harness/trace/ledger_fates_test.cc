// How a descriptor ends.
#include "harness/trace/ledger.h"

#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/trace/ledger_fixture.h"

namespace lastack {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(LedgerFatesTest, CloseEndsADescriptorWhenTheCallStarts) {
  TraceBuilder run = RunWithSocket();
  const uint64_t close_ns = run.now_ns();
  run.Made(Call::close, 5, kSocket);
  run.Exit();
  const Ledger ledger = Ledger::Of(run.trace());
  const DescriptorLife life = OnlyLife(ledger, kSocket);
  EXPECT_EQ(life.pid, 100);
  EXPECT_EQ(life.fd, 5);
  EXPECT_EQ(life.fate, Fate::kClosed);
  EXPECT_EQ(life.ended_ns, close_ns);
  EXPECT_LT(life.born_ns, close_ns);
  EXPECT_TRUE(ledger.Find(kSocket)->closed());
  EXPECT_EQ(ledger.Find(kSocket)->closed_ns(), close_ns);
  EXPECT_THAT(ledger.blind_spots, IsEmpty());
}

struct CloseCase {
  const char* name;
  Call call;
  bool injected;
  Effect effect;
  int error;
  Fate fate;
};

class CloseTest : public testing::TestWithParam<CloseCase> {};

TEST_P(CloseTest, EndsTheDescriptorIfTheKernelReleasedIt) {
  const CloseCase& given = GetParam();
  TraceBuilder run = RunWithSocket();
  Event& event = run.Injected(given.call, 5, kSocket, given.effect, given.error);
  if (!given.injected) event.fault = kNoFaultIndex;
  EXPECT_EQ(OnlyFate(run), given.fate);
}

INSTANTIATE_TEST_SUITE_P(
    Closes, CloseTest,
    testing::ValuesIn<CloseCase>({CloseCase{"Clean", Call::close, false, Effect::kNone, 0, Fate::kClosed},
                                  CloseCase{"Stream", Call::fclose, false, Effect::kNone, 0, Fate::kClosed},
                                  CloseCase{"GenuineEio", Call::close, false, Effect::kNone, EIO, Fate::kClosed},
                                  CloseCase{"GenuineEbadf", Call::close, false, Effect::kNone, EBADF, Fate::kOpen},
                                  CloseCase{"FullEintr", Call::close, true, Effect::kFull, EINTR, Fate::kClosed},
                                  CloseCase{"FullEbadf", Call::close, true, Effect::kFull, EBADF, Fate::kClosed},
                                  CloseCase{"SkippedEintr", Call::close, true, Effect::kSkip, EINTR, Fate::kOpen},
                                  CloseCase{"SkippedSuccess", Call::close, true, Effect::kSkip, 0, Fate::kOpen},
                                  CloseCase{"Delayed", Call::close, true, Effect::kDelay, 0, Fate::kClosed},
                                  CloseCase{"Decoy", Call::close, true, Effect::kDecoy, EINTR, Fate::kDecoyed},
                                  // The backend leaves the effect and takes the fault back when it could plant none.
                                  CloseCase{"NoDecoyPlanted", Call::close, false, Effect::kDecoy, 0, Fate::kClosed}}),
    [](const testing::TestParamInfo<CloseCase>& info) { return info.param.name; });

TEST(LedgerFatesTest, CloseThatDidNotReturnHasReleasedTheNumber) {
  TraceBuilder run = RunWithSocket();
  run.InFlight(Call::close, 5, kSocket);
  EXPECT_EQ(OnlyFate(run), Fate::kClosed);
}

TEST(LedgerFatesTest, FcloseThatDidNotReturnMayStillBeWriting) {
  TraceBuilder run = RunWithSocket();
  run.InFlight(Call::fclose, 5, kSocket);
  EXPECT_EQ(OnlyFate(run), Fate::kOpen);
}

TEST(LedgerFatesTest, SecondCloseOnADecoyChangesNothing) {
  TraceBuilder run = RunWithSocket();
  const uint64_t close_ns = run.now_ns();
  run.Injected(Call::close, 5, kSocket, Effect::kDecoy, EINTR);
  run.Made(Call::close, 5, kSocket, -1, EBADF).flags = kOnDecoy;
  run.SetLinger(5, kSocket, 1, 0).flags = kOnDecoy;
  const Ledger ledger = Ledger::Of(run.trace());
  EXPECT_EQ(OnlyLife(ledger, kSocket).fate, Fate::kDecoyed);
  EXPECT_EQ(ledger.Find(kSocket)->closed_ns(), close_ns);
  EXPECT_FALSE(ledger.Find(kSocket)->abortive_linger);
}

TEST(LedgerFatesTest, CloseRangeSweepsFromTheStartOfTheCall) {
  TraceBuilder run = RunWithSocket();
  const uint64_t sweep_ns = run.now_ns();
  run.Made(Call::close_range, 3, 0);
  run.Note(EventKind::kClosed, 5, kSocket, 0, Call::close_range);
  const DescriptorLife life = OnlyLife(Ledger::Of(run.trace()), kSocket);
  EXPECT_EQ(life.fate, Fate::kSwept);
  EXPECT_EQ(life.ended_ns, sweep_ns);
}

TEST(LedgerFatesTest, Dup2OntoASocketReplacesIt) {
  TraceBuilder run = RunWithSocket();
  run.Socket(6, kOther);
  run.Made(Call::dup2, 6, kOther, 5).a = 5;
  run.Note(EventKind::kClosed, 5, kSocket, 0, Call::dup2);
  run.Opened(Call::dup2, 5, kOther, kTcpWord, 6);
  const Ledger ledger = Ledger::Of(run.trace());
  EXPECT_EQ(OnlyLife(ledger, kSocket).fate, Fate::kReplaced);
  ASSERT_EQ(ledger.Find(kOther)->descriptors.size(), 2u);
  EXPECT_EQ(ledger.Find(kOther)->descriptors[1].fd, 5);
  EXPECT_EQ(ledger.Find(kOther)->descriptors[1].origin, Origin::kDup);
  EXPECT_THAT(ledger.blind_spots, IsEmpty());
}

TEST(LedgerFatesTest, SweptDecoyIsNoSecondEnd) {
  TraceBuilder run = RunWithSocket();
  run.Injected(Call::close, 5, kSocket, Effect::kDecoy, EINTR);
  run.Made(Call::closefrom, 3, 0);
  run.Note(EventKind::kClosed, 5, kSocket, 0, Call::closefrom).flags = kOnDecoy;
  EXPECT_EQ(OnlyFate(run), Fate::kDecoyed);
}

TEST(LedgerFatesTest, ExecClosesWhatIsNotListedAfterIt) {
  TraceBuilder run = RunWithSocket();
  run.Socket(6, kOther);
  const uint64_t exec_ns = run.now_ns();
  run.InFlight(Call::execve, -1, 0);
  run.Start();
  run.Note(EventKind::kInherit, 6, kOther, kTcpWord);
  run.Socket(5, 1003);
  const Ledger ledger = Ledger::Of(run.trace());
  const DescriptorLife gone = OnlyLife(ledger, kSocket);
  EXPECT_EQ(gone.fate, Fate::kClosedOnExec);
  EXPECT_EQ(gone.ended_ns, exec_ns);
  EXPECT_TRUE(ledger.Find(kSocket)->closed());
  const DescriptorLife kept = OnlyLife(ledger, kOther);
  EXPECT_EQ(kept.fate, Fate::kOpen);
  EXPECT_EQ(kept.origin, Origin::kSocket) << "the same descriptor goes on";
  ASSERT_EQ(ledger.processes.size(), 1u);
  EXPECT_FALSE(ledger.processes[0].exec_in_flight);
  EXPECT_THAT(ledger.blind_spots, IsEmpty());
}

TEST(LedgerFatesTest, ExecListThatEndsTheTraceIsComplete) {
  TraceBuilder run = RunWithSocket();
  run.InFlight(Call::execve, -1, 0);
  run.Start();
  EXPECT_EQ(OnlyFate(run), Fate::kClosedOnExec);
}

TEST(LedgerFatesTest, FailedExecClosesNothing) {
  TraceBuilder run = RunWithSocket();
  run.Made(Call::execve, -1, 0, -1, ENOENT);
  const Ledger ledger = Ledger::Of(run.trace());
  EXPECT_EQ(OnlyLife(ledger, kSocket).fate, Fate::kOpen);
  EXPECT_FALSE(ledger.processes[0].exec_in_flight);
}

TEST(LedgerFatesTest, VanishedIsABlindSpotAndNotClosed) {
  TraceBuilder run = RunWithSocket();
  run.Note(EventKind::kVanished, 5, kSocket);
  const Ledger ledger = Ledger::Of(run.trace());
  EXPECT_EQ(OnlyLife(ledger, kSocket).fate, Fate::kVanished);
  EXPECT_FALSE(ledger.Find(kSocket)->closed());
  EXPECT_EQ(ledger.Find(kSocket)->closed_ns(), 0u) << "nobody knows when";
  EXPECT_THAT(ledger.blind_spots, ElementsAre(AllOf(HasSubstr("process 100"), HasSubstr("descriptor 5"))));
}

// As after fork, system(3) or a helper that exits: its copy is gone when the parent closes.
TEST(LedgerFatesTest, CopyInAChildThatHasExitedHoldsNothingBack) {
  TraceBuilder run = RunWithSocket();
  run.In(200).ForkedFrom(100);
  run.Note(EventKind::kInherit, 5, kSocket, kTcpWord);
  run.Note(EventKind::kLeftOpen, 5, kSocket);
  run.Exit();
  run.In(100).Made(Call::close, 5, kSocket);
  EXPECT_TRUE(Ledger::Of(run.trace()).Find(kSocket)->closed());
  run.In(300).ForkedFrom(100);
  run.Note(EventKind::kInherit, 7, kSocket, kTcpWord);
  run.Note(EventKind::kLeftOpen, 7, kSocket);
  run.Exit();
  EXPECT_FALSE(Ledger::Of(run.trace()).Find(kSocket)->closed()) << "a child that exits later does";
}

TEST(LedgerFatesTest, SocketLeftOpenIsLeftToExit) {
  TraceBuilder run = RunWithSocket();
  run.Note(EventKind::kLeftOpen, 5, kSocket);
  run.Exit();
  const Ledger ledger = Ledger::Of(run.trace());
  const DescriptorLife life = OnlyLife(ledger, kSocket);
  EXPECT_EQ(life.fate, Fate::kLeftToExit);
  EXPECT_GT(life.ended_ns, 0u);
  EXPECT_FALSE(ledger.Find(kSocket)->closed());
  EXPECT_EQ(ledger.Find(kSocket)->closed_ns(), 0u);
  EXPECT_TRUE(ledger.processes[0].said_goodbye);
}

TEST(LedgerFatesTest, DestructorMayCloseAfterTheComparison) {
  TraceBuilder run = RunWithSocket();
  run.Note(EventKind::kLeftOpen, 5, kSocket);
  run.Exit();
  run.Made(Call::close, 5, kSocket);
  EXPECT_EQ(OnlyFate(run), Fate::kClosed);
}

TEST(LedgerFatesTest, ProcessWithoutGoodbyeLeavesItOpen) {
  const Ledger ledger = Ledger::Of(RunWithSocket().trace());
  EXPECT_EQ(OnlyLife(ledger, kSocket).fate, Fate::kOpen);
  EXPECT_FALSE(ledger.Find(kSocket)->closed());
  EXPECT_FALSE(ledger.processes[0].said_goodbye);
}

TEST(LedgerFatesTest, SocketIsClosedWhenItsLastCopyIs) {
  TraceBuilder run = RunWithSocket();
  run.Dup(5, 6, kSocket);
  run.Made(Call::close, 5, kSocket);
  const Ledger before = Ledger::Of(run.trace());
  EXPECT_FALSE(before.Find(kSocket)->closed());
  EXPECT_EQ(before.Find(kSocket)->closed_ns(), 0u);
  const uint64_t last_ns = run.now_ns();
  run.Made(Call::close, 6, kSocket);
  const Ledger ledger = Ledger::Of(run.trace());
  EXPECT_TRUE(ledger.Find(kSocket)->closed());
  EXPECT_EQ(ledger.Find(kSocket)->closed_ns(), last_ns);
}

}  // namespace
}  // namespace lastack
