#include "mocks/interposition.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"
#include "mocks/deadlock_fails_test.h"
#include "mocks/mock_sys.h"

namespace lastack {
namespace {

using ::testing::_;
using ::testing::HasSubstr;
using ::testing::NiceMock;

constexpr uint16_t kPort = 8080;

void Echo(FakePeer& peer) {
  peer.OnData([](FakePeer& peer, const std::string& data) { peer.Send(data); });
  peer.OnEnd([](FakePeer& peer) { peer.Close(); });
}

sockaddr_in Address() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(kPort);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int Connected() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = Address();
  EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0) << errno;
  return fd;
}

int64_t NowMs() {
  timespec now;
  EXPECT_EQ(::clock_gettime(CLOCK_MONOTONIC, &now), 0);
  return now.tv_sec * int64_t{1000} + now.tv_nsec / 1'000'000;
}

class InterpositionTest : public ::testing::Test {
 protected:
  InterpositionTest() { network_.OnConnect(kPort, Echo); }

  FakeNetwork network_;
};

TEST_F(InterpositionTest, TakesTheCallsOfThisProgram) { EXPECT_EQ(ScopedInterposition::SelfTest(), ""); }

TEST_F(InterpositionTest, SocketsAreFakeInTheScopeOnly) {
  {
    ScopedInterposition scope(network_);
    const int fd = Connected();
    EXPECT_TRUE(network_.Owns(fd));
    EXPECT_EQ(::write(fd, "hello", 5), 5);
    char data[8];
    EXPECT_EQ(::read(fd, data, sizeof(data)), 5);
    EXPECT_EQ(::shutdown(fd, SHUT_WR), 0);
    EXPECT_EQ(::read(fd, data, sizeof(data)), 0);
    EXPECT_EQ(::close(fd), 0);
    EXPECT_EQ(network_.open_descriptors(), 0) << network_.Timeline();
    EXPECT_EQ(::close(fd), -1);
    EXPECT_EQ(errno, EBADF);
  }
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_FALSE(network_.Owns(fd));
  EXPECT_EQ(::close(fd), 0);
}

TEST_F(InterpositionTest, OtherDescriptorsPassThrough) {
  ScopedInterposition scope(network_);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  EXPECT_EQ(::write(ends[1], "x", 1), 1);
  char byte;
  EXPECT_EQ(::read(ends[0], &byte, 1), 1);
  const int datagrams = ::socket(AF_INET, SOCK_DGRAM, 0);
  EXPECT_FALSE(network_.Owns(datagrams));
  for (const int fd : {ends[0], ends[1], datagrams}) EXPECT_EQ(::close(fd), 0);
}

TEST_F(InterpositionTest, ScriptedResultsReachTheCaller) {
  NiceMock<MockSys> sys(network_);
  EXPECT_CALL(sys, close(_)).WillOnce(ReturnErrno(EINTR)).WillRepeatedly([this](int fd) { return network_.close(fd); });
  ScopedInterposition scope(sys, network_);
  const int fd = Connected();
  EXPECT_EQ(::close(fd), -1);
  EXPECT_EQ(errno, EINTR);
  EXPECT_EQ(::close(fd), 0);
}

TEST_F(InterpositionTest, CallsByNumberAndFortifiedAndCopiedDescriptors) {
  ScopedInterposition scope(network_);
  const int fd = Connected();
  EXPECT_EQ(::syscall(SYS_write, fd, "hello", size_t{5}), 5);
  int waiting = 0;
  EXPECT_EQ(::ioctl(fd, FIONREAD, &waiting), 0);
  EXPECT_EQ(waiting, 5);
  const int copy = ::dup(fd);
  const int high = ::fcntl(fd, F_DUPFD_CLOEXEC, 300);
  EXPECT_GE(high, 300);
  const int pipe_like = ::eventfd(0, 0);
  EXPECT_EQ(::dup2(fd, pipe_like), pipe_like);
  EXPECT_TRUE(network_.Owns(pipe_like));
  EXPECT_EQ(::syscall(SYS_close, fd), 0);
  char data[8];
  EXPECT_EQ(::recv(copy, data, sizeof(data), 0), 5);
  EXPECT_EQ(::dup2(STDERR_FILENO, copy), copy);
  EXPECT_FALSE(network_.Owns(copy));
  EXPECT_EQ(network_.open_descriptors(), 2);
  for (const int each : {copy, high, pipe_like}) EXPECT_EQ(::close(each), 0);
  EXPECT_EQ(network_.open_descriptors(), 0);
}

TEST_F(InterpositionTest, SweepsCloseFakesAndRealOnes) {
  ScopedInterposition scope(network_);
  const int fd = Connected(), real = ::eventfd(0, 0), timer = ::timerfd_create(CLOCK_MONOTONIC, 0), last = Connected();
  ASSERT_LT(fd, last);
  EXPECT_EQ(::close_range(static_cast<unsigned>(fd), static_cast<unsigned>(last), 0), 0);
  EXPECT_EQ(network_.open_descriptors(), 0);
  itimerspec left;
  EXPECT_EQ(::timerfd_gettime(timer, &left), -1);
  for (const int each : {real, timer}) {
    EXPECT_EQ(::close(each), -1);
    EXPECT_EQ(errno, EBADF);
  }
  const int again = Connected();  // the scope's own descriptors are still there
  EXPECT_TRUE(network_.Owns(again));
  ::closefrom(again);
  EXPECT_EQ(network_.open_descriptors(), 0);
  EXPECT_TRUE(network_.Owns(Connected()));
}

TEST_F(InterpositionTest, WhatIsNotInterposedFailsLoudly) {
  ScopedInterposition scope(network_);
  const int fd = Connected();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  EXPECT_EQ(::splice(fd, nullptr, ends[1], nullptr, 10, 0), -1);
  EXPECT_EQ(errno, EINVAL);
  char byte;
  EXPECT_EQ(::pread(fd, &byte, 1, 0), -1);
  for (const int each : {fd, ends[0], ends[1]}) EXPECT_EQ(::close(each), 0);
}

// --- Time.

TEST_F(InterpositionTest, AnHourPassesInNoTime) {
  const auto start = std::chrono::steady_clock::now();
  {
    ScopedInterposition scope(network_);
    const int64_t before = NowMs();
    const time_t wall = ::time(nullptr);
    ::sleep(3600);
    std::this_thread::sleep_for(std::chrono::hours(1));
    EXPECT_EQ(NowMs() - before, 2 * 3600 * 1000);
    EXPECT_NEAR(static_cast<double>(::time(nullptr) - wall), 7200, 1);
    EXPECT_EQ(::poll(nullptr, 0, 1000), 0);
    timeval timeout = {1, 0};
    EXPECT_EQ(::select(0, nullptr, nullptr, nullptr, &timeout), 0);
    EXPECT_EQ(NowMs() - before, 7'202'000);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST_F(InterpositionTest, ARealClockIsTheKernels) {
  ScopedInterposition scope(network_, {InterposedClock::kReal});
  const int64_t before = NowMs();
  ::usleep(20'000);
  EXPECT_GE(NowMs() - before, 20);
  EXPECT_LT(NowMs() - before, 60'000);
}

TEST_F(InterpositionTest, ABlockingCallWaitsReallyForARealClock) {
  FakeOptions slow;
  slow.latency = absl::Milliseconds(10);
  FakeNetwork network(slow);
  network.OnConnect(kPort, Echo);
  ScopedInterposition scope(network, {InterposedClock::kReal});
  const int64_t before = NowMs();
  const int fd = Connected();
  EXPECT_EQ(::write(fd, "hello", 5), 5);
  char data[8];
  EXPECT_EQ(::read(fd, data, sizeof(data)), 5);
  EXPECT_GE(NowMs() - before, 39);  // two ways each
  const int epoll = ::epoll_create1(0);
  epoll_event event = {EPOLLIN, {}};
  ASSERT_EQ(::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
  EXPECT_EQ(::write(fd, "again", 5), 5);
  EXPECT_EQ(::epoll_wait(epoll, &event, 1, 60'000), 1);
  EXPECT_EQ(::epoll_wait(epoll, &event, 1, 0), 1);
  for (const int each : {fd, epoll}) EXPECT_EQ(::close(each), 0);
}

TEST_F(InterpositionTest, ACopyOfATimerIsTheSameTimer) {
  ScopedInterposition scope(network_);
  const int timer = ::timerfd_create(CLOCK_REALTIME, 0);
  timespec now;
  ASSERT_EQ(::clock_gettime(CLOCK_REALTIME, &now), 0);
  const itimerspec at = {{0, 0}, {now.tv_sec + 60, now.tv_nsec}};
  ASSERT_EQ(::timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, nullptr), 0);
  const int copy = ::dup(timer);
  EXPECT_EQ(::close(timer), 0);
  const int64_t before = NowMs();
  uint64_t times = 0;
  EXPECT_EQ(::read(copy, &times, sizeof(times)), 8);
  EXPECT_EQ(times, 1u);
  EXPECT_EQ(NowMs() - before, 60'000);
  EXPECT_EQ(::close(copy), 0);
}

TEST_F(InterpositionTest, TimersExpireInVirtualTime) {
  ScopedInterposition scope(network_);
  const int timer = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  const itimerspec every = {{600, 0}, {3600, 0}};
  ASSERT_EQ(::timerfd_settime(timer, 0, &every, nullptr), 0);
  itimerspec left;
  ASSERT_EQ(::timerfd_gettime(timer, &left), 0);
  EXPECT_EQ(left.it_value.tv_sec, 3600);
  uint64_t times = 0;
  EXPECT_EQ(::read(timer, &times, sizeof(times)), 8);  // blocks for an hour
  EXPECT_EQ(times, 1u);
  ::sleep(1800);
  pollfd expired = {timer, POLLIN, 0};
  EXPECT_EQ(::poll(&expired, 1, 0), 1);
  EXPECT_EQ(::read(timer, &times, sizeof(times)), 8);
  EXPECT_EQ(times, 3u);
  EXPECT_EQ(::close(timer), 0);
}

// --- Waiting.

class WaitTest : public InterpositionTest {};

TEST_F(WaitTest, PollTellsOfFakesAndRealOnesTogether) {
  ScopedInterposition scope(network_);
  const int fd = Connected();
  const int real = ::eventfd(1, 0);
  EXPECT_EQ(::write(fd, "hello", 5), 5);
  pollfd fds[] = {{fd, POLLIN, 0}, {-1, POLLIN, 7}, {real, POLLIN, 0}};
  EXPECT_EQ(::poll(fds, 3, -1), 2);
  EXPECT_EQ(fds[0].revents, POLLIN);
  EXPECT_EQ(fds[1].revents, 0);
  EXPECT_EQ(fds[2].revents, POLLIN);
  fd_set reading;
  FD_ZERO(&reading);
  FD_SET(fd, &reading);
  FD_SET(real, &reading);
  EXPECT_EQ(::select(std::max(fd, real) + 1, &reading, nullptr, nullptr, nullptr), 2);
  for (const int each : {fd, real}) EXPECT_EQ(::close(each), 0);
}

TEST_F(WaitTest, EpollTellsOfFakesAndRealOnesTogether) {
  ScopedInterposition scope(network_);
  const int fd = Connected(), real = ::eventfd(1, 0), epoll = ::epoll_create1(0);
  epoll_event fake_event = {EPOLLIN | EPOLLET, {.u64 = 1}}, real_event = {EPOLLIN, {.u64 = 2}};
  ASSERT_EQ(::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &fake_event), 0);
  ASSERT_EQ(::epoll_ctl(epoll, EPOLL_CTL_ADD, real, &real_event), 0);
  EXPECT_EQ(::write(fd, "hello", 5), 5);
  epoll_event events[4];
  EXPECT_EQ(::epoll_wait(epoll, events, 4, -1), 2);
  EXPECT_EQ(events[0].data.u64 + events[1].data.u64, 3u);
  EXPECT_EQ(::epoll_wait(epoll, events, 4, -1), 1) << "the edge was told";
  EXPECT_EQ(uint64_t{events[0].data.u64}, 2u);  // packed: no reference to it
  EXPECT_EQ(::write(fd, "again", 5), 5);
  EXPECT_EQ(::epoll_wait(epoll, events, 4, -1), 2);
  pollfd nested = {epoll, POLLIN, 0};
  EXPECT_EQ(::poll(&nested, 1, 0), 1);
  for (const int each : {fd, real, epoll}) EXPECT_EQ(::close(each), 0);
}

TEST_F(WaitTest, ATimeoutIsKeptToTheMillisecond) {
  ScopedInterposition scope(network_);
  const int fd = Connected(), real = ::eventfd(0, 0), epoll = ::epoll_create1(0);
  epoll_event event = {EPOLLIN, {}};
  ASSERT_EQ(::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
  ASSERT_EQ(::epoll_ctl(epoll, EPOLL_CTL_ADD, real, &event), 0);
  const int64_t before = NowMs();
  EXPECT_EQ(::epoll_wait(epoll, &event, 1, 1234), 0);
  EXPECT_EQ(NowMs() - before, 1234);
  pollfd fds[] = {{fd, POLLIN, 0}, {real, POLLIN, 0}};
  EXPECT_EQ(::poll(fds, 2, 1000), 0);
  EXPECT_EQ(NowMs() - before, 2234);
  for (const int each : {fd, real, epoll}) EXPECT_EQ(::close(each), 0);
}

TEST_F(WaitTest, EveryKindOfWaitKeepsItsTimeout) {
  ScopedInterposition scope(network_);
  const int fd = Connected(), real = ::eventfd(0, 0), epoll = ::epoll_create(1), copy = ::dup(epoll);
  epoll_event event = {EPOLLIN, {}};
  ASSERT_EQ(::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
  ASSERT_EQ(::epoll_ctl(copy, EPOLL_CTL_ADD, real, &event), 0);
  pollfd fds[] = {{fd, POLLIN, 0}, {real, POLLIN, 0}};
  const auto reading = [&] {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(fd, &set);
    FD_SET(real, &set);
    return set;
  };
  const timespec second = {1, 0};
  const std::function<int()> waits[] = {
      [&] { return ::ppoll(fds, 2, &second, nullptr); },
      [&] {
        fd_set set = reading();
        timeval timeout = {1, 0};
        return ::select(std::max(fd, real) + 1, &set, nullptr, nullptr, &timeout);
      },
      [&] {
        fd_set set = reading();
        return ::pselect(std::max(fd, real) + 1, &set, nullptr, nullptr, &second, nullptr);
      },
      [&] { return ::epoll_pwait(copy, &event, 1, 1000, nullptr); },
      [&] { return ::epoll_pwait2(epoll, &event, 1, &second, nullptr); },
      [&] { return static_cast<int>(::syscall(SYS_epoll_pwait, epoll, &event, 1, 1000, nullptr, size_t{8})); },
  };
  int64_t before = NowMs();
  for (const auto& wait : waits) {
    EXPECT_EQ(wait(), 0);
    EXPECT_EQ(NowMs() - before, 1000);
    before = NowMs();
  }
  EXPECT_EQ(::write(fd, "hello", 5), 5);
  for (const auto& wait : waits) EXPECT_EQ(wait(), 1);
  EXPECT_EQ(NowMs(), before);
  const uint64_t one = 1;
  EXPECT_EQ(::write(real, &one, sizeof(one)), 8);
  for (const int each : {epoll, copy}) {
    epoll_event both[2];
    EXPECT_EQ(::epoll_wait(each, both, 2, -1), 2);
  }
  for (const int each : {fd, real, epoll, copy}) EXPECT_EQ(::close(each), 0);
}

TEST_F(WaitTest, AnEpollDescriptorFromBeforeTheScopeRefusesFakes) {
  const int epoll = ::epoll_create1(0);
  {
    ScopedInterposition scope(network_);
    const int fd = Connected();
    epoll_event event = {EPOLLIN, {}};
    EXPECT_EQ(::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), -1);
    EXPECT_EQ(errno, EPERM);
    EXPECT_EQ(::close(fd), 0);
  }
  EXPECT_EQ(::close(epoll), 0);
}

// Before the tests that have threads: one that was joined may be there for a moment longer.
TEST_F(WaitTest, AWaitForWhatNobodyElseCanWakeFailsAtOnce) {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
  GTEST_SKIP() << "the sanitizer has a thread of its own";
#endif
#endif
  ScopedInterposition scope(network_, {InterposedClock::kVirtual, absl::Hours(1)});
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const int fd = Connected(), real = ::eventfd(0, 0), epoll = ::epoll_create1(0);
  epoll_event event = {EPOLLIN, {}};
  for (const int each : {fd, real, ends[0]}) ASSERT_EQ(::epoll_ctl(epoll, EPOLL_CTL_ADD, each, &event), 0);
  EXPECT_NONFATAL_FAILURE(EXPECT_THROW((void)::epoll_wait(epoll, &event, 1, -1), WaitsForEver), "nobody else is there");
  for (const int each : {fd, real, epoll, ends[0], ends[1]}) EXPECT_EQ(::close(each), 0);
}

TEST_F(WaitTest, AnotherThreadsWorkEndsARealWait) {
  ScopedInterposition scope(network_);
  const int fd = Connected(), real = ::eventfd(0, 0);
  std::thread other([=] {
    const uint64_t one = 1;
    EXPECT_EQ(::write(real, &one, sizeof(one)), 8);
  });
  pollfd fds[] = {{fd, POLLIN, 0}, {real, POLLIN, 0}};
  EXPECT_EQ(::poll(fds, 2, -1), 1);
  other.join();
  uint64_t times;
  EXPECT_EQ(::read(real, &times, sizeof(times)), 8);
  std::thread writer([=] { EXPECT_EQ(::write(fd, "hello", 5), 5); });
  EXPECT_EQ(::poll(fds, 2, -1), 1);  // the bell
  EXPECT_EQ(fds[0].revents, POLLIN);
  writer.join();
  for (const int each : {fd, real}) EXPECT_EQ(::close(each), 0);
}

TEST_F(WaitTest, AWaitThatCannotEndFailsTheTestWithTheTimeline) {
  ScopedInterposition scope(network_);
  const int fd = Connected(), real = ::eventfd(0, 0), epoll = ::epoll_create1(0);
  epoll_event event = {EPOLLIN, {}};
  ASSERT_EQ(::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
  pollfd fds[] = {{fd, POLLIN, 0}, {real, POLLIN, 0}};
  EXPECT_NONFATAL_FAILURE(EXPECT_EQ(::poll(fds, 1, -1), -1), "poll waits for ever");
  EXPECT_EQ(errno, EDEADLK);
  EXPECT_NONFATAL_FAILURE(EXPECT_EQ(::poll(nullptr, 0, -1), -1), "no real descriptor is watched");
  EXPECT_EQ(errno, EDEADLK);
  EXPECT_NONFATAL_FAILURE(EXPECT_THROW((void)::epoll_wait(epoll, &event, 1, -1), WaitsForEver), "is watched");
  ASSERT_EQ(::epoll_ctl(epoll, EPOLL_CTL_ADD, real, &event), 0);
  char byte;
  EXPECT_NONFATAL_FAILURE(EXPECT_EQ(::read(fd, &byte, 1), -1), "connect(");
  for (const int each : {fd, real, epoll}) EXPECT_EQ(::close(each), 0);
}

TEST_F(WaitTest, WhatALoopIsEndedByDoesNotRepeatTheTimeline) {
  ScopedInterposition scope(network_);
  const int fd = Connected(), epoll = ::epoll_create1(0);
  epoll_event event = {EPOLLIN, {}};
  ASSERT_EQ(::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
  std::string what;
  const auto wait = [&] {
    try {
      (void)::epoll_wait(epoll, &event, 1, -1);
    } catch (const WaitsForEver& error) {
      what = error.what();
    }
  };
  EXPECT_NONFATAL_FAILURE(wait(), "connect(");
  EXPECT_EQ(what, "epoll_wait waits for ever, as the failure before this one says");
  for (const int each : {fd, epoll}) EXPECT_EQ(::close(each), 0);
}

TEST_F(WaitTest, PatienceWithOthersEnds) {
  ScopedInterposition scope(network_, {InterposedClock::kVirtual, absl::Milliseconds(10)});
  const int fd = Connected(), real = ::socket(AF_INET, SOCK_DGRAM, 0);
  pollfd fds[] = {{fd, POLLIN, 0}, {real, POLLIN, 0}};
  EXPECT_NONFATAL_FAILURE(EXPECT_EQ(::poll(fds, 2, -1), -1), "nobody woke it in 10ms");
  for (const int each : {fd, real}) EXPECT_EQ(::close(each), 0);
}

// --- Misuse.

using InterpositionDeathTest = InterpositionTest;

TEST_F(InterpositionDeathTest, ScopesAreNotNested) {
  ScopedInterposition scope(network_);
  FakeNetwork other;
  EXPECT_DEATH(ScopedInterposition{other}, "scopes cannot be nested");
}

TEST_F(InterpositionDeathTest, TheNetworkStartsWithoutDescriptors) {
  ASSERT_TRUE(network_.socket(AF_INET, SOCK_STREAM, 0).ok());
  EXPECT_DEATH(ScopedInterposition{network_}, "open descriptors already");
}

}  // namespace
}  // namespace lastack
