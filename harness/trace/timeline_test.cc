#include "harness/trace/timeline.h"

#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "harness/trace/trace_builder.h"

namespace lastack {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr uint64_t kSocket = 1001;
constexpr uint64_t kOther = 1002;

std::string Timeline(const TraceBuilder& run) { return FormatTimeline(run.trace(), Ledger::Of(run.trace())); }

Event& Receive(TraceBuilder& run, int64_t result, int error = 0) {
  Event& event = run.Made(Call::recv, 5, kSocket, result, error);
  event.a = 4096;
  return event;
}

TEST(TimelineTest, TellsAConversation) {
  TraceBuilder run;
  run.Start();
  run.Socket(5, kSocket);
  run.Connect(5, kSocket, -1, EINPROGRESS);
  run.SetLinger(5, kSocket, 1, 0);
  Event& send = run.Made(Call::send, 5, kSocket, 512);
  send.a = 512;
  send.b = MSG_NOSIGNAL;
  for (int i = 0; i < 812; ++i) Receive(run, 1291);
  run.Made(Call::shutdown, 5, kSocket).a = SHUT_WR;
  run.Injected(Call::close, 5, kSocket, Effect::kDecoy, EINTR);
  run.Made(Call::close, 5, kSocket, -1, EBADF).flags = kOnDecoy;
  run.Exit();
  EXPECT_EQ(Timeline(run),
            "fd 5 of process 100: tcp, connected to 127.0.0.1:80 from port 40000, closed at 0.820 ms (a decoy took its "
            "number); SO_LINGER {1, 0}: its last close resets the connection\n"
            "     0.003 ms  socket(AF_INET, SOCK_STREAM)                 = 5\n"
            "     0.004 ms  connect(5, 127.0.0.1:80)                     = -1 EINPROGRESS  [from port 40000]\n"
            "     0.005 ms  setsockopt(5, SOL_SOCKET, SO_LINGER, {1, 0}) = 0\n"
            "     0.006 ms  send(5, 512 bytes, MSG_NOSIGNAL)             = 512\n"
            "     0.007 ms  recv × 812, 1,048,292 bytes, until 0.818 ms\n"
            "     0.819 ms  shutdown(5, SHUT_WR)                         = 0\n"
            "     0.820 ms  close(5)                                     = -1 EINTR  [injected: decoy, posix]\n"
            "     0.821 ms  close(5)                                     = -1 EBADF  [on a decoy: the descriptor had "
            "been closed]\n"
            "\n"
            "process 100: exited\n"
            "     0.001 ms  the program starts\n"
            "     0.822 ms  the process exits with no socket open\n");
}

TEST(TimelineTest, AcceptedConnectionHasItsOwnSection) {
  TraceBuilder run;
  run.Start();
  run.Socket(3, kSocket);
  run.Made(Call::bind, 3, kSocket).a = LoopbackAddress(8080);
  run.Made(Call::listen, 3, kSocket).a = 128;
  run.Accept(3, kSocket, 4, kOther, 40000);
  run.Made(Call::close, 4, kOther);
  const std::string text = Timeline(run);
  EXPECT_THAT(text, HasSubstr("fd 3 of process 100: listener on port 8080, still open at the end\n"));
  EXPECT_THAT(text, HasSubstr("fd 4 of process 100: tcp, connected to port 40000 from port 8080, closed at 0.008 ms\n"
                              "     0.007 ms  accept(3) = 4  [from port 40000]\n"
                              "     0.008 ms  close(4)  = 0\n"));
}

TEST(TimelineTest, CopiesAreToldOnce) {
  TraceBuilder run;
  run.Start();
  run.Socket(5, kSocket);
  run.Dup(5, 6, kSocket);
  run.Made(Call::close, 5, kSocket);
  run.Made(Call::close, 6, kSocket);
  EXPECT_THAT(Timeline(run), HasSubstr("fd 5 of process 100: tcp, never connected, closed at 0.006 ms; "
                                       "fd 6 of process 100 closed at 0.007 ms\n"
                                       "     0.003 ms  socket(AF_INET, SOCK_STREAM) = 5\n"
                                       "     0.004 ms  dup(5)                       = 6\n"
                                       "     0.006 ms  close(5)                     = 0\n"));
}

TEST(TimelineTest, ProcessesAreNamedWhereSeveralHoldASocket) {
  TraceBuilder run;
  run.Start();
  run.Socket(5, kSocket);
  run.Made(Call::fork, -1, 0, 101);
  run.In(101).ForkedFrom(100);
  run.Note(EventKind::kInherit, 5, kSocket, kTcpWord);
  run.Made(Call::close, 5, kSocket);
  const std::string text = Timeline(run);
  EXPECT_THAT(text, HasSubstr("     0.006 ms  [101] holds descriptor 5 from before\n"));
  EXPECT_THAT(text, HasSubstr("     0.007 ms  [101] close(5)                     = 0\n"));
  EXPECT_THAT(text, HasSubstr("process 100: was killed, or still runs\n"));
  EXPECT_THAT(text, HasSubstr("     0.004 ms  fork() = 101\n"));
}

TEST(TimelineTest, LongListsOfDescriptorsAreCut) {
  TraceBuilder run;
  run.Start();
  run.Socket(5, kSocket);
  for (int fd = 6; fd < 30; ++fd) run.Dup(5, fd, kSocket);
  EXPECT_THAT(Timeline(run), HasSubstr("fd 8 of process 100 still open at the end; and 21 more\n"));
}

TEST(TimelineTest, NothingRemarkableIsCollapsed) {
  TraceBuilder run;
  run.Start();
  run.Socket(5, kSocket);
  for (int i = 0; i < 10; ++i) Receive(run, 100);
  Receive(run, -1, ECONNRESET);
  for (int i = 0; i < 10; ++i) Receive(run, 100);
  Receive(run, 0);
  const std::string text = Timeline(run);
  EXPECT_THAT(text, HasSubstr("recv × 10, 1,000 bytes, until 0.013 ms\n"
                              "     0.014 ms  recv(5, 4096 bytes)          = -1 ECONNRESET\n"
                              "     0.015 ms  recv × 10, 1,000 bytes, until 0.024 ms\n"
                              "     0.025 ms  recv(5, 4096 bytes)          = 0\n"));
}

TEST(TimelineTest, InjectedReceivesAreNeverCollapsed) {
  TraceBuilder run;
  run.Start();
  run.Socket(5, kSocket);
  for (int i = 0; i < 20; ++i) {
    Event& event = Receive(run, 1);
    event.fault = 0;
    event.effect = Effect::kPartial;
    event.substitute = 1;
  }
  EXPECT_THAT(Timeline(run), Not(HasSubstr("×")));
}

TEST(TimelineTest, WaitsAndRetriesJoinTheRun) {
  TraceBuilder run;
  run.Start();
  run.Socket(5, kSocket);
  for (int i = 0; i < 3; ++i) {
    run.Made(Call::poll, 5, kSocket, 1);
    Receive(run, 100);
    Receive(run, -1, EAGAIN);
  }
  EXPECT_THAT(Timeline(run), HasSubstr("poll × 3, recv × 6, 300 bytes, 3 × EAGAIN, until 0.012 ms\n"));
}

TEST(TimelineTest, SendsAndReceivesAreSeparateRuns) {
  TraceBuilder run;
  run.Start();
  run.Socket(5, kSocket);
  for (int i = 0; i < 5; ++i) run.Made(Call::send, 5, kSocket, 10);
  for (int i = 0; i < 5; ++i) Receive(run, 100);
  const std::string text = Timeline(run);
  EXPECT_THAT(text, HasSubstr("send × 5, 50 bytes, until"));
  EXPECT_THAT(text, HasSubstr("recv × 5, 500 bytes, until"));
}

TEST(TimelineTest, RunIsOfOneDescriptorInOneProcess) {
  TraceBuilder run;
  run.Start();
  run.Socket(5, kSocket);
  for (int i = 0; i < 4; ++i) Receive(run, 100);
  for (int i = 0; i < 4; ++i) Receive(run, 100).fd = 6;
  run.In(101);
  for (int i = 0; i < 4; ++i) Receive(run, 100).fd = 6;
  EXPECT_THAT(Timeline(run), Not(HasSubstr("×")));
}

TEST(TimelineTest, MessagesAreNotBytes) {
  TraceBuilder run;
  run.Start();
  run.Socket(5, kSocket);
  for (int i = 0; i < 5; ++i) run.Made(Call::sendmmsg, 5, kSocket, 3);
  EXPECT_THAT(Timeline(run), HasSubstr("sendmmsg × 5, 15 messages, until"));
}

TEST(TimelineTest, ShortRunsStandInFull) {
  TraceBuilder run;
  run.Start();
  run.Socket(5, kSocket);
  for (int i = 0; i < 4; ++i) Receive(run, 100 + i);
  const std::string text = Timeline(run);
  EXPECT_THAT(text, Not(HasSubstr("×")));
  EXPECT_THAT(text, HasSubstr("= 100\n"));
  EXPECT_THAT(text, HasSubstr("= 103\n"));
}

TEST(TimelineTest, WhatIsRepeatedStandsOnce) {
  TraceBuilder run;
  run.Start();
  for (int i = 0; i < 3; ++i) run.Made(Call::execv, -1, 0, -1, ENOENT);
  run.InFlight(Call::execv, -1, 0);
  EXPECT_THAT(Timeline(run), HasSubstr("     0.002 ms  execv() = -1 ENOENT  [3 times, until 0.004 ms]\n"
                                       "     0.005 ms  execv() (another program took over)\n"));
}

TEST(TimelineTest, FindingsAreNeverCounted) {
  TraceBuilder run;
  run.Start();
  run.Socket(5, kSocket);
  for (int i = 0; i < 5; ++i) run.Injected(Call::shutdown, 5, kSocket, Effect::kSkip, EINTR);
  for (int i = 0; i < 5; ++i) run.Made(Call::close, 5, kSocket, -1, EBADF).flags = kOnDecoy;
  EXPECT_THAT(Timeline(run), Not(HasSubstr("times")));
}

TEST(TimelineTest, OfSignalsOnlySigpipeStandsInFull) {
  TraceBuilder run;
  run.Start();
  for (int signal = 1; signal <= 20; ++signal) run.Made(Call::sigaction, -1, 0).a = static_cast<uint64_t>(signal);
  EXPECT_THAT(Timeline(run), HasSubstr("     0.002 ms  sigaction × 12, until 0.013 ms\n"
                                       "     0.014 ms  sigaction(SIGPIPE, SIG_DFL) = 0\n"
                                       "     0.015 ms  sigaction × 7, until 0.021 ms\n"));
}

TEST(TimelineTest, LongCallsShowTheirTime) {
  TraceBuilder run;
  run.Start();
  run.Socket(5, kSocket);
  run.Made(Call::close, 5, kSocket);
  run.trace().events.back().duration_ns = 2'500'000;
  EXPECT_THAT(Timeline(run), HasSubstr("= 0  [took 2.500 ms]\n"));
  run.trace().events.back().event.duration = UINT32_MAX;
  EXPECT_THAT(Timeline(run), HasSubstr("= 0  [took at least 2.500 ms]\n"));
}

TEST(TimelineTest, CallThatDidNotReturnSaysSo) {
  TraceBuilder run;
  run.Start();
  run.Socket(5, kSocket);
  run.InFlight(Call::recv, 5, kSocket).a = 4096;
  EXPECT_THAT(Timeline(run), HasSubstr("recv(5, 4096 bytes)          (did not return)\n"));
}

TEST(TimelineTest, FailedSocketCallStandsWithItsProcess) {
  TraceBuilder run;
  run.Start();
  run.Made(Call::socket, -1, 0, -1, EMFILE).a = kTcpWord;
  EXPECT_THAT(Timeline(run), HasSubstr("process 100: was killed, or still runs\n"
                                       "     0.001 ms  the program starts\n"
                                       "     0.002 ms  socket(AF_INET, SOCK_STREAM) = -1 EMFILE\n"));
}

TEST(TimelineTest, ProcessNumberThatIsUsedAgainHasTwoSections) {
  TraceBuilder run;
  run.Start();
  run.Exit();
  run.Start();
  run.Made(Call::fork, -1, 0, 101);
  EXPECT_THAT(Timeline(run), HasSubstr("process 100: exited\n"
                                       "     0.001 ms  the program starts\n"
                                       "     0.002 ms  the process exits with no socket open\n"
                                       "\n"
                                       "process 100: was killed, or still runs\n"
                                       "     0.003 ms  the program starts\n"
                                       "     0.004 ms  fork() = 101\n"));
}

TEST(TimelineTest, BlindSpotsComeLast) {
  TraceBuilder run;
  run.Start();
  run.Socket(5, kSocket);
  run.Note(EventKind::kVanished, 5, kSocket);
  run.trace().lost_events = 3;
  EXPECT_THAT(Timeline(run), HasSubstr("\nnot everything was seen:\n"
                                       "  process 100: descriptor 5 was closed in a way that was not seen\n"
                                       "  3 events were lost: the trace file was full\n"));
}

TEST(TimelineTest, NothingAtAllIsSaid) {
  EXPECT_EQ(FormatTimeline(Trace{}, Ledger{}), "Nothing was seen: no process of the subject checked in.\n");
}

}  // namespace
}  // namespace lastack
