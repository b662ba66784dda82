#include "harness/trace/event_text.h"

#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>

#include <random>
#include <string>

#include "harness/trace/trace_builder.h"

namespace lastack {
namespace {

using ::testing::StartsWith;

constexpr uint64_t kSocket = 1001;

std::string Text(const Event& event) { return DescribeEvent({event, 100, 100, 0, 0}); }

// A call on descriptor 5 that has returned 0.
Event Returned(Call call, uint64_t a = 0, uint64_t b = 0, int64_t result = 0) {
  TraceBuilder run;
  Event event = run.Made(call, 5, kSocket, result);
  event.a = a;
  event.b = b;
  return event;
}

uint64_t Option(int level, int option) { return static_cast<uint64_t>(level) << 32 | static_cast<uint64_t>(option); }

struct TextCase {
  Event event;
  std::string text;
};

class CallTextTest : public testing::TestWithParam<TextCase> {};

TEST_P(CallTextTest, ReadsLikeStrace) { EXPECT_EQ(Text(GetParam().event), GetParam().text); }

INSTANTIATE_TEST_SUITE_P(
    Setup, CallTextTest,
    testing::ValuesIn<TextCase>(
        {TextCase{Returned(Call::bind, LoopbackAddress(80)), "bind(5, 127.0.0.1:80) = 0"},
         TextCase{Returned(Call::bind, uint64_t{AF_UNIX} << 48), "bind(5, AF_UNIX) = 0"},
         TextCase{Returned(Call::connect, LoopbackAddress(65535)), "connect(5, 127.0.0.1:65535) = 0"},
         TextCase{Returned(Call::connect, LoopbackAddress(80), 40000),
                  "connect(5, 127.0.0.1:80) = 0  [from port 40000]"},
         TextCase{Returned(Call::connect, uint64_t{AF_INET6} << 48 | uint64_t{443} << 32),
                  "connect(5, AF_INET6 port 443) = 0"},
         TextCase{Returned(Call::listen, 128), "listen(5, 128) = 0"},
         TextCase{Returned(Call::accept, 0, 0, 6), "accept(5) = 6"},
         TextCase{Returned(Call::accept4, SOCK_NONBLOCK | SOCK_CLOEXEC, 0, 6),
                  "accept4(5, SOCK_NONBLOCK|SOCK_CLOEXEC) = 6"},
         TextCase{Returned(Call::setsockopt, Option(SOL_SOCKET, SO_LINGER), 1),
                  "setsockopt(5, SOL_SOCKET, SO_LINGER, {1, 0}) = 0"},
         TextCase{Returned(Call::setsockopt, Option(SOL_SOCKET, SO_LINGER), uint64_t{10} << 32 | 1),
                  "setsockopt(5, SOL_SOCKET, SO_LINGER, {1, 10}) = 0"},
         TextCase{Returned(Call::setsockopt, Option(SOL_SOCKET, SO_RCVTIMEO), 3),
                  "setsockopt(5, SOL_SOCKET, SO_RCVTIMEO, {3 s, ...}) = 0"},
         TextCase{Returned(Call::setsockopt, Option(IPPROTO_TCP, TCP_NODELAY), 1),
                  "setsockopt(5, IPPROTO_TCP, TCP_NODELAY, 1) = 0"},
         TextCase{Returned(Call::setsockopt, Option(IPPROTO_TCP, TCP_NODELAY), 0, -1),
                  "setsockopt(5, IPPROTO_TCP, TCP_NODELAY, ...) = -1"},
         TextCase{Returned(Call::getsockopt, Option(SOL_SOCKET, SO_ERROR)), "getsockopt(5, SOL_SOCKET, SO_ERROR) = 0"},
         TextCase{Returned(Call::getsockopt, Option(250, 77)), "getsockopt(5, 250, 77) = 0"},
         TextCase{Returned(Call::fcntl, F_SETFL, O_RDWR | O_NONBLOCK), "fcntl(5, F_SETFL, O_RDWR|O_NONBLOCK) = 0"},
         TextCase{Returned(Call::fcntl, F_GETFL, 0, 2), "fcntl(5, F_GETFL) = 2"},
         TextCase{Returned(Call::fcntl, F_SETFD, FD_CLOEXEC), "fcntl(5, F_SETFD, FD_CLOEXEC) = 0"},
         TextCase{Returned(Call::fcntl, F_DUPFD, 10, 10), "fcntl(5, F_DUPFD, 10) = 10"},
         TextCase{Returned(Call::ioctl, 0x541B), "ioctl(5, FIONREAD) = 0"},
         TextCase{Returned(Call::ioctl, 0x9999), "ioctl(5, 0x9999) = 0"},
         TextCase{Returned(Call::epoll_ctl, EPOLL_CTL_ADD, 4), "epoll_ctl(5, EPOLL_CTL_ADD, epoll 4) = 0"}}));

INSTANTIATE_TEST_SUITE_P(
    Transfers, CallTextTest,
    testing::ValuesIn<TextCase>(
        {TextCase{Returned(Call::send, 512, MSG_NOSIGNAL, 512), "send(5, 512 bytes, MSG_NOSIGNAL) = 512"},
         TextCase{Returned(Call::send, 1, 0, 1), "send(5, 1 byte) = 1"},
         TextCase{Returned(Call::recv, 4096, MSG_PEEK | MSG_DONTWAIT, 7),
                  "recv(5, 4096 bytes, MSG_PEEK|MSG_DONTWAIT) = 7"},
         TextCase{Returned(Call::recv, 4096, 0x00800000, 7), "recv(5, 4096 bytes, 0x800000) = 7"},
         TextCase{Returned(Call::sendmmsg, 3, 0, 3), "sendmmsg(5, 3 messages) = 3"},
         TextCase{Returned(Call::read, 4096), "read(5, 4096 bytes) = 0"},
         TextCase{Returned(Call::sendfile, 100, 7, 100), "sendfile(5, 7, 100 bytes) = 100"},
         TextCase{Returned(Call::poll, 1, 250, 1), "poll(5, 250 ms) = 1"},
         TextCase{Returned(Call::poll, 3, static_cast<uint64_t>(-1), 1), "poll(5, and 2 more) = 1"},
         TextCase{Returned(Call::epoll_wait, 64, 250, 1), "epoll_wait(5, 250 ms) = 1"}}));

INSTANTIATE_TEST_SUITE_P(
    Ends, CallTextTest,
    testing::ValuesIn<TextCase>(
        {TextCase{Returned(Call::shutdown, SHUT_WR), "shutdown(5, SHUT_WR) = 0"},
         TextCase{Returned(Call::shutdown, 7), "shutdown(5, 7) = 0"}, TextCase{Returned(Call::close), "close(5) = 0"},
         TextCase{Returned(Call::close, 100, 1), "close(5) = 0  [100 bytes unread, 1 byte unsent]"},
         TextCase{Returned(Call::close_range, UINT32_MAX), "close_range(5, ~0) = 0"},
         TextCase{Returned(Call::closefrom), "closefrom(5)"},
         TextCase{Returned(Call::dup2, 6, 0, 6), "dup2(5, 6) = 6"}}));

TEST(EventTextTest, CallsWithoutADescriptor) {
  TraceBuilder run;
  Event& exit = run.Made(Call::exit, -1, 0);
  exit.a = 3;
  EXPECT_EQ(Text(exit), "exit(3)");
  Event& ignore = run.Made(Call::sigaction, -1, 0);
  ignore.a = SIGPIPE;
  ignore.b = reinterpret_cast<uintptr_t>(SIG_IGN);
  EXPECT_EQ(Text(ignore), "sigaction(SIGPIPE, SIG_IGN) = 0");
  Event& failed = run.Made(Call::socket, -1, 0, -1, EMFILE);
  failed.a = SocketWord(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, SocketKind::kOther);
  EXPECT_EQ(Text(failed), "socket(AF_INET6, SOCK_DGRAM|SOCK_NONBLOCK) = -1 EMFILE");
  EXPECT_EQ(Text(run.Made(Call::fork, -1, 0, 101)), "fork() = 101");
}

TEST(EventTextTest, WhatWasInjectedIsMarked) {
  TraceBuilder run;
  Event& close = run.Injected(Call::close, 5, kSocket, Effect::kDecoy, EINTR);
  EXPECT_EQ(Text(close), "close(5) = -1 EINTR  [injected: decoy, posix]");
  Event& send = run.Injected(Call::send, 5, kSocket, Effect::kPartial, 0);
  send.a = 4096;
  send.result = 1;
  send.substitute = 1;
  send.realism = Realism::kKernel;
  EXPECT_EQ(Text(send), "send(5, 4096 bytes) = 1  [injected: partial=1, kernel]");
  Event& signal = run.Injected(Call::recv, 5, kSocket, Effect::kNone, 0);
  signal.a = 10;
  EXPECT_EQ(Text(signal), "recv(5, 10 bytes) = 0  [injected: a signal, posix]");
}

TEST(EventTextTest, WhatIsOddIsMarked) {
  TraceBuilder run;
  Event& close = run.Made(Call::close, 5, kSocket, -1, EBADF);
  close.flags = kOnDecoy;
  close.restarts = 2;
  EXPECT_EQ(Text(close), "close(5) = -1 EBADF  [on a decoy: the descriptor had been closed] [restarted 2 times]");
  Event& recv = run.InFlight(Call::recv, 5, kSocket);
  recv.a = 4096;
  EXPECT_EQ(Text(recv), "recv(5, 4096 bytes) (did not return)");
}

TEST(EventTextTest, OtherKinds) {
  TraceBuilder run;
  EXPECT_EQ(Text(run.Opened(Call::socket, 5, kSocket)), "socket(AF_INET, SOCK_STREAM) = 5");
  EXPECT_EQ(Text(run.Opened(Call::socketpair, 5, kSocket, kUnixWord)), "socketpair(AF_UNIX, SOCK_STREAM) made 5");
  Event& accepted = run.Opened(Call::accept, 6, kSocket, kTcpWord, 5);
  accepted.result = 40000;
  EXPECT_EQ(Text(accepted), "accept(5) = 6  [from port 40000]");
  EXPECT_EQ(Text(run.Opened(Call::dup, 6, kSocket, kTcpWord, 5)), "dup(5) = 6");
  EXPECT_EQ(Text(run.Opened(Call::recvmsg, 6, kSocket)), "recvmsg brought descriptor 6");
  Event& held = run.Opened(Call::dup, 6, kSocket, kTcpWord, 5);
  held.flags = kNumberWasHeld;
  EXPECT_EQ(Text(held), "dup(5) = 6  [the number was still taken to be open]");
  EXPECT_EQ(Text(run.Note(EventKind::kClosed, 5, kSocket, 7, Call::close_range)),
            "close_range closed 5  [7 bytes unread]");
  EXPECT_EQ(Text(run.Note(EventKind::kClosed, 5, kSocket, 0, Call::dup2)), "dup2 replaced 5");
  EXPECT_EQ(Text(run.Note(EventKind::kLeftOpen, 5, kSocket, 7)), "descriptor 5 is open at the exit  [7 bytes unread]");
  EXPECT_EQ(Text(run.Note(EventKind::kInherit, 5, kSocket, kTcpWord)), "holds descriptor 5 from before");
  EXPECT_EQ(Text(run.Note(EventKind::kVanished, 5, kSocket)), "descriptor 5 was closed in a way that was not seen");
  EXPECT_EQ(Text(run.Note(EventKind::kUnseen, 5, kSocket, kTcpWord)),
            "descriptor 5 is a socket that no call was seen to make");
  Event& check_in = run.Note(EventKind::kCheckIn);
  check_in.b = 1;
  EXPECT_EQ(Text(check_in), "the program starts");
  check_in.b = 2;
  EXPECT_EQ(Text(check_in), "the process was forked");
  Event& exit = run.Note(EventKind::kExit);
  EXPECT_EQ(Text(exit), "the process exits with no socket open");
  exit.result = 2;
  EXPECT_EQ(Text(exit), "the process exits with 2 sockets open");
}

// A row that is added to the call table gets a text, if a plain one.
TEST(EventTextTest, EveryCallHasAText) {
  for (size_t i = 0; i < kCallCount; ++i) {
    const Call call = static_cast<Call>(i);
    EXPECT_THAT(Text(Returned(call)), StartsWith(std::string(CallName(call)) + "(5"));
  }
}

TEST(EventTextTest, AnyBytesHaveAText) {
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    Event event;
    auto* bytes = reinterpret_cast<unsigned char*>(&event);
    for (size_t at = 0; at < sizeof(event); ++at) bytes[at] = static_cast<unsigned char>(random());
    if (i % 2 == 0) {
      event.kind = static_cast<EventKind>(1 + random() % 10);
      event.call = static_cast<Call>(random() % (kCallCount + 1));
      event.effect = Effect::kPartial;
      event.realism = Realism::kKernel;
      event.fault = 0;
    }
    ASSERT_FALSE(Text(event).empty());
    ASSERT_EQ(IsSound(event), Text(event) != "an event that cannot be read");
  }
}

}  // namespace
}  // namespace lastack
