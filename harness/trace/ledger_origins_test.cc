// Where a descriptor comes from, and what was not seen of it.
#include "harness/trace/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include "harness/trace/ledger_fixture.h"

namespace lastack {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

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

TEST(LedgerOriginsTest, ForkedChildHoldsCopies) {
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

TEST(LedgerOriginsTest, SocketFromBeforeTheStartIsInherited) {
  TraceBuilder run;
  run.Start();
  run.Note(EventKind::kInherit, 0, kSocket, kListenerWord);
  const Ledger ledger = Ledger::Of(run.trace());
  EXPECT_EQ(OnlyLife(ledger, kSocket).origin, Origin::kInherit);
  EXPECT_EQ(ledger.Find(kSocket)->kind, SocketKind::kListener);
  EXPECT_EQ(ledger.Find(kSocket)->domain, AF_INET);
  EXPECT_THAT(ledger.blind_spots, IsEmpty());
}

TEST(LedgerOriginsTest, InheritedConnectionIsConnected) {
  TraceBuilder run;
  run.Start();
  run.Note(EventKind::kInherit, 0, kSocket, kTcpWord).result = 40000;
  const Ledger ledger = Ledger::Of(run.trace());
  EXPECT_TRUE(ledger.Find(kSocket)->connected);
  EXPECT_EQ(ledger.Find(kSocket)->remote_port, 40000);
}

TEST(LedgerOriginsTest, UnseenSocketIsABlindSpot) {
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

TEST(LedgerOriginsTest, SocketLeftOpenThatWasNeverSeenIsABlindSpot) {
  TraceBuilder run;
  run.Start();
  run.Note(EventKind::kLeftOpen, 5, kSocket, /*a=*/17);
  const Ledger ledger = Ledger::Of(run.trace());
  EXPECT_EQ(OnlyLife(ledger, kSocket).fate, Fate::kLeftToExit);
  EXPECT_EQ(ledger.Find(kSocket)->kind, SocketKind::kOther);
  EXPECT_EQ(ledger.blind_spots.size(), 1u);
}

TEST(LedgerOriginsTest, HeldNumberIsOneBlindSpotWithItsCall) {
  TraceBuilder run = RunWithSocket();
  run.Made(Call::socket, -1, 0, 5);
  run.Note(EventKind::kVanished, 5, kSocket);
  run.Opened(Call::socket, 5, kOther).flags = kNumberWasHeld;
  const Ledger ledger = Ledger::Of(run.trace());
  EXPECT_EQ(OnlyLife(ledger, kSocket).fate, Fate::kVanished);
  EXPECT_EQ(OnlyLife(ledger, kOther).fate, Fate::kOpen);
  EXPECT_THAT(ledger.blind_spots, ElementsAre(AllOf(HasSubstr("process 100"), HasSubstr("socket gave descriptor 5"))));
}

TEST(LedgerOriginsTest, NumberGivenTwiceIsABlindSpotEvenIfTheBackendDidNotNotice) {
  TraceBuilder run = RunWithSocket();
  run.Socket(5, kOther);
  const Ledger ledger = Ledger::Of(run.trace());
  EXPECT_EQ(OnlyLife(ledger, kSocket).fate, Fate::kVanished);
  EXPECT_EQ(ledger.blind_spots.size(), 1u);
}

TEST(LedgerOriginsTest, ExecThatNeverChecksInIsABlindSpot) {
  TraceBuilder run = RunWithSocket();
  run.InFlight(Call::execvp, -1, 0);
  const Ledger ledger = Ledger::Of(run.trace());
  EXPECT_TRUE(ledger.processes[0].exec_in_flight);
  EXPECT_THAT(ledger.blind_spots, ElementsAre(AllOf(HasSubstr("process 100"), HasSubstr("execvp"))));
}

TEST(LedgerOriginsTest, ExecThatTheExitCameBeforeIsNone) {
  TraceBuilder run = RunWithSocket();
  run.InFlight(Call::execvp, -1, 0);
  run.Exit();  // by another thread
  const Ledger ledger = Ledger::Of(run.trace());
  EXPECT_FALSE(ledger.processes[0].exec_in_flight);
  EXPECT_THAT(ledger.blind_spots, IsEmpty());
}

TEST(LedgerOriginsTest, IncompleteEvidenceIsABlindSpot) {
  TraceBuilder run = RunWithSocket();
  run.trace().lost_events = 3;
  run.trace().torn_events = 4;
  run.trace().untracked_sockets = 5;
  run.trace().foreign_calls = 6;
  run.trace().interposed_call = "close";
  run.trace().interposer = "/lib/libit.so";
  EXPECT_THAT(Ledger::Of(run.trace()).blind_spots,
              ElementsAre(HasSubstr("3 events were lost"), HasSubstr("4 events are torn"), HasSubstr("5 sockets"),
                          HasSubstr("6 calls"), HasSubstr("/lib/libit.so defines close(2)")));
}

}  // namespace
}  // namespace lastack
