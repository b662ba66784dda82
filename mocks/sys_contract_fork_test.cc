// Contract: sockets that processes share after fork, and what the end of a process does to them (CATALOG part B).
#include <errno.h>
#include <fcntl.h>

#include "mocks/sys_contract.h"

namespace lastack {
namespace {

SysResult Nothing(SysApi&) { return {0, 0}; }

TEST_P(SysContract, ForkedCopyKeepsTheConnection) {
  const Pair pair = Connect();
  const auto child = Fork([&](SysApi& sys) { return sys.send(pair.here, "child", 5, MSG_NOSIGNAL); });
  EXPECT_EQ(Close(pair.here), "0");
  EXPECT_EQ(Recv(pair.peer), "EAGAIN");
  EXPECT_EQ(Word(child->Call()), "5");
  child->Exit();
  EXPECT_EQ(ReadToEnd(pair.peer), "child EOF");
}

TEST_P(SysContract, TheChildsCloseLeavesOurs) {
  const Pair pair = Connect();
  const auto child = Fork([&](SysApi& sys) { return sys.close(pair.here); });
  EXPECT_EQ(Word(child->Call()), "0");
  EXPECT_EQ(Recv(pair.peer), "EAGAIN");
  EXPECT_EQ(Send(pair.here, "ours"), "4");
  EXPECT_EQ(Close(pair.here), "0");
  EXPECT_EQ(ReadToEnd(pair.peer), "ours EOF");
}

TEST_P(SysContract, TheChildsShutdownActsOnTheConnection) {
  const Pair pair = Connect();
  const auto child = Fork([&](SysApi& sys) { return sys.shutdown(pair.here, SHUT_WR); });
  EXPECT_EQ(Word(child->Call()), "0");
  EXPECT_EQ(Send(pair.here, "x"), "EPIPE");
  EXPECT_EQ(ReadToEnd(pair.peer), "EOF");
}

TEST_P(SysContract, WhatTheChildHasReadIsGone) {
  const Pair pair = Connect();
  EXPECT_EQ(Send(pair.peer, "once"), "4");
  (void)Await(pair.here, POLLIN);
  const auto child = Fork([&](SysApi& sys) {
    char data[16];
    return sys.recv(pair.here, data, sizeof(data), MSG_DONTWAIT);
  });
  EXPECT_EQ(Word(child->Call()), "4");
  EXPECT_EQ(Recv(pair.here), "EAGAIN");
}

TEST_P(SysContract, NonBlockingIsSharedAndCloseOnExecIsNot) {
  const Pair pair = Connect();
  EXPECT_EQ(Word(sys().fcntl(pair.here, F_SETFD, 0)), "0");
  const auto child = Fork([&](SysApi& sys) {
    (void)sys.fcntl(pair.here, F_SETFD, FD_CLOEXEC);
    return sys.fcntl(pair.here, F_SETFL, O_NONBLOCK);
  });
  EXPECT_EQ(Word(child->Call()), "0");
  EXPECT_NE(sys().fcntl(pair.here, F_GETFL, 0).value & O_NONBLOCK, 0);
  EXPECT_EQ(Word(sys().fcntl(pair.here, F_GETFD, 0)), "0");
  EXPECT_EQ(Recv(pair.here, 16, 0), "EAGAIN");
}

TEST_P(TcpContract, TheChildAcceptsFromTheSharedListener) {
  Name name;
  const int listener = Listener(16, &name);
  const auto child = Fork([&](SysApi& sys) { return sys.accept(listener, nullptr, nullptr); });
  EXPECT_EQ(Close(listener), "0");
  const int client = TcpSocket();
  EXPECT_EQ(Word(sys().connect(client, name.get(), name.length)), "0") << "the child listens still";
  EXPECT_TRUE(child->Call().ok());
  EXPECT_EQ(Recv(client), "EAGAIN");
  child->Exit();
  EXPECT_EQ(ReadToEnd(client), "EOF");
}

// --- The end of a process.

TEST_P(SysContract, ExitEndsWhatNobodyElseHas) {
  const Pair pair = Connect();
  const auto child = Fork(Nothing);
  child->Exit();
  EXPECT_EQ(Recv(pair.peer), "EAGAIN") << "we have it still";
  EXPECT_EQ(Send(pair.here, "x"), "1");
}

TEST_P(SysContract, ExitDeliversWhatIsPending) {
  const Pair pair = Connect();
  const size_t written = Fill(pair.here);
  const auto child = Fork(Nothing);
  EXPECT_EQ(Close(pair.here), "0");
  child->Exit();
  EXPECT_EQ(ReadToEnd(pair.peer).size(), written + 4);  // " EOF"
}

TEST_P(SysContract, ExitDoesNotLinger) {
  const Pair pair = Connect();
  SetLinger(pair.here, 1, 30);
  const size_t written = Fill(pair.here);
  const auto child = Fork(Nothing);
  EXPECT_EQ(Close(pair.here), "0") << "of a copy that is not the last one";
  const uint64_t start_ns = NowNs();
  child->Exit();
  EXPECT_LT(NowNs() - start_ns, 10'000'000'000u);
  EXPECT_EQ(ReadToEnd(pair.peer).size(), written + 4);
}

TEST_P(TcpContract, ExitAbortsIfAsked) {
  const Pair pair = Connect();
  SetLinger(pair.here, 1, 0);
  const auto child = Fork(Nothing);
  EXPECT_EQ(Close(pair.here), "0") << "of a copy that is not the last one";
  EXPECT_EQ(Recv(pair.peer), "EAGAIN");
  child->Exit();
  EXPECT_EQ(ReadToEnd(pair.peer), "ECONNRESET");
}

}  // namespace
}  // namespace lastack
