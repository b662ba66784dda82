#include "harness/trace/ledger.h"

#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include "harness/trace/trace_builder.h"

namespace lastack {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t kSocket = 1001;
constexpr uint64_t kOther = 1002;

// The life of the only descriptor of a socket.
DescriptorLife OnlyLife(const Ledger& ledger, uint64_t inode) {
  const SocketLife* socket = ledger.Find(inode);
  if (socket == nullptr || socket->descriptors.size() != 1) {
    ADD_FAILURE() << "socket " << inode << " has " << (socket == nullptr ? 0 : socket->descriptors.size())
                  << " descriptors";
    return {};
  }
  return socket->descriptors.front();
}

Fate OnlyFate(const TraceBuilder& run) { return OnlyLife(Ledger::Of(run.trace()), kSocket).fate; }

// Process 100 has started and holds a TCP socket as descriptor 5.
TraceBuilder RunWithSocket() {
  TraceBuilder run;
  run.Start();
  run.Socket(5, kSocket);
  return run;
}

// --- Fates.

TEST(LedgerTest, CloseEndsADescriptorWhenTheCallStarts) {
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

TEST(LedgerTest, CloseThatDidNotReturnHasReleasedTheNumber) {
  TraceBuilder run = RunWithSocket();
  run.InFlight(Call::close, 5, kSocket);
  EXPECT_EQ(OnlyFate(run), Fate::kClosed);
}

TEST(LedgerTest, FcloseThatDidNotReturnMayStillBeWriting) {
  TraceBuilder run = RunWithSocket();
  run.InFlight(Call::fclose, 5, kSocket);
  EXPECT_EQ(OnlyFate(run), Fate::kOpen);
}

TEST(LedgerTest, SecondCloseOnADecoyChangesNothing) {
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

TEST(LedgerTest, CloseRangeSweepsFromTheStartOfTheCall) {
  TraceBuilder run = RunWithSocket();
  const uint64_t sweep_ns = run.now_ns();
  run.Made(Call::close_range, 3, 0);
  run.Note(EventKind::kClosed, 5, kSocket, 0, Call::close_range);
  const DescriptorLife life = OnlyLife(Ledger::Of(run.trace()), kSocket);
  EXPECT_EQ(life.fate, Fate::kSwept);
  EXPECT_EQ(life.ended_ns, sweep_ns);
}

TEST(LedgerTest, Dup2OntoASocketReplacesIt) {
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

TEST(LedgerTest, SweptDecoyIsNoSecondEnd) {
  TraceBuilder run = RunWithSocket();
  run.Injected(Call::close, 5, kSocket, Effect::kDecoy, EINTR);
  run.Made(Call::closefrom, 3, 0);
  run.Note(EventKind::kClosed, 5, kSocket, 0, Call::closefrom).flags = kOnDecoy;
  EXPECT_EQ(OnlyFate(run), Fate::kDecoyed);
}

TEST(LedgerTest, ExecClosesWhatIsNotListedAfterIt) {
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

TEST(LedgerTest, ExecListThatEndsTheTraceIsComplete) {
  TraceBuilder run = RunWithSocket();
  run.InFlight(Call::execve, -1, 0);
  run.Start();
  EXPECT_EQ(OnlyFate(run), Fate::kClosedOnExec);
}

TEST(LedgerTest, FailedExecClosesNothing) {
  TraceBuilder run = RunWithSocket();
  run.Made(Call::execve, -1, 0, -1, ENOENT);
  const Ledger ledger = Ledger::Of(run.trace());
  EXPECT_EQ(OnlyLife(ledger, kSocket).fate, Fate::kOpen);
  EXPECT_FALSE(ledger.processes[0].exec_in_flight);
}

TEST(LedgerTest, VanishedIsABlindSpotAndNotClosed) {
  TraceBuilder run = RunWithSocket();
  run.Note(EventKind::kVanished, 5, kSocket);
  const Ledger ledger = Ledger::Of(run.trace());
  EXPECT_EQ(OnlyLife(ledger, kSocket).fate, Fate::kVanished);
  EXPECT_FALSE(ledger.Find(kSocket)->closed());
  EXPECT_EQ(ledger.Find(kSocket)->closed_ns(), 0u) << "nobody knows when";
  EXPECT_THAT(ledger.blind_spots, ElementsAre(AllOf(HasSubstr("process 100"), HasSubstr("descriptor 5"))));
}

// As after fork, system(3) or a helper that exits: its copy is gone when the parent closes.
TEST(LedgerTest, CopyInAChildThatHasExitedHoldsNothingBack) {
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

TEST(LedgerTest, SocketLeftOpenIsLeftToExit) {
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

TEST(LedgerTest, DestructorMayCloseAfterTheComparison) {
  TraceBuilder run = RunWithSocket();
  run.Note(EventKind::kLeftOpen, 5, kSocket);
  run.Exit();
  run.Made(Call::close, 5, kSocket);
  EXPECT_EQ(OnlyFate(run), Fate::kClosed);
}

TEST(LedgerTest, ProcessWithoutGoodbyeLeavesItOpen) {
  const Ledger ledger = Ledger::Of(RunWithSocket().trace());
  EXPECT_EQ(OnlyLife(ledger, kSocket).fate, Fate::kOpen);
  EXPECT_FALSE(ledger.Find(kSocket)->closed());
  EXPECT_FALSE(ledger.processes[0].said_goodbye);
}

TEST(LedgerTest, SocketIsClosedWhenItsLastCopyIs) {
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

// --- Origins.

struct OriginCase {
  const char* name;
  Call maker;
  Origin origin;
};

class OriginTest : public testing::TestWithParam<OriginCase> {};

TEST_P(OriginTest, IsToldByTheMaker) {
  TraceBuilder run;
  run.Start();
  run.Opened(GetParam().maker, 5, kSocket);
  const Ledger ledger = Ledger::Of(run.trace());
  EXPECT_EQ(OnlyLife(ledger, kSocket).origin, GetParam().origin);
  EXPECT_EQ(ledger.Find(kSocket)->connected, GetParam().origin == Origin::kAccept);
}

INSTANTIATE_TEST_SUITE_P(Makers, OriginTest,
                         testing::ValuesIn<OriginCase>({OriginCase{"Socket", Call::socket, Origin::kSocket},
                                                        OriginCase{"Socketpair", Call::socketpair, Origin::kSocketpair},
                                                        OriginCase{"Accept", Call::accept, Origin::kAccept},
                                                        OriginCase{"Accept4", Call::accept4, Origin::kAccept},
                                                        OriginCase{"Dup", Call::dup, Origin::kDup},
                                                        OriginCase{"Dup2", Call::dup2, Origin::kDup},
                                                        OriginCase{"Dup3", Call::dup3, Origin::kDup},
                                                        OriginCase{"Fcntl", Call::fcntl, Origin::kDup},
                                                        OriginCase{"Recvmsg", Call::recvmsg, Origin::kPassed},
                                                        OriginCase{"Recvmmsg", Call::recvmmsg, Origin::kPassed},
                                                        OriginCase{"Unknown", Call::none, Origin::kUnseen}}),
                         [](const testing::TestParamInfo<OriginCase>& info) { return info.param.name; });

TEST(LedgerTest, ForkedChildHoldsCopies) {
  TraceBuilder run = RunWithSocket();
  run.Made(Call::fork, -1, 0, 101);
  run.In(101).ForkedFrom(100);
  run.Note(EventKind::kInherit, 5, kSocket, kTcpWord);
  run.Made(Call::close, 5, kSocket);
  run.Exit();
  const Ledger ledger = Ledger::Of(run.trace());
  ASSERT_EQ(ledger.Find(kSocket)->descriptors.size(), 2u);
  const DescriptorLife& parents = ledger.Find(kSocket)->descriptors[0];
  const DescriptorLife& childs = ledger.Find(kSocket)->descriptors[1];
  EXPECT_EQ(parents.fate, Fate::kOpen);
  EXPECT_EQ(childs.pid, 101);
  EXPECT_EQ(childs.origin, Origin::kFork);
  EXPECT_EQ(childs.fate, Fate::kClosed);
  EXPECT_FALSE(ledger.Find(kSocket)->closed()) << "the parent holds it";
  ASSERT_EQ(ledger.processes.size(), 2u);
  EXPECT_EQ(ledger.processes[1].pid, 101);
}

TEST(LedgerTest, SocketFromBeforeTheStartIsInherited) {
  TraceBuilder run;
  run.Start();
  run.Note(EventKind::kInherit, 0, kSocket, kListenerWord);
  const Ledger ledger = Ledger::Of(run.trace());
  EXPECT_EQ(OnlyLife(ledger, kSocket).origin, Origin::kInherit);
  EXPECT_EQ(ledger.Find(kSocket)->kind, SocketKind::kListener);
  EXPECT_EQ(ledger.Find(kSocket)->domain, AF_INET);
  EXPECT_THAT(ledger.blind_spots, IsEmpty());
}

TEST(LedgerTest, InheritedConnectionIsConnected) {
  TraceBuilder run;
  run.Start();
  run.Note(EventKind::kInherit, 0, kSocket, kTcpWord).result = 40000;
  const Ledger ledger = Ledger::Of(run.trace());
  EXPECT_TRUE(ledger.Find(kSocket)->connected);
  EXPECT_EQ(ledger.Find(kSocket)->remote_port, 40000);
}

TEST(LedgerTest, UnseenSocketIsABlindSpot) {
  TraceBuilder run;
  run.Start();
  run.Note(EventKind::kUnseen, 5, kSocket, kTcpWord);
  run.Exit();
  const Ledger ledger = Ledger::Of(run.trace());
  const DescriptorLife life = OnlyLife(ledger, kSocket);
  EXPECT_EQ(life.origin, Origin::kUnseen);
  EXPECT_EQ(life.fate, Fate::kLeftToExit);
  EXPECT_EQ(ledger.Find(kSocket)->kind, SocketKind::kTcp);
  EXPECT_THAT(ledger.blind_spots, ElementsAre(AllOf(HasSubstr("process 100"), HasSubstr("descriptor 5"))));
}

TEST(LedgerTest, SocketLeftOpenThatWasNeverSeenIsABlindSpot) {
  TraceBuilder run;
  run.Start();
  run.Note(EventKind::kLeftOpen, 5, kSocket, /*a=*/17);
  const Ledger ledger = Ledger::Of(run.trace());
  EXPECT_EQ(OnlyLife(ledger, kSocket).fate, Fate::kLeftToExit);
  EXPECT_EQ(ledger.Find(kSocket)->kind, SocketKind::kOther);
  EXPECT_EQ(ledger.blind_spots.size(), 1u);
}

// --- Blind spots.

TEST(LedgerTest, HeldNumberIsOneBlindSpotWithItsCall) {
  TraceBuilder run = RunWithSocket();
  run.Made(Call::socket, -1, 0, 5);
  run.Note(EventKind::kVanished, 5, kSocket);
  run.Opened(Call::socket, 5, kOther).flags = kNumberWasHeld;
  const Ledger ledger = Ledger::Of(run.trace());
  EXPECT_EQ(OnlyLife(ledger, kSocket).fate, Fate::kVanished);
  EXPECT_EQ(OnlyLife(ledger, kOther).fate, Fate::kOpen);
  EXPECT_THAT(ledger.blind_spots, ElementsAre(AllOf(HasSubstr("process 100"), HasSubstr("socket gave descriptor 5"))));
}

TEST(LedgerTest, NumberGivenTwiceIsABlindSpotEvenIfTheBackendDidNotNotice) {
  TraceBuilder run = RunWithSocket();
  run.Socket(5, kOther);
  const Ledger ledger = Ledger::Of(run.trace());
  EXPECT_EQ(OnlyLife(ledger, kSocket).fate, Fate::kVanished);
  EXPECT_EQ(ledger.blind_spots.size(), 1u);
}

TEST(LedgerTest, ExecThatNeverChecksInIsABlindSpot) {
  TraceBuilder run = RunWithSocket();
  run.InFlight(Call::execvp, -1, 0);
  const Ledger ledger = Ledger::Of(run.trace());
  EXPECT_TRUE(ledger.processes[0].exec_in_flight);
  EXPECT_THAT(ledger.blind_spots, ElementsAre(AllOf(HasSubstr("process 100"), HasSubstr("execvp"))));
}

TEST(LedgerTest, ExecThatTheExitCameBeforeIsNone) {
  TraceBuilder run = RunWithSocket();
  run.InFlight(Call::execvp, -1, 0);
  run.Exit();  // by another thread
  const Ledger ledger = Ledger::Of(run.trace());
  EXPECT_FALSE(ledger.processes[0].exec_in_flight);
  EXPECT_THAT(ledger.blind_spots, IsEmpty());
}

TEST(LedgerTest, IncompleteEvidenceIsABlindSpot) {
  TraceBuilder run = RunWithSocket();
  run.trace().lost_events = 3;
  run.trace().torn_events = 4;
  run.trace().untracked_sockets = 5;
  run.trace().foreign_calls = 6;
  EXPECT_THAT(Ledger::Of(run.trace()).blind_spots,
              ElementsAre(HasSubstr("3 events were lost"), HasSubstr("4 events are torn"), HasSubstr("5 sockets"), HasSubstr("6 calls")));
}

// --- Connections.

struct ConnectCase {
  const char* name;
  bool injected;
  Effect effect;
  int error;
  bool connected;
};

class ConnectTest : public testing::TestWithParam<ConnectCase> {};

TEST_P(ConnectTest, IsConnectedIfItSucceededOrGoesOn) {
  const ConnectCase& given = GetParam();
  TraceBuilder run = RunWithSocket();
  Event& event = run.Connect(5, kSocket, given.error == 0 ? 0 : -1, given.error);
  event.effect = given.effect;
  event.fault = given.injected ? 0 : kNoFaultIndex;
  EXPECT_EQ(Ledger::Of(run.trace()).Find(kSocket)->connected, given.connected);
}

INSTANTIATE_TEST_SUITE_P(
    Connects, ConnectTest,
    testing::ValuesIn<ConnectCase>({ConnectCase{"Clean", false, Effect::kNone, 0, true},
                                    ConnectCase{"InProgress", false, Effect::kNone, EINPROGRESS, true},
                                    ConnectCase{"Interrupted", false, Effect::kNone, EINTR, true},
                                    ConnectCase{"Refused", false, Effect::kNone, ECONNREFUSED, false},
                                    ConnectCase{"FullInterrupted", true, Effect::kFull, EINTR, true},
                                    ConnectCase{"SkippedInterrupted", true, Effect::kSkip, EINTR, false},
                                    ConnectCase{"SkippedTimeout", true, Effect::kSkip, ETIMEDOUT, false}}),
    [](const testing::TestParamInfo<ConnectCase>& info) { return info.param.name; });

TEST(LedgerTest, ConnectTellsBothEnds) {
  TraceBuilder run = RunWithSocket();
  const uint64_t connect_ns = run.now_ns();
  run.Connect(5, kSocket);
  const Ledger ledger = Ledger::Of(run.trace());
  const SocketLife& socket = *ledger.Find(kSocket);
  EXPECT_EQ(socket.remote_ipv4, 0x7f000001u);
  EXPECT_EQ(socket.remote_port, 80);
  EXPECT_EQ(socket.local_port, 40000);
  EXPECT_EQ(socket.connected_ns, connect_ns + TraceBuilder::kCallNs);
}

// ip(7) does not say so, and clients do it.
TEST(LedgerTest, ConnectToAnyAddressReachesLoopback) {
  TraceBuilder run = RunWithSocket();
  run.Made(Call::connect, 5, kSocket).a = uint64_t{AF_INET} << 48 | uint64_t{80} << 32 | INADDR_ANY;
  EXPECT_EQ(Ledger::Of(run.trace()).Find(kSocket)->remote_ipv4, INADDR_LOOPBACK);
}

TEST(LedgerTest, ConnectToNoFamilyDissolvesTheAssociation) {
  TraceBuilder run = RunWithSocket();
  run.Connect(5, kSocket);
  run.Made(Call::connect, 5, kSocket).a = 0;
  EXPECT_FALSE(Ledger::Of(run.trace()).Find(kSocket)->connected);
}

TEST(LedgerTest, ListenMakesAListener) {
  TraceBuilder run = RunWithSocket();
  run.Made(Call::listen, 5, kSocket, -1, EADDRINUSE);
  EXPECT_EQ(Ledger::Of(run.trace()).Find(kSocket)->kind, SocketKind::kTcp);
  run.Made(Call::listen, 5, kSocket);
  EXPECT_EQ(Ledger::Of(run.trace()).Find(kSocket)->kind, SocketKind::kListener);
}

TEST(LedgerTest, AcceptedSocketHasThePortsOfItsEnds) {
  TraceBuilder run = RunWithSocket();
  run.Made(Call::bind, 5, kSocket).a = LoopbackAddress(8080);
  run.Made(Call::listen, 5, kSocket);
  run.Accept(5, kSocket, 6, kOther, 40000);
  const Ledger ledger = Ledger::Of(run.trace());
  const SocketLife& accepted = *ledger.Find(kOther);
  EXPECT_TRUE(accepted.connected);
  EXPECT_EQ(accepted.local_port, 8080);
  EXPECT_EQ(accepted.remote_port, 40000);
  EXPECT_EQ(accepted.connected_ns, accepted.descriptors[0].born_ns);
}

// --- SO_LINGER.

struct LingerCase {
  const char* name;
  uint32_t on;
  uint32_t seconds;
  bool injected;
  Effect effect;
  int error;
  bool abortive;
};

class LingerTest : public testing::TestWithParam<LingerCase> {};

TEST_P(LingerTest, IsInForceIfTheKernelTookIt) {
  const LingerCase& given = GetParam();
  TraceBuilder run = RunWithSocket();
  Event& event = run.SetLinger(5, kSocket, given.on, given.seconds);
  event.result = given.error == 0 ? 0 : -1;
  event.error = static_cast<uint16_t>(given.error);
  event.fault = given.injected ? 0 : kNoFaultIndex;
  event.effect = given.effect;
  run.Made(Call::close, 5, kSocket);
  EXPECT_EQ(Ledger::Of(run.trace()).Find(kSocket)->abortive_linger, given.abortive);
}

INSTANTIATE_TEST_SUITE_P(
    Lingers, LingerTest,
    testing::ValuesIn<LingerCase>({LingerCase{"OnZero", 1, 0, false, Effect::kNone, 0, true},
                                   LingerCase{"OnTen", 1, 10, false, Effect::kNone, 0, false},
                                   LingerCase{"Off", 0, 0, false, Effect::kNone, 0, false},
                                   LingerCase{"Failed", 1, 0, false, Effect::kNone, EINVAL, false},
                                   LingerCase{"Skipped", 1, 0, true, Effect::kSkip, ENOBUFS, false},
                                   LingerCase{"FullWithError", 1, 0, true, Effect::kFull, ENOBUFS, true}}),
    [](const testing::TestParamInfo<LingerCase>& info) { return info.param.name; });

TEST(LedgerTest, LingerIsTheSocketsAndTheLastSettingCounts) {
  TraceBuilder run = RunWithSocket();
  run.Dup(5, 6, kSocket);
  run.SetLinger(6, kSocket, 1, 0);
  run.Made(Call::close, 6, kSocket);
  EXPECT_TRUE(Ledger::Of(run.trace()).Find(kSocket)->abortive_linger);
  run.SetLinger(5, kSocket, 0, 0);
  run.Made(Call::close, 5, kSocket);
  EXPECT_FALSE(Ledger::Of(run.trace()).Find(kSocket)->abortive_linger);
}

TEST(LedgerTest, AcceptedSocketInheritsTheLingerOfItsListener) {
  TraceBuilder run = RunWithSocket();
  run.SetLinger(5, kSocket, 1, 0);
  run.Accept(5, kSocket, 6, kOther);
  EXPECT_TRUE(Ledger::Of(run.trace()).Find(kOther)->abortive_linger);
}

// --- Order.

// A server's accept blocks in one thread and is given a number that another thread closes meanwhile.
TEST(LedgerTest, NumberMayBeClosedWhileTheCallThatGetsItIsUnderWay) {
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

TEST(LedgerTest, NumberIsUsedAgainByTheNextSocket) {
  TraceBuilder run = RunWithSocket();
  run.Made(Call::close, 5, kSocket);
  run.Socket(5, kOther);
  const Ledger ledger = Ledger::Of(run.trace());
  EXPECT_EQ(OnlyLife(ledger, kSocket).fate, Fate::kClosed);
  EXPECT_EQ(OnlyLife(ledger, kOther).fate, Fate::kOpen);
  EXPECT_THAT(ledger.blind_spots, IsEmpty());
}

TEST(LedgerTest, ProcessNumberMayBeUsedAgain) {
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

TEST(LedgerTest, ProcessLastsFromItsFirstEventToTheEndOfItsLastCall) {
  TraceBuilder run;
  run.At(500).Start();
  run.At(9'000).Made(Call::fork, -1, 0, 101);
  const Ledger ledger = Ledger::Of(run.trace());
  ASSERT_EQ(ledger.processes.size(), 1u);
  EXPECT_EQ(ledger.processes[0].first_ns, 500u);
  EXPECT_EQ(ledger.processes[0].last_ns, 9'000u + TraceBuilder::kCallNs);
}

TEST(LedgerTest, CallThatDidNotReturnIsTheLastOfAProcess) {
  TraceBuilder run;
  run.Start();
  run.At(9'000).InFlight(Call::fork, -1, 0);
  EXPECT_EQ(Ledger::Of(run.trace()).processes[0].last_ns, 9'000u);
}

TEST(LedgerTest, UnknownSocketIsNotFound) { EXPECT_EQ(Ledger::Of(RunWithSocket().trace()).Find(77), nullptr); }

TEST(LedgerTest, HeldAtKnowsTheTimeAndTheProcess) {
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
