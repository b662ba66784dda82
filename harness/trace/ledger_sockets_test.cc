// What a socket is: its ends, its connection, its linger.
#include "harness/trace/ledger.h"

#include <errno.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include "harness/trace/ledger_fixture.h"

namespace lastack {
namespace {

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

TEST(LedgerSocketsTest, ConnectTellsBothEnds) {
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
TEST(LedgerSocketsTest, ConnectToAnyAddressReachesLoopback) {
  TraceBuilder run = RunWithSocket();
  run.Made(Call::connect, 5, kSocket).a = uint64_t{AF_INET} << 48 | uint64_t{80} << 32 | INADDR_ANY;
  EXPECT_EQ(Ledger::Of(run.trace()).Find(kSocket)->remote_ipv4, INADDR_LOOPBACK);
}

TEST(LedgerSocketsTest, ConnectToNoFamilyDissolvesTheAssociation) {
  TraceBuilder run = RunWithSocket();
  run.Connect(5, kSocket);
  run.Made(Call::connect, 5, kSocket).a = 0;
  EXPECT_FALSE(Ledger::Of(run.trace()).Find(kSocket)->connected);
}

TEST(LedgerSocketsTest, ListenMakesAListener) {
  TraceBuilder run = RunWithSocket();
  run.Made(Call::listen, 5, kSocket, -1, EADDRINUSE);
  EXPECT_EQ(Ledger::Of(run.trace()).Find(kSocket)->kind, SocketKind::kTcp);
  run.Made(Call::listen, 5, kSocket);
  EXPECT_EQ(Ledger::Of(run.trace()).Find(kSocket)->kind, SocketKind::kListener);
}

TEST(LedgerSocketsTest, AcceptedSocketHasThePortsOfItsEnds) {
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

TEST(LedgerSocketsTest, LingerIsTheSocketsAndTheLastSettingCounts) {
  TraceBuilder run = RunWithSocket();
  run.Dup(5, 6, kSocket);
  run.SetLinger(6, kSocket, 1, 0);
  run.Made(Call::close, 6, kSocket);
  EXPECT_TRUE(Ledger::Of(run.trace()).Find(kSocket)->abortive_linger);
  run.SetLinger(5, kSocket, 0, 0);
  run.Made(Call::close, 5, kSocket);
  EXPECT_FALSE(Ledger::Of(run.trace()).Find(kSocket)->abortive_linger);
}

TEST(LedgerSocketsTest, AcceptedSocketInheritsTheLingerOfItsListener) {
  TraceBuilder run = RunWithSocket();
  run.SetLinger(5, kSocket, 1, 0);
  run.Accept(5, kSocket, 6, kOther);
  EXPECT_TRUE(Ledger::Of(run.trace()).Find(kOther)->abortive_linger);
}

}  // namespace
}  // namespace lastack
