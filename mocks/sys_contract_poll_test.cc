// Contract: readiness.
#include <errno.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include "mocks/sys_contract.h"

namespace lastack {
namespace {

constexpr short kIn = POLLIN | POLLRDNORM, kOut = POLLOUT | POLLWRNORM;
constexpr short kAll = kIn | kOut | POLLRDHUP | POLLPRI;  // AF_UNIX alone says POLLWRBAND

TEST_P(SysContract, PollTellsWhatIsTrue) {
  const Pair pair = Connect();
  EXPECT_EQ(Now(pair.here, kAll), kOut);
  EXPECT_EQ(Send(pair.peer, "x"), "1");
  (void)Await(pair.here, POLLIN);
  EXPECT_EQ(Now(pair.here, kAll), kIn | kOut);
  EXPECT_EQ(Now(pair.here, POLLOUT), POLLOUT) << "only what was asked";
  EXPECT_EQ(Recv(pair.here), "x");
  EXPECT_EQ(Now(pair.here, kAll), kOut);
  EXPECT_EQ(Shut(pair.peer, SHUT_WR), "0");
  (void)Await(pair.here, POLLIN);
  EXPECT_EQ(Now(pair.here, kAll), kIn | kOut | POLLRDHUP);
  EXPECT_EQ(Shut(pair.here, SHUT_WR), "0");
  EXPECT_EQ(Await(pair.here, 0), POLLHUP);
  EXPECT_EQ(Now(pair.here, kAll), kIn | kOut | POLLRDHUP | POLLHUP);
}

TEST_P(TcpContract, PollAfterReset) {
  const Pair pair = Connect();
  Abort(pair.peer);
  EXPECT_EQ(Await(pair.here, 0), POLLERR | POLLHUP);
  EXPECT_EQ(Now(pair.here, kAll), kIn | kOut | POLLRDHUP | POLLHUP | POLLERR);
  EXPECT_EQ(Error(pair.here), "ECONNRESET");
  EXPECT_EQ(Now(pair.here, kAll), kIn | kOut | POLLRDHUP | POLLHUP);
}

TEST_P(SysContract, PollAfterOwnShutdown) {
  const Pair one = Connect(), other = Connect();
  EXPECT_EQ(Shut(one.here, SHUT_RD), "0");
  EXPECT_EQ(Now(one.here, kAll), kIn | kOut | POLLRDHUP);
  EXPECT_EQ(Shut(other.here, SHUT_WR), "0");
  EXPECT_EQ(Now(other.here, kAll), kOut);
}

TEST_P(SysContract, PollArguments) {
  const Pair pair = Connect();
  pollfd entries[] = {{-1, POLLIN, 99}, {pair.here, POLLIN, 99}, {1 << 20, POLLIN, 99}};
  EXPECT_EQ(Word(sys().poll(entries, 3, 0)), "1");
  EXPECT_EQ(entries[0].revents, 0);
  EXPECT_EQ(entries[1].revents, 0);
  EXPECT_EQ(entries[2].revents, POLLNVAL);
  EXPECT_EQ(Word(sys().poll(nullptr, 1, 0)), "EFAULT");
  EXPECT_EQ(Word(sys().poll(nullptr, 0, 0)), "0");
  if (!kArgumentsAreRead) {
    EXPECT_EQ(Word(sys().poll(entries, static_cast<nfds_t>(-1), 0)), "EINVAL");
  }
  const timespec bad = {0, 1'000'000'000}, now = {0, 0};
  EXPECT_EQ(Word(sys().ppoll(entries, 2, &bad, nullptr)), "EINVAL");
  EXPECT_EQ(Word(sys().ppoll(entries, 2, &now, nullptr)), "0");
  EXPECT_EQ(Word(sys().poll(entries, 2, 1)), "0") << "time passes";
}

TEST_P(TcpContract, ListenerIsReadableWhileSomebodyWaits) {
  Name name;
  const int listener = Listener(4, &name);
  EXPECT_EQ(Now(listener, kAll), 0);
  EXPECT_EQ(Word(sys().connect(TcpSocket(), name.get(), name.length)), "0");
  (void)Await(listener, POLLIN);
  EXPECT_EQ(Now(listener, kAll), kIn);
  EXPECT_GE(Own(static_cast<int>(sys().accept(listener, nullptr, nullptr).value)), 0);
  EXPECT_EQ(Now(listener, kAll), 0);
}

TEST_P(SysContract, Select) {
  const Pair pair = Connect();
  fd_set in, out;
  timeval at_once = {0, 0};
  const auto choose = [&](int fd) {
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(fd, &in);
    FD_SET(fd, &out);
  };
  choose(pair.here);
  EXPECT_EQ(Word(sys().select(pair.here + 1, &in, &out, nullptr, &at_once)), "1");
  EXPECT_FALSE(FD_ISSET(pair.here, &in));
  EXPECT_TRUE(FD_ISSET(pair.here, &out));
  EXPECT_EQ(Close(pair.peer), "0");
  (void)Await(pair.here, POLLIN);
  choose(pair.here);
  EXPECT_EQ(Word(sys().select(pair.here + 1, &in, &out, nullptr, nullptr)), "2");
  choose(pair.peer);
  EXPECT_EQ(Word(sys().select(pair.peer + 1, &in, &out, nullptr, &at_once)), "EBADF");
  EXPECT_EQ(Word(sys().select(-1, nullptr, nullptr, nullptr, &at_once)), "EINVAL");
  timeval negative = {-1, 0};
  EXPECT_EQ(Word(sys().select(0, nullptr, nullptr, nullptr, &negative)), "EINVAL");
}

class Epoll : public SysContract {
 protected:
  int Create() { return Own(static_cast<int>(sys().epoll_create1(EPOLL_CLOEXEC).value)); }
  std::string Ctl(int set, int operation, int fd, uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    return Word(sys().epoll_ctl(set, operation, fd, &event));
  }
  // The events of the only descriptor that has some, 0 if none has; -1 for more.
  int64_t Wait(int set, int timeout_ms = 0) {
    epoll_event events[4];
    const SysResult told = sys().epoll_wait(set, events, 4, timeout_ms);
    return told.value == 0 ? 0 : told.value == 1 ? static_cast<int64_t>(events[0].events) : -1;
  }
};
INSTANTIATE_TEST_SUITE_P(On, Epoll, ::testing::ValuesIn(AllParams()), ContractName);

TEST_P(Epoll, LevelTriggeredTellsAgain) {
  const Pair pair = Connect();
  const int set = Create();
  EXPECT_EQ(Ctl(set, EPOLL_CTL_ADD, pair.here, EPOLLIN), "0");
  EXPECT_EQ(Wait(set), 0);
  EXPECT_EQ(Send(pair.peer, "x"), "1");
  EXPECT_EQ(Wait(set, 1000), EPOLLIN);
  EXPECT_EQ(Wait(set), EPOLLIN);
  EXPECT_EQ(Recv(pair.here), "x");
  EXPECT_EQ(Wait(set), 0);
}

TEST_P(Epoll, EdgeTriggeredTellsOnce) {
  const Pair pair = Connect();
  const int set = Create();
  EXPECT_EQ(Ctl(set, EPOLL_CTL_ADD, pair.here, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET), "0");
  EXPECT_EQ(Wait(set), EPOLLOUT);
  EXPECT_EQ(Wait(set), 0);
  EXPECT_EQ(Send(pair.peer, "x"), "1");
  EXPECT_EQ(Wait(set, 1000), EPOLLIN | EPOLLOUT);
  EXPECT_EQ(Wait(set), 0) << "although it is still readable";
  EXPECT_EQ(Send(pair.peer, "y"), "1");
  EXPECT_EQ(Wait(set, 1000), EPOLLIN | EPOLLOUT);
  EXPECT_EQ(Shut(pair.peer, SHUT_WR), "0");
  EXPECT_EQ(Wait(set, 1000), EPOLLIN | EPOLLOUT | EPOLLRDHUP);
  EXPECT_EQ(Wait(set), 0);
}

TEST_P(Epoll, EdgeTriggeredTellsOfSpace) {
  const Pair pair = Connect();
  const int set = Create();
  EXPECT_EQ(Ctl(set, EPOLL_CTL_ADD, pair.here, EPOLLOUT | EPOLLET), "0");
  EXPECT_EQ(Wait(set), EPOLLOUT);
  const size_t written = Fill(pair.here);
  (void)Wait(set);
  EXPECT_EQ(Wait(set), 0);
  for (size_t got = 0; got < written && Now(pair.peer, POLLIN) != 0;) got += Recv(pair.peer).size();
  EXPECT_EQ(Wait(set, 1000), EPOLLOUT);
}

TEST_P(Epoll, OneShotIsArmedAgainByModify) {
  const Pair pair = Connect();
  const int set = Create();
  EXPECT_EQ(Ctl(set, EPOLL_CTL_ADD, pair.here, EPOLLOUT | EPOLLONESHOT), "0");
  EXPECT_EQ(Wait(set), EPOLLOUT);
  EXPECT_EQ(Wait(set), 0);
  EXPECT_EQ(Ctl(set, EPOLL_CTL_MOD, pair.here, EPOLLOUT | EPOLLONESHOT), "0");
  EXPECT_EQ(Wait(set), EPOLLOUT);
}

TEST_P(Epoll, ErrorsAndHangUpsNeedNotBeAsked) {
  const Pair pair = Connect();
  const int set = Create();
  EXPECT_EQ(Ctl(set, EPOLL_CTL_ADD, pair.here, 0), "0");
  EXPECT_EQ(Send(pair.here, "unread"), "6");
  (void)Await(pair.peer, POLLIN);
  EXPECT_EQ(Close(pair.peer), "0");
  EXPECT_EQ(Wait(set, 1000), EPOLLERR | EPOLLHUP);
}

TEST_P(Epoll, TheLastDescriptorTakesTheWatchWithIt) {
  const Pair pair = Connect();
  const int set = Create();
  EXPECT_EQ(Ctl(set, EPOLL_CTL_ADD, pair.here, EPOLLOUT), "0");
  const int copy = Own(static_cast<int>(sys().dup(pair.here).value));
  EXPECT_EQ(Close(pair.here), "0");
  EXPECT_EQ(Wait(set), EPOLLOUT) << "the description lives on in the copy";
  EXPECT_EQ(Close(copy), "0");
  EXPECT_EQ(Wait(set), 0);
}

TEST_P(Epoll, Arguments) {
  const Pair pair = Connect();
  const int set = Create();
  epoll_event event{};
  EXPECT_EQ(Ctl(set, EPOLL_CTL_MOD, pair.here, EPOLLIN), "ENOENT");
  EXPECT_EQ(Ctl(set, EPOLL_CTL_DEL, pair.here, 0), "ENOENT");
  EXPECT_EQ(Ctl(set, EPOLL_CTL_ADD, pair.here, EPOLLIN), "0");
  EXPECT_EQ(Ctl(set, EPOLL_CTL_ADD, pair.here, EPOLLIN), "EEXIST");
  EXPECT_EQ(Ctl(set, 9, pair.here, EPOLLIN), "EINVAL");
  EXPECT_EQ(Ctl(set, EPOLL_CTL_ADD, set, EPOLLIN), "EINVAL");
  EXPECT_EQ(Ctl(pair.here, EPOLL_CTL_ADD, pair.peer, EPOLLIN), "EINVAL");
  EXPECT_EQ(Ctl(set, EPOLL_CTL_ADD, -1, EPOLLIN), "EBADF");
  EXPECT_EQ(Word(sys().epoll_ctl(set, EPOLL_CTL_ADD, pair.peer, nullptr)), "EFAULT");
  EXPECT_EQ(Word(sys().epoll_ctl(set, EPOLL_CTL_DEL, pair.here, nullptr)), "0");
  EXPECT_EQ(Word(sys().epoll_wait(set, &event, 0, 0)), "EINVAL");
  EXPECT_EQ(Word(sys().epoll_wait(pair.here, &event, 1, 0)), "EINVAL");
  EXPECT_EQ(Word(sys().epoll_wait(-1, &event, 1, 0)), "EBADF");
  EXPECT_EQ(Word(sys().epoll_create1(0x1)), "EINVAL");
  EXPECT_EQ(Word(sys().epoll_create(0)), "EINVAL");
  EXPECT_EQ(Send(set, "x"), "ENOTSOCK");
  EXPECT_EQ(Word(sys().read(set, &event, 1)), "EINVAL");
  EXPECT_EQ(Now(set, POLLIN), 0);
}

}  // namespace
}  // namespace lastack
