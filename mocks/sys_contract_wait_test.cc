// Contract: calls that wait, and what ends the wait (CATALOG part B).
#include <errno.h>
#include <poll.h>

#include "mocks/sys_contract.h"

namespace lastack {
namespace {

// --- recv.

TEST_P(SysContract, RecvWaitsForData) {
  const Pair pair = Connect();
  char data[8];
  EXPECT_EQ(Meanwhile([&] { return sys().recv(pair.here, data, sizeof(data), 0); },
                      [&] { EXPECT_EQ(Send(pair.peer, "come"), "4"); }),
            "4");
}

TEST_P(SysContract, WaitAllWaitsForAll) {
  const Pair pair = Connect();
  EXPECT_EQ(Send(pair.peer, "so"), "2");
  char data[4];
  EXPECT_EQ(Meanwhile([&] { return sys().recv(pair.here, data, 4, MSG_WAITALL); },
                      [&] { EXPECT_EQ(Send(pair.peer, "me"), "2"); }),
            "4");
}

TEST_P(SysContract, EndOfFileEndsARecvThatWaits) {
  const Pair pair = Connect();
  char byte;
  EXPECT_EQ(
      Meanwhile([&] { return sys().recv(pair.here, &byte, 1, 0); }, [&] { EXPECT_EQ(Shut(pair.peer, SHUT_WR), "0"); }),
      "0");
}

TEST_P(TcpContract, AResetEndsARecvThatWaits) {
  const Pair pair = Connect();
  char byte;
  EXPECT_EQ(Meanwhile([&] { return sys().recv(pair.here, &byte, 1, 0); }, [&] { EXPECT_EQ(Abort(pair.peer), "0"); }),
            "ECONNRESET");
}

TEST_P(SysContract, ShutRdEndsARecvThatWaits) {
  const Pair pair = Connect();
  char byte;
  EXPECT_EQ(
      Meanwhile([&] { return sys().recv(pair.here, &byte, 1, 0); }, [&] { EXPECT_EQ(Shut(pair.here, SHUT_RD), "0"); }),
      "0");
}

// The connection lives on in the call, and ends with it.
TEST_P(SysContract, CloseLeavesARecvThatWaits) {
  const Pair pair = Connect();
  char byte;
  EXPECT_EQ(Meanwhile([&] { return sys().recv(pair.here, &byte, 1, 0); },
                      [&] {
                        EXPECT_EQ(Close(pair.here), "0");
                        EXPECT_EQ(Recv(pair.peer), "EAGAIN");
                        EXPECT_EQ(Send(pair.peer, "x"), "1");
                      }),
            "1");
  EXPECT_EQ(ReadToEnd(pair.peer), "EOF");
}

// --- send.

TEST_P(SysContract, SendWaitsForRoom) {
  const Pair pair = Connect();
  FillForGood(pair.here);
  size_t read = 0;
  EXPECT_EQ(Meanwhile([&] { return sys().send(pair.here, "last", 4, MSG_NOSIGNAL); },
                      [&] {
                        while (Now(pair.here, POLLOUT) == 0 && Await(pair.peer, POLLIN) != 0) {
                          read += Recv(pair.peer).size();
                        }
                      }),
            "4");
  EXPECT_GT(read, 0u);
}

TEST_P(SysContract, SendThatWaitsFailsWithThePeer) {
  const Pair pair = Connect();
  FillForGood(pair.here);
  EXPECT_EQ(
      Meanwhile([&] { return sys().send(pair.here, "x", 1, MSG_NOSIGNAL); }, [&] { EXPECT_EQ(Close(pair.peer), "0"); }),
      "ECONNRESET")
      << "it had left our data unread";
}

TEST_P(SysContract, ShutWrEndsASendThatWaits) {
  const Pair pair = Connect();
  FillForGood(pair.here);
  EXPECT_EQ(Meanwhile([&] { return sys().send(pair.here, "x", 1, MSG_NOSIGNAL); },
                      [&] { EXPECT_EQ(Shut(pair.here, SHUT_WR), "0"); }),
            "EPIPE");
}

// --- accept, poll.

TEST_P(TcpContract, AcceptWaitsForAConnection) {
  Name name;
  const int listener = Listener(16, &name);
  const int client = TcpSocket();
  int accepted = -1;
  EXPECT_NE(Meanwhile(
                [&] {
                  const SysResult result = sys().accept(listener, nullptr, nullptr);
                  accepted = static_cast<int>(result.value);
                  return result;
                },
                [&] { EXPECT_EQ(Word(sys().connect(client, name.get(), name.length)), "0"); }),
            "EAGAIN");
  EXPECT_EQ(Word(sys().close(accepted)), "0");
  EXPECT_EQ(ReadToEnd(client), "EOF");
}

TEST_P(TcpContract, ShutRdEndsAnAcceptThatWaits) {
  Name name;
  const int listener = Listener(16, &name);
  EXPECT_EQ(Meanwhile([&] { return sys().accept(listener, nullptr, nullptr); },
                      [&] { EXPECT_EQ(Shut(listener, SHUT_RD), "0"); }),
            "EINVAL");
}

TEST_P(SysContract, PollWaitsForTheEnd) {
  const Pair pair = Connect();
  pollfd entry = {pair.here, POLLIN, 0};
  EXPECT_EQ(Meanwhile([&] { return sys().poll(&entry, 1, -1); }, [&] { EXPECT_EQ(Close(pair.peer), "0"); }), "1");
  EXPECT_EQ(entry.revents & POLLIN, POLLIN);
}

// --- A close that lingers.

TEST_P(TcpContract, LingerWaitsUntilAllIsSentAndEndsWithFin) {
  const Pair pair = Connect();
  SetLinger(pair.here, 1, 30);
  const size_t written = Fill(pair.here);
  std::string read;
  const uint64_t start_ns = NowNs();
  EXPECT_EQ(Meanwhile([&] { return sys().close(pair.here); }, [&] { read = ReadToEnd(pair.peer); }), "0");
  EXPECT_LT(NowNs() - start_ns, 10'000'000'000u) << "it does not wait out its time";
  EXPECT_EQ(read.size(), written + 4);
  EXPECT_EQ(read.substr(read.size() - 4), " EOF");
}

TEST_P(TcpContract, AResetEndsALingeringClose) {
  const Pair pair = Connect();
  SetLinger(pair.here, 1, 30);
  (void)Fill(pair.here);
  const uint64_t start_ns = NowNs();
  EXPECT_EQ(Meanwhile([&] { return sys().close(pair.here); }, [&] { EXPECT_EQ(Abort(pair.peer), "0"); }), "0");
  EXPECT_LT(NowNs() - start_ns, 10'000'000'000u);
}

}  // namespace
}  // namespace lastack
