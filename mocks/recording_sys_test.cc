// What a RecordingSys writes of each kind of call, and how it carries out faults, where the catalog's cases do not
// come.
#include "mocks/recording_sys.h"

#include <errno.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>

#include <memory>
#include <string>
#include <vector>

#include "harness/plan/parse.h"
#include "harness/trace/ledger.h"
#include "mocks/fake_network.h"

namespace lastack {
namespace {

constexpr uint16_t kPort = 8080;

sockaddr_in Server() {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(kPort);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

FakeOptions Recording() {
  FakeOptions options;
  options.signals = FakeSignals::kRecord;
  return options;
}

class RecordingSysTest : public testing::Test {
 protected:
  RecordingSysTest() : network_(Recording()) {
    network_.OnConnect(kPort, [](FakePeer& peer) {
      peer.OnData([](FakePeer& peer, const std::string& data) { peer.Send(data); });  // an echo
    });
    Plan({});
  }

  // Starts anew.
  void Plan(const std::vector<std::string>& rules) {
    sys_ = std::make_unique<RecordingSys>(
        network_, ParsePlan(rules).value(),
        RecordingSys::Hooks{.now = [this] { return static_cast<uint64_t>(network_.now_ns()) + ++readings_; },
                            .reset =
                                [this](int fd) {
                                  network_.ResetPeerOf(fd);
                                  return true;
                                },
                            .delay = [this](uint64_t us) { network_.Settle(absl::Microseconds(us)); },
                            .acted = [](bool) {}});
    sys_->CheckIn();
  }

  int Connected() {
    const int fd = static_cast<int>(sys_->socket(AF_INET, SOCK_STREAM, 0).value);
    const sockaddr_in server = Server();
    EXPECT_TRUE(sys_->connect(fd, reinterpret_cast<const sockaddr*>(&server), sizeof(server)).ok());
    before_ = sys_->trace().events.size();
    return fd;
  }

  const Event& Last() const { return sys_->trace().events.back().event; }

  FakeNetwork network_;
  uint64_t readings_ = 0;
  std::unique_ptr<RecordingSys> sys_;
  size_t before_ = 0;  // events, up to the connection
};

TEST_F(RecordingSysTest, CutsVectorsAndMessagesShort) {
  Plan({"writev,sendmsg,recvmsg,read,write,sendto:effect=partial=3"});
  const int fd = Connected();
  char first[] = "ab", second[] = "cdef";
  iovec parts[] = {{first, 2}, {second, 4}};
  msghdr message = {};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  EXPECT_EQ(sys_->writev(fd, parts, 2), (SysResult{3, 0}));
  EXPECT_EQ(sys_->sendmsg(fd, &message, MSG_NOSIGNAL), (SysResult{3, 0}));
  EXPECT_EQ(sys_->write(fd, "xyz!", 4), (SysResult{3, 0}));
  EXPECT_EQ(sys_->sendto(fd, "123456", 6, MSG_NOSIGNAL, nullptr, 0), (SysResult{3, 0}));
  char got[2][2] = {};
  iovec places[] = {{got[0], 2}, {got[1], 2}};
  message.msg_iov = places;
  message.msg_flags = MSG_EOR;
  EXPECT_EQ(sys_->recvmsg(fd, &message, 0), (SysResult{3, 0}));
  EXPECT_EQ(message.msg_flags & MSG_EOR, 0) << "the header is the caller's";
  EXPECT_EQ(message.msg_iov, places);
  EXPECT_EQ(std::string(got[0], 2) + got[1][0], "abc");
  EXPECT_EQ(Last().a, 4u) << "what was asked for";
  EXPECT_EQ(Last().substitute, 3u);
  char rest[16] = {};
  EXPECT_EQ(sys_->read(fd, rest, sizeof(rest)), (SysResult{3, 0}));
  EXPECT_EQ(sys_->recv(fd, rest + 3, sizeof(rest) - 3, 0), (SysResult{6, 0}));
  EXPECT_STREQ(rest, "abcxyz123");
}

TEST_F(RecordingSysTest, FollowsCopies) {
  const int fd = Connected();
  const int copy = static_cast<int>(sys_->dup(fd).value);
  const int other = static_cast<int>(sys_->fcntl(fd, F_DUPFD_CLOEXEC, 20).value);
  EXPECT_EQ(other, 20);
  EXPECT_EQ(sys_->dup2(copy, other), (SysResult{20, 0}));
  EXPECT_EQ(sys_->dup2(copy, copy), (SysResult{copy, 0}));
  for (const int one : {fd, copy}) EXPECT_TRUE(sys_->close(one).ok());
  const Ledger before = Ledger::Of(sys_->trace());
  ASSERT_EQ(before.sockets.size(), 1u);
  EXPECT_FALSE(before.sockets.front().closed());
  EXPECT_TRUE(sys_->close(other).ok());
  EXPECT_EQ(sys_->close(other).error, EBADF);
  const Ledger ledger = Ledger::Of(sys_->trace());
  EXPECT_TRUE(ledger.sockets.front().closed());
  EXPECT_EQ(ledger.sockets.front().descriptors.size(), 4u);
  EXPECT_TRUE(ledger.blind_spots.empty()) << ledger.blind_spots.front();
}

TEST_F(RecordingSysTest, LeftOpenAtTheExit) {
  const int fd = Connected();
  EXPECT_TRUE(sys_->send(fd, "hello", 5, MSG_NOSIGNAL).ok());
  int pair[2];
  EXPECT_TRUE(sys_->socketpair(AF_UNIX, SOCK_STREAM, 0, pair).ok());
  sys_->Exit();
  EXPECT_EQ(network_.open_descriptors(), 0);
  EXPECT_EQ(Last().kind, EventKind::kExit);
  EXPECT_EQ(Last().result, 3);
  const Ledger ledger = Ledger::Of(sys_->trace());
  ASSERT_EQ(ledger.sockets.size(), 3u);
  EXPECT_EQ(ledger.sockets[0].descriptors.front().fate, Fate::kLeftToExit);
  EXPECT_EQ(ledger.sockets[1].kind, SocketKind::kUnix);
  const size_t events = sys_->trace().events.size();
  EXPECT_EQ(sys_->close(fd).error, EBADF);
  EXPECT_EQ(sys_->trace().events.size(), events) << "who has exited makes no calls";
}

TEST_F(RecordingSysTest, AnswersForADecoyAsForAClosedNumber) {
  Plan({"close:fd=tcp:when=1:effect=decoy:error=EINTR"});
  const int fd = Connected();
  EXPECT_EQ(sys_->close(fd), (SysResult{-1, EINTR}));
  EXPECT_EQ(network_.FindSocket(fd), nullptr);
  EXPECT_TRUE(network_.Owns(fd)) << "the number is taken";
  pollfd entry = {fd, POLLIN, 0};
  EXPECT_EQ(sys_->poll(&entry, 1, -1), (SysResult{1, 0}));
  EXPECT_EQ(entry.revents, POLLNVAL);
  EXPECT_EQ(sys_->send(fd, "x", 1, MSG_NOSIGNAL).error, EBADF);
  EXPECT_EQ(Last().flags, kOnDecoy);
  const int next = Connected();
  EXPECT_NE(next, fd);
  EXPECT_EQ(sys_->close(fd).error, EBADF);
  EXPECT_FALSE(network_.Owns(fd));
  EXPECT_EQ(Last().flags, kOnDecoy);
  EXPECT_EQ(sys_->close(next).error, EINTR) << "the first close of another socket, and no decoy stands any more";
}

TEST_F(RecordingSysTest, PlantsADecoyWhereAConnectFailedIfTheRuleSaysSo) {
  for (const bool attempted : {false, true}) {
    Plan({attempted ? "close:fd=tcp:when=1:after=attempted:effect=decoy" : "close:fd=tcp:when=1:effect=decoy"});
    const int fd = static_cast<int>(sys_->socket(AF_INET, SOCK_STREAM, 0).value);
    sockaddr_in nobody = Server();
    nobody.sin_port = htons(kPort + 1);
    EXPECT_EQ(sys_->connect(fd, reinterpret_cast<const sockaddr*>(&nobody), sizeof(nobody)).error, ECONNREFUSED);
    EXPECT_TRUE(sys_->close(fd).ok());
    EXPECT_EQ(network_.Owns(fd), attempted);
  }
}

TEST_F(RecordingSysTest, FailsWaits) {
  Plan({"poll,select:fd=tcp:when=1:error=EINTR", "epoll_wait:when=2:error=EINTR"});
  const int fd = Connected();
  pollfd entry = {fd, POLLOUT, 0};
  EXPECT_EQ(sys_->poll(&entry, 1, 0), (SysResult{1, 0})) << "it only looks, and counts nowhere";
  EXPECT_EQ(sys_->poll(&entry, 1, -1).error, EINTR);
  EXPECT_EQ(sys_->poll(&entry, 1, -1), (SysResult{1, 0}));
  EXPECT_EQ(Last().substitute, static_cast<uint32_t>(POLLOUT));
  EXPECT_EQ(Last().fd, fd);
  fd_set writing;
  FD_ZERO(&writing);
  FD_SET(fd, &writing);
  EXPECT_EQ(sys_->select(fd + 1, nullptr, &writing, nullptr, nullptr), (SysResult{1, 0}));
  EXPECT_EQ(Last().substitute, static_cast<uint32_t>(POLLOUT));
  const int epoll = static_cast<int>(sys_->epoll_create1(0).value);
  epoll_event event = {};
  event.events = EPOLLOUT;
  EXPECT_TRUE(sys_->epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event).ok());
  EXPECT_EQ(sys_->epoll_wait(epoll, &event, 1, 0), (SysResult{1, 0}));  // it only looks
  EXPECT_EQ(sys_->epoll_wait(epoll, &event, 1, -1), (SysResult{1, 0}));
  EXPECT_EQ(sys_->epoll_wait(epoll, &event, 1, -1).error, EINTR);
  EXPECT_EQ(sys_->epoll_wait(epoll, &event, 1, -1), (SysResult{1, 0}));
}

TEST_F(RecordingSysTest, CountsTheMakingOfSocketsInTheProcess) {
  Plan({"socket:when=2:error=EMFILE", "accept,accept4:when=1:error=ECONNABORTED",
        "shutdown:after=reset:error=ENOTCONN"});
  EXPECT_TRUE(sys_->socket(AF_INET, SOCK_STREAM, 0).ok());
  EXPECT_EQ(sys_->socket(AF_INET, SOCK_STREAM, 0).error, EMFILE);
  const int listener = static_cast<int>(sys_->socket(AF_INET, SOCK_STREAM, 0).value);
  EXPECT_TRUE(sys_->listen(listener, 5).ok());
  network_.ConnectTo(network_.FindSocket(listener)->local.port);
  EXPECT_EQ(sys_->accept4(listener, nullptr, nullptr, 0).error, ECONNABORTED);
  const int accepted = static_cast<int>(sys_->accept4(listener, nullptr, nullptr, 0).value);
  EXPECT_GE(accepted, 0) << "the fault took nothing from the queue";
  EXPECT_EQ(Last().kind, EventKind::kOpen);
  EXPECT_NE(Last().result, 0) << "the client's port";
  network_.ResetPeerOf(accepted);
  char byte;
  EXPECT_EQ(sys_->recv(accepted, &byte, 1, 0).error, ECONNRESET);
  EXPECT_EQ(sys_->shutdown(accepted, SHUT_WR).error, ENOTCONN);
  EXPECT_EQ(Last().fault, 2) << "after the reset only";
}

TEST_F(RecordingSysTest, SigpipeEndsTheProcessWhereItWould) {
  Plan({"send:when=2:error=EPIPE"});
  const int fd = Connected();
  EXPECT_TRUE(sys_->send(fd, "x", 1, 0).ok());
  signal(SIGPIPE, SIG_IGN);
  EXPECT_EQ(sys_->send(fd, "x", 1, 0).error, EPIPE);
  signal(SIGPIPE, SIG_DFL);
  EXPECT_FALSE(sys_->dead());
  network_.ResetPeerOf(fd);
  EXPECT_EQ(sys_->send(fd, "x", 1, 0).error, ECONNRESET);
  EXPECT_EQ(sys_->send(fd, "x", 1, MSG_NOSIGNAL).error, EPIPE);
  EXPECT_FALSE(sys_->dead());
  EXPECT_EQ(sys_->send(fd, "x", 1, 0).error, EBADF);
  EXPECT_EQ(sys_->died_by(), SIGPIPE);
  EXPECT_EQ(Last().kind, EventKind::kInFlight) << "it did not return";
  EXPECT_EQ(network_.open_descriptors(), 0);
}

TEST_F(RecordingSysTest, AResetThatWasReportedLeavesABrokenPipe) {
  Plan({"send:when=1:effect=reset:error=EPIPE"});
  const int fd = Connected();
  signal(SIGPIPE, SIG_IGN);
  EXPECT_EQ(sys_->send(fd, "x", 1, 0).error, EPIPE);
  signal(SIGPIPE, SIG_DFL);
  EXPECT_EQ(Last().fault, 0);
  char byte;
  EXPECT_EQ(sys_->recv(fd, &byte, 1, 0).value, 0) << "nothing is left to report";
}

TEST_F(RecordingSysTest, TellsWhatItCouldNotKeep) {
  const int fd = Connected();
  for (size_t i = 0; i < RecordingSys::kMostEvents; ++i) (void)sys_->getsockname(fd, nullptr, nullptr);
  EXPECT_EQ(sys_->trace().events.size(), RecordingSys::kMostEvents);
  EXPECT_EQ(sys_->trace().lost_events, before_) << "the events before them";
  EXPECT_FALSE(Ledger::Of(sys_->trace()).blind_spots.empty());
}

}  // namespace
}  // namespace lastack
