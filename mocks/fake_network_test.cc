// What only the fake has: virtual time, scripted peers, other processes, the document's personality, deadlocks. What it
// has in common with the kernel is in sys_contract_*_test.cc.
#include "mocks/fake_network.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"

namespace lastack {
namespace {

using ::testing::HasSubstr;

FakeOptions With(absl::Duration latency, FakePersonality personality = FakePersonality::kLinux) {
  FakeOptions options;
  options.signals = FakeSignals::kRecord;
  options.latency = latency;
  options.personality = personality;
  return options;
}

sockaddr_in AddressOf(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int Connect(FakeProcess& process, uint16_t port) {
  const sockaddr_in address = AddressOf(port);
  const int fd = static_cast<int>(process.socket(AF_INET, SOCK_STREAM, 0).value);
  const SysResult connected = process.connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  EXPECT_TRUE(connected.ok()) << connected.error;
  return fd;
}

struct Ends {
  int here = -1, peer = -1, listener = -1;
};

Ends ConnectBoth(FakeNetwork& network, uint16_t port = 7000) {
  Ends ends;
  const sockaddr_in address = AddressOf(port);
  ends.listener = static_cast<int>(network.socket(AF_INET, SOCK_STREAM, 0).value);
  EXPECT_TRUE(network.bind(ends.listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)).ok());
  EXPECT_TRUE(network.listen(ends.listener, 8).ok());
  ends.here = Connect(network, port);
  ends.peer = static_cast<int>(network.accept(ends.listener, nullptr, nullptr).value);
  return ends;
}

std::string Receive(FakeProcess& process, int fd, int flags = 0) {
  char buffer[4096];
  const SysResult got = process.recv(fd, buffer, sizeof(buffer), flags);
  if (!got.ok()) return "errno " + std::to_string(got.error);
  return got.value == 0 ? "EOF" : std::string(buffer, static_cast<size_t>(got.value));
}

void SetLinger(FakeProcess& process, int fd, int seconds) {
  const linger value = {1, seconds};
  EXPECT_TRUE(process.setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, sizeof(value)).ok());
}

size_t Fill(FakeProcess& process, int fd) {
  const std::string data(4096, 'x');
  size_t total = 0;
  while (true) {
    const SysResult sent = process.send(fd, data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (!sent.ok()) return total;
    total += static_cast<size_t>(sent.value);
  }
}

size_t Drain(FakeProcess& process, int fd, std::string* end) {
  size_t total = 0;
  while (true) {
    *end = Receive(process, fd);
    if (*end == "EOF" || end->substr(0, 5) == "errno") return total;
    total += end->size();
  }
}

// --- The closing states, one by one, seen while segments are on their way.

TEST(FakeNetworkStates, ActiveAndPassiveClose) {
  FakeNetwork network(With(absl::Milliseconds(10)));
  const Ends ends = ConnectBoth(network);
  ASSERT_TRUE(network.shutdown(ends.here, SHUT_WR).ok());
  EXPECT_EQ(network.State(ends.here), TcpState::kFinWait1);
  network.Settle();
  EXPECT_EQ(network.State(ends.here), TcpState::kFinWait2);
  EXPECT_EQ(network.State(ends.peer), TcpState::kCloseWait);
  ASSERT_TRUE(network.shutdown(ends.peer, SHUT_WR).ok());
  EXPECT_EQ(network.State(ends.peer), TcpState::kLastAck);
  network.Settle();
  EXPECT_EQ(network.State(ends.here), TcpState::kTimeWait);
  EXPECT_EQ(network.State(ends.peer), TcpState::kClose);
  (void)network.poll(nullptr, 0, 60'000);
  EXPECT_EQ(network.State(ends.here), TcpState::kClose);
}

TEST(FakeNetworkStates, SimultaneousClose) {
  FakeNetwork network(With(absl::Milliseconds(10)));
  const Ends ends = ConnectBoth(network);
  network.Settle();
  ASSERT_TRUE(network.shutdown(ends.here, SHUT_WR).ok());
  ASSERT_TRUE(network.shutdown(ends.peer, SHUT_WR).ok());
  EXPECT_TRUE(network.Advance());  // both FINs arrive at the same moment
  EXPECT_EQ(network.State(ends.here), TcpState::kClosing);
  EXPECT_EQ(network.State(ends.peer), TcpState::kClosing);
  network.Settle();
  EXPECT_EQ(network.State(ends.here), TcpState::kTimeWait);
  EXPECT_EQ(network.State(ends.peer), TcpState::kTimeWait);
}

TEST(FakeNetworkStates, OrphanInFinWait2EndsAndAnswersDataWithReset) {
  FakeNetwork network(With(absl::ZeroDuration()));
  const Ends ends = ConnectBoth(network);
  ASSERT_TRUE(network.close(ends.here).ok());
  EXPECT_EQ(network.State(ends.peer), TcpState::kCloseWait);
  EXPECT_EQ(network.send(ends.peer, "x", 1, MSG_NOSIGNAL), (SysResult{1, 0}));
  EXPECT_EQ(network.State(ends.peer), TcpState::kClose);

  const size_t before = network.sockets();
  const int other = Connect(network, 7000);
  const int other_peer = static_cast<int>(network.accept(ends.listener, nullptr, nullptr).value);
  ASSERT_TRUE(network.close(other).ok());
  EXPECT_EQ(network.sockets(), before + 2) << "the closed end waits for the peer's FIN";
  (void)network.poll(nullptr, 0, 61'000);
  EXPECT_EQ(network.sockets(), before + 1);
  EXPECT_TRUE(network.close(other_peer).ok());
}

TEST(FakeNetworkStates, RowsAndSegmentsOutliveTheSocket) {
  FakeNetwork network(With(absl::ZeroDuration()));
  const Ends ends = ConnectBoth(network);
  sockaddr_storage here{}, peer{};
  socklen_t length = sizeof(here);
  ASSERT_TRUE(network.getsockname(ends.here, reinterpret_cast<sockaddr*>(&here), &length).ok());
  ASSERT_TRUE(network.getpeername(ends.here, reinterpret_cast<sockaddr*>(&peer), &length).ok());
  const auto& local = reinterpret_cast<const sockaddr&>(here);
  const auto& remote = reinterpret_cast<const sockaddr&>(peer);
  ASSERT_TRUE(network.close(ends.here).ok());
  EXPECT_EQ(network.Row(local, remote)->state, TcpState::kFinWait2);
  ASSERT_TRUE(network.close(ends.peer).ok());
  EXPECT_EQ(network.Row(local, remote)->state, TcpState::kTimeWait);
  EXPECT_FALSE(network.Row(remote, local).has_value());
  EXPECT_EQ(network.Sent(local, remote)->fin, 1U);
  EXPECT_EQ(network.Sent(remote, local)->fin, 1U);
  EXPECT_EQ(network.Sent(remote, local)->rst, 0U);
}

// --- Virtual time.

TEST(FakeNetworkTime, LatencyTakesVirtualTime) {
  FakeNetwork network(With(absl::Milliseconds(10)));
  const Ends ends = ConnectBoth(network);
  EXPECT_EQ(network.now_ns(), 30'000'000) << "SYN, SYN ACK, ACK";
  ASSERT_TRUE(network.send(ends.here, "x", 1, 0).ok());
  EXPECT_EQ(Receive(network, ends.peer, MSG_DONTWAIT), "errno " + std::to_string(EAGAIN));
  EXPECT_EQ(Receive(network, ends.peer), "x");
  EXPECT_EQ(network.now_ns(), 40'000'000);
}

TEST(FakeNetworkTime, RateBoundsWhatArrives) {
  FakeOptions options = With(absl::ZeroDuration());
  options.bytes_per_second = 1'000'000;
  FakeNetwork network(options);
  const Ends ends = ConnectBoth(network);
  const int64_t start_ns = network.now_ns();
  ASSERT_TRUE(network.send(ends.here, std::string(50'000, 'x').data(), 50'000, 0).ok());
  (void)Receive(network, ends.peer);
  EXPECT_EQ(network.now_ns() - start_ns, 50'000'000);
}

TEST(FakeNetworkTime, JitterKeepsTheOrderAndFollowsTheSeed) {
  const auto run = [](uint64_t seed) {
    FakeOptions options = With(absl::Milliseconds(1));
    options.jitter = absl::Milliseconds(5);
    options.seed = seed;
    FakeNetwork network(options);
    const Ends ends = ConnectBoth(network);
    for (const char* word : {"1", "2", "3", "4"}) (void)network.send(ends.here, word, 1, 0);
    (void)network.shutdown(ends.here, SHUT_WR);
    std::string all, end;
    while ((end = Receive(network, ends.peer)) != "EOF") all += end;
    EXPECT_EQ(all, "1234");
    return network.now_ns();
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

TEST(FakeNetworkTime, PollTimesOutInVirtualTime) {
  FakeNetwork network(With(absl::ZeroDuration()));
  const Ends ends = ConnectBoth(network);
  pollfd entry = {ends.here, POLLIN, 0};
  EXPECT_EQ(network.poll(&entry, 1, 3'600'000), (SysResult{0, 0}));
  EXPECT_EQ(network.now_ns(), 3'600'000'000'000);
}

TEST(FakeNetworkTime, ReceiveTimeout) {
  FakeNetwork network(With(absl::ZeroDuration()));
  const Ends ends = ConnectBoth(network);
  const timeval patience = {2, 0};
  ASSERT_TRUE(network.setsockopt(ends.here, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)).ok());
  EXPECT_EQ(Receive(network, ends.here), "errno " + std::to_string(EAGAIN));
  EXPECT_EQ(network.now_ns(), 2'000'000'000);
}

// --- Deadlocks.

TEST(FakeNetworkDeadlock, BlockingCallThatCannotEndFailsTheTest) {
  FakeNetwork network(With(absl::ZeroDuration()));
  const Ends ends = ConnectBoth(network);
  SysResult result{0, 0};
  char byte;
  EXPECT_NONFATAL_FAILURE((result = network.recv(ends.here, &byte, 1, 0)), "recv waits for ever");
  EXPECT_EQ(result, (SysResult{-1, EDEADLK}));
  pollfd entry = {ends.here, POLLIN, 0};
  EXPECT_NONFATAL_FAILURE((result = network.poll(&entry, 1, -1)), "SYN ACK");
  EXPECT_NONFATAL_FAILURE((result = network.accept(ends.listener, nullptr, nullptr)), "accept waits for ever");
}

// --- Scripted peers.

TEST(FakeNetworkPeer, ServesABlockingClient) {
  FakeNetwork network(With(absl::Milliseconds(1)));
  network.OnConnect(80, [](FakePeer& server) {
    server.OnData([](FakePeer& peer, const std::string& request) { peer.Send("got " + request); });
    server.OnEnd([](FakePeer& peer) { peer.Close(); });
  });
  const int fd = Connect(network, 80);
  ASSERT_TRUE(network.send(fd, "this", 4, 0).ok());
  EXPECT_EQ(Receive(network, fd), "got this");
  ASSERT_TRUE(network.shutdown(fd, SHUT_WR).ok());
  EXPECT_EQ(Receive(network, fd), "EOF");
}

TEST(FakeNetworkPeer, ActsAtItsTime) {
  FakeNetwork network(With(absl::ZeroDuration()));
  network.OnConnect(80, [](FakePeer& server) { server.After(absl::Seconds(5), [](FakePeer& peer) { peer.Reset(); }); });
  const int fd = Connect(network, 80);
  EXPECT_EQ(Receive(network, fd), "errno " + std::to_string(ECONNRESET));
  EXPECT_EQ(network.now_ns(), 5'000'000'000);
}

TEST(FakeNetworkPeer, ThatDoesNotReadResetsWhenItCloses) {
  FakeNetwork network(With(absl::ZeroDuration()));
  network.OnConnect(80, [](FakePeer& server) {
    server.DoNotRead();
    server.After(absl::Seconds(1), [](FakePeer& peer) { peer.Close(); });
  });
  const int fd = Connect(network, 80);
  ASSERT_TRUE(network.send(fd, "unread", 6, 0).ok());
  EXPECT_EQ(Receive(network, fd), "errno " + std::to_string(ECONNRESET));
}

TEST(FakeNetworkPeer, SendsMoreThanQueuesHold) {
  FakeNetwork network(With(absl::ZeroDuration()));
  network.OnConnect(80, [](FakePeer& server) {
    server.Send(std::string(2'000'000, 'x'));
    server.Finish();
  });
  const int fd = Connect(network, 80);
  std::string end;
  EXPECT_EQ(Drain(network, fd, &end), 2'000'000U);
  EXPECT_EQ(end, "EOF");
}

TEST(FakeNetworkPeer, ConnectsToAServer) {
  FakeNetwork network(With(absl::ZeroDuration()));
  const Ends ends = ConnectBoth(network);
  FakePeer& client = network.ConnectTo(7000);
  client.Send("hello");
  const int accepted = static_cast<int>(network.accept(ends.listener, nullptr, nullptr).value);
  EXPECT_EQ(Receive(network, accepted), "hello");
  bool reset_seen = false;
  client.OnReset([&](FakePeer&) { reset_seen = true; });
  SetLinger(network, accepted, 0);
  ASSERT_TRUE(network.close(accepted).ok());
  EXPECT_TRUE(reset_seen);
}

// --- Processes.

TEST(FakeNetworkProcess, ForkedCopyKeepsTheConnection) {
  FakeNetwork network(With(absl::ZeroDuration()));
  const Ends ends = ConnectBoth(network);
  const std::unique_ptr<FakeProcess> child = network.Fork();
  ASSERT_TRUE(network.close(ends.here).ok());
  EXPECT_EQ(network.State(ends.peer), TcpState::kEstablished);
  ASSERT_TRUE(child->shutdown(ends.here, SHUT_WR).ok());
  EXPECT_EQ(network.State(ends.peer), TcpState::kCloseWait);
  child->Exit();
  EXPECT_FALSE(child->Owns(ends.here));
}

TEST(FakeNetworkProcess, ExitDoesNotLinger) {
  FakeNetwork network(With(absl::ZeroDuration()));
  const Ends ends = ConnectBoth(network);
  std::unique_ptr<FakeProcess> child = network.Fork();
  ASSERT_TRUE(network.close(ends.here).ok());
  SetLinger(*child, ends.here, 10);
  const size_t written = Fill(*child, ends.here);
  child->Exit();
  EXPECT_EQ(network.now_ns(), 0);
  ASSERT_TRUE(network.close(ends.listener).ok());
  std::string end;
  EXPECT_EQ(Drain(network, ends.peer, &end), written);
  EXPECT_EQ(end, "EOF");
}

TEST(FakeNetworkProcess, DescriptorsRunOut) {
  FakeOptions options = With(absl::ZeroDuration());
  options.max_descriptors = 8;
  FakeNetwork network(options);
  SysResult made{};
  while ((made = network.socket(AF_INET, SOCK_STREAM, 0)).ok()) {
  }
  EXPECT_EQ(made.error, EMFILE);
  EXPECT_EQ(network.open_descriptors(), 5);
  ASSERT_TRUE(network.close(5).ok());
  EXPECT_EQ(network.socket(AF_INET, SOCK_STREAM, 0), (SysResult{5, 0}));
}

// Numbers from elsewhere, as those need that mix fake and real descriptors.
class FromHundred : public FakeNumbers {
 public:
  int Take(int at_least) override { return std::max(next_++, at_least); }
  bool TakeExactly(int) override { return true; }
  void Give(int fd) override { given.push_back(fd); }
  std::vector<int> given;

 private:
  int next_ = 100;
};

TEST(FakeNetworkProcess, NumbersAndReadinessForWhoMixesDescriptors) {
  FakeNetwork network(With(absl::ZeroDuration()));
  FromHundred numbers;
  network.SetNumbers(&numbers);
  const Ends ends = ConnectBoth(network);
  EXPECT_EQ(ends.listener, 100);
  EXPECT_TRUE(network.Owns(ends.here));
  EXPECT_FALSE(network.Owns(3));
  const FakeReadiness before = network.Readiness(ends.here);
  EXPECT_EQ(before.events & POLLIN, 0U);
  ASSERT_TRUE(network.send(ends.peer, "x", 1, 0).ok());
  const FakeReadiness after = network.Readiness(ends.here);
  EXPECT_NE(after.events & POLLIN, 0U);
  EXPECT_NE(after.generation, before.generation);
  EXPECT_EQ(network.Readiness(ends.here).generation, after.generation);
  ASSERT_TRUE(network.close(ends.here).ok());
  EXPECT_EQ(numbers.given, std::vector<int>{ends.here});
  network.SetNumbers(nullptr);
}

// --- The signal.

TEST(FakeNetworkSignal, SigpipeIsCounted) {
  FakeNetwork network(With(absl::ZeroDuration()));
  const Ends ends = ConnectBoth(network);
  ASSERT_TRUE(network.shutdown(ends.here, SHUT_WR).ok());
  EXPECT_EQ(network.send(ends.here, "x", 1, MSG_NOSIGNAL), (SysResult{-1, EPIPE}));
  EXPECT_EQ(network.sigpipes(), 0U);
  EXPECT_EQ(network.write(ends.here, "x", 1), (SysResult{-1, EPIPE}));
  EXPECT_EQ(network.sigpipes(), 1U);
  EXPECT_THAT(network.Timeline(), HasSubstr("SIGPIPE"));
}

TEST(FakeNetworkSignalDeathTest, SigpipeIsRaisedByDefault) {
  EXPECT_EXIT(
      {
        FakeNetwork network;
        const int fd = static_cast<int>(network.socket(AF_INET, SOCK_STREAM, 0).value);
        (void)network.write(fd, "x", 1);
        _exit(0);
      },
      ::testing::KilledBySignal(SIGPIPE), "");
}

// --- The document's personality, where it is not Linux.

struct Document : public ::testing::Test {
  FakeNetwork network{With(absl::ZeroDuration(), FakePersonality::kDocument)};
  Ends ends = ConnectBoth(network);
  std::string end;
};

TEST_F(Document, CloseWithUnreadDataIsGraceful) {
  ASSERT_TRUE(network.send(ends.peer, "unread", 6, 0).ok());
  const size_t written = Fill(network, ends.here);
  ASSERT_TRUE(network.close(ends.here).ok());
  EXPECT_EQ(Drain(network, ends.peer, &end), written);
  EXPECT_EQ(end, "EOF");
}

TEST_F(Document, LingerTimeoutResets) {
  SetLinger(network, ends.here, 1);
  const size_t written = Fill(network, ends.here);
  ASSERT_TRUE(network.close(ends.here).ok());
  EXPECT_EQ(network.now_ns(), 1'000'000'000);
  EXPECT_LT(Drain(network, ends.peer, &end), written);
  EXPECT_EQ(end, "errno " + std::to_string(ECONNRESET));
}

TEST_F(Document, CloseOfACopyEndsTheConnection) {
  const int copy = static_cast<int>(network.dup(ends.here).value);
  ASSERT_TRUE(network.close(ends.here).ok());
  EXPECT_EQ(network.State(ends.peer), TcpState::kCloseWait);
  EXPECT_EQ(network.send(copy, "x", 1, MSG_NOSIGNAL), (SysResult{-1, EBADF}));
  EXPECT_TRUE(network.close(copy).ok());
}

TEST_F(Document, PassiveCloserKeepsTimeWaitToo) {
  ASSERT_TRUE(network.shutdown(ends.here, SHUT_WR).ok());
  ASSERT_TRUE(network.shutdown(ends.peer, SHUT_WR).ok());
  EXPECT_EQ(network.State(ends.here), TcpState::kTimeWait);
  EXPECT_EQ(network.State(ends.peer), TcpState::kTimeWait);
}

TEST_F(Document, ShutRdThrowsAwayWhatComes) {
  ASSERT_TRUE(network.shutdown(ends.here, SHUT_RD).ok());
  EXPECT_TRUE(network.send(ends.peer, "late", 4, 0).ok());
  EXPECT_EQ(Receive(network, ends.here), "EOF");
}

TEST_F(Document, ClosedListenerEndsWhoWaitsGracefully) {
  const int waits = Connect(network, 7000);
  ASSERT_TRUE(network.close(ends.listener).ok());
  EXPECT_EQ(Receive(network, waits), "EOF");
}

TEST_F(Document, CloseGivesBackTheMemoryAtOnce) {
  const size_t written = Fill(network, ends.here);
  const size_t before = network.sockets();
  ASSERT_TRUE(network.close(ends.here).ok());
  EXPECT_EQ(network.stack().Row(network.FindSocket(ends.peer)->remote, network.FindSocket(ends.peer)->local)->unsent,
            0U);
  EXPECT_EQ(network.sockets(), before);
  EXPECT_EQ(Drain(network, ends.peer, &end), written);
}

// --- The timeline.

TEST(FakeNetworkTimeline, CallsHaveNamesWherePeopleHaveThem) {
  FakeNetwork network(With(absl::ZeroDuration()));
  const int fd = static_cast<int>(network.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0).value);
  const linger abort = {.l_onoff = 1, .l_linger = 0};
  ASSERT_TRUE(network.setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort)).ok());
  EXPECT_FALSE(network.shutdown(fd, SHUT_RDWR).ok());
  EXPECT_FALSE(network.send(fd, "x", 1, MSG_NOSIGNAL).ok());
  ASSERT_TRUE(network.fcntl(fd, F_GETFL, 0).ok());
  ASSERT_TRUE(network.fcntl(fd, F_SETFL, O_RDWR).ok());
  ASSERT_TRUE(network.close(fd).ok());
  for (const char* line :
       {"socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK) = 3\n", "setsockopt(3, SOL_SOCKET, SO_LINGER) = 0\n",
        "shutdown(3, SHUT_RDWR) = ENOTCONN\n", "send(3, 1, MSG_NOSIGNAL) = EPIPE\n",
        "fcntl(3, F_GETFL) = O_RDWR|O_NONBLOCK\n", "fcntl(3, F_SETFL, O_RDWR) = 0\n", "close(3) = 0\n"}) {
    EXPECT_THAT(network.Timeline(), HasSubstr(line));
  }
}

TEST(FakeNetworkTimeline, ShowsCallsAndSegmentsAndForgetsTheOldest) {
  FakeOptions options = With(absl::ZeroDuration());
  options.timeline_entries = 4;
  FakeNetwork network(options);
  const Ends ends = ConnectBoth(network);
  ASSERT_TRUE(network.shutdown(ends.here, SHUT_WR).ok());
  EXPECT_THAT(network.Timeline(), HasSubstr("> 7000  FIN\n        0 us  shutdown("));
  EXPECT_THAT(network.Timeline(), HasSubstr("earlier entries are gone"));
}

}  // namespace
}  // namespace lastack
