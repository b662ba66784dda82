// The judges of faults that a client meets: a reset, an interruption, an error of send or shutdown.
#include "cases/judge_fixture.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include <cerrno>
#include <string>

namespace lastack {
namespace {

// --- peer-gone/reset-on-recv-reported

TEST(ResetTest, AnExitStatusIsAReport) { Expect(Judged(kReported, Reset()), Verdict::kPass, "", "exit status 56"); }

TEST(ResetTest, SilenceIsATruncation) {
  Observation run = Reset();
  run.exit.status = 0;
  Expect(Judged(kReported, run), Verdict::kFail, "truncated-as-eof");
  run.exit.err = "client: connection reset by peer\n";
  Expect(Judged(kReported, run), Verdict::kPass, "", "stderr");
  Observation clean = Ordinary();
  clean.exit.err = run.exit.err;
  Expect(Judged(kReported, run, clean), Verdict::kFail, "truncated-as-eof");
}

// Programs for other programs put their results there, failures among them.
TEST(ResetTest, AResultOnStdoutIsAReportIfItSpeaksOfTrouble) {
  Observation run = Reset();
  run.exit.status = 0;
  run.exit.out = "line 00000 at byte 00000\n{\"ok\": false, \"error\": \"connection reset\"}\n";
  Expect(Judged(kReported, run), Verdict::kPass, "", "a line on stdout");
  Observation clean = Ordinary();
  clean.exit.out = run.exit.out;
  Expect(Judged(kReported, run, clean), Verdict::kFail, "truncated-as-eof");
  run.exit.out = "line 00000 at byte 00000\n1088 bytes\n";
  Expect(Judged(kReported, run), Verdict::kFail, "truncated-as-eof");
}

TEST(ResetTest, ThereAreManyWordsForIt) {
  Observation run = Reset();
  run.exit.status = 0;
  for (const char* line :
       {"write: Broken pipe", "premature end of file", "lost 2176 bytes", "recv: Connection timed out", "short read",
        "cannot read on", "shutdown: Transport endpoint is not connected", "warning: 2176 bytes are missing"}) {
    run.exit.err = line;
    Expect(Judged(kReported, run), Verdict::kPass, "", line);
  }
  Observation talkative = Ordinary();
  talkative.exit.err = "connected\n";
  for (const char* line :
       {"connection gone, peer hung up", "Empty reply from server", "Connection closed by foreign host.",
        "unexpected EOF", "invalid answer", "permission denied", "disconnected"}) {
    run.exit.err = line;
    Expect(Judged(kReported, run, talkative), Verdict::kPass, "", line);
  }
  run.exit.err = "got 1088 bytes, closing\n";
  Expect(Judged(kReported, run, talkative), Verdict::kFail, "truncated-as-eof");
}

TEST(ResetTest, WhoIsSilentWhenAllIsWellNeedsNoParticularWords) {
  Observation run = Reset();
  run.exit.status = 0;
  for (const char* line : {"the far side went away\n", "giving up\n", "nothing came\n"}) {
    run.exit.err = line;
    Expect(Judged(kReported, run), Verdict::kPass, "", "stderr");
  }
  for (const char* line :
       {"\n", "1088\r", " 36% of the answer\r", "1088 bytes at 2 MB/s\n", "waiting for the answer...\n"}) {
    run.exit.err = line;
    Expect(Judged(kReported, run), Verdict::kFail, "truncated-as-eof");
  }
}

TEST(ResetTest, APathDoesNotMakeALineNew) {
  Observation run = Reset();
  run.exit.status = 0;
  run.exit.err = "no errors so far, see /tmp/log.Xb7Q/a\n";
  Observation clean = Ordinary();
  clean.exit.err = "no errors so far, see /tmp/log.rT2c/a\n";
  Expect(Judged(kReported, run, clean), Verdict::kFail, "truncated-as-eof");
}

TEST(ResetTest, NumbersDoNotMakeALineNew) {
  Observation run = Reset();
  run.exit.status = 0;
  run.exit.err = "fetched 1088 bytes from port 40001, 0 errors\n";
  Observation clean = Ordinary();
  clean.exit.err = "fetched 3286 bytes from port 40000, 0 errors\n";
  Expect(Judged(kReported, run, clean), Verdict::kFail, "truncated-as-eof");
}

TEST(ResetTest, AConnectionThatTheCleanRunMadeTooIsNoSecondQuestion) {
  Observation run = Reset();
  run.exit.status = 0;
  ConnectionRecord second = OrdinaryRecord();
  second.far_port = kPort + 1;
  run.connections.push_back(second);
  Observation clean = Ordinary();
  clean.connections.push_back(second);
  const CaseResult result = Judged(kReported, run, clean);
  EXPECT_NE(result.verdict, Verdict::kPass) << result.message;
}

TEST(ResetTest, AskingAgainIsAReport) {
  Observation run = Reset();
  run.exit.status = 0;
  ConnectionRecord second = OrdinaryRecord();
  second.far_port = kPort + 1;
  second.accepted_ns = 50'000;
  run.connections.push_back(second);
  // Who made the second connection is not in this trace.
  Expect(Judged(kReported, run), Verdict::kInconclusive);
}

TEST(ResetTest, ReadinessThatOnlyAnErrorGivesTellsOfIt) {
  Observation run = Reset();
  run.exit.status = 0;
  for (TracedEvent& traced : run.trace.events) {
    if (traced.event.error != ECONNRESET) continue;
    traced.event.call = Call::poll;
    traced.event.error = 0;
    traced.event.result = 1;
    traced.event.substitute = POLLIN | POLLERR | POLLHUP;
  }
  Expect(Judged(kReported, run), Verdict::kFail, "truncated-as-eof");
  for (TracedEvent& traced : run.trace.events) traced.event.substitute = POLLIN;
  Expect(Judged(kReported, run), Verdict::kUnexercised);
}

// --- peer-gone/no-spin/after-end

CaseResult JudgedAsking(int times, int64_t result, int error) {
  const Observation run = Ordinary([&](TraceBuilder& trace) {
    for (int i = 0; i < times; ++i) trace.Made(Call::recv, kFd, kSocket, result, error).a = 4096;
    Close(trace);
  });
  return Judged("peer-gone/no-spin/after-end", run, run);
}

TEST(NoSpinAfterEndTest, WhoReadsTheEndAgainAndAgainSpins) {
  Expect(JudgedAsking(80, 0, 0), Verdict::kFail, "spins-after-end");
  Expect(JudgedAsking(80, -1, ECONNRESET), Verdict::kFail, "spins-after-end");
  Expect(JudgedAsking(40, 0, 0), Verdict::kPass);
}

// By a call that is not seen.
TEST(NoSpinAfterEndTest, WhoMostlySleepsBetweenDoesNotSpin) {
  const auto judged = [](int often) {
    const Observation run = Ordinary([&](TraceBuilder& trace) {
      for (int i = 0; i < 200; ++i) {
        if (i % often == 0) trace.At(trace.now_ns() + 5'000'000);
        trace.Made(Call::recv, kFd, kSocket, 0, 0).a = 4096;
      }
      Close(trace);
    });
    return Judged("peer-gone/no-spin/after-end", run, run);
  };
  Expect(judged(1), Verdict::kPass);
  Expect(judged(3), Verdict::kFail, "spins-after-end");
}

// Who sleeps between its attempts does so by calls that are not seen.
TEST(NoSpinAfterEndTest, ThatNothingHasComeYetIsNoEnd) {
  Expect(JudgedAsking(80, -1, EAGAIN), Verdict::kPass);
  Expect(JudgedAsking(80, -1, EINTR), Verdict::kPass);
}

TEST(ResetTest, HangingAndCrashingAreFindingsOfTheirOwn) {
  Observation run = Reset();
  run.exit.how = SubjectExit::How::kTimedOut;
  Expect(Judged(kReported, run), Verdict::kFail, "hangs-after-reset");
  run.exit.how = SubjectExit::How::kSignaled;
  run.exit.signal = SIGSEGV;
  Expect(Judged(kReported, run), Verdict::kFail, "crashed-after-reset");
  run.exit.signal = SIGPIPE;
  Expect(Judged(kReported, run), Verdict::kFail, "crashed-after-reset");
  run.exit.signal = SIGABRT;
  Expect(Judged(kReported, run), Verdict::kPass, "", "ended itself");
}

TEST(ResetTest, ACrashIsNoReportWhateverWasSaidBefore) {
  Observation run = Reset();
  run.exit.err = "recv: Connection reset by peer\n";
  run.exit.how = SubjectExit::How::kSignaled;
  run.exit.signal = SIGSEGV;
  Expect(Judged(kReported, run), Verdict::kFail, "crashed-after-reset");
  run.exit.signal = SIGTERM;
  Expect(Judged(kReported, run), Verdict::kPass, "", "stderr");
}

// A shell's status tells how its child died: 128 + signal.
TEST(ResetTest, ADeathBehindAShellIsThatDeath) {
  Observation run = WithAChild(Reset());
  run.exit.err = "Segmentation fault\n";
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE}) {
    run.exit.status = 128 + signal;
    Expect(Judged(kReported, run), Verdict::kFail, "crashed-after-reset", "(a child died of SIG");
  }
  run.exit.status = 128 + SIGABRT;
  Expect(Judged(kReported, run), Verdict::kPass, "", "ended itself by SIGABRT");
  run.exit.err.clear();
  for (const int signal : {SIGPIPE, SIGTRAP, SIGSYS}) {
    run.exit.status = 128 + signal;
    Expect(Judged(kReported, run), Verdict::kFail, "crashed-after-reset", "(a child died of SIG");
  }
  for (const int signal : {SIGTERM, SIGINT, SIGKILL, SIGHUP}) {
    run.exit.status = 128 + signal;
    Expect(Judged(kReported, run), Verdict::kPass, "", "exit status");
  }
}

// A program may choose the same for itself.
TEST(ResetTest, AStatusWithoutAChildIsAReport) {
  Observation run = Reset();
  run.exit.err.clear();
  run.exit.status = 128 + SIGSEGV;
  Expect(Judged(kReported, run), Verdict::kPass, "", "exit status 139");
}

TEST(ResetTest, WithoutTheErrorAtTheSubjectNothingWasExercised) {
  Observation run = Reset();
  run.exit.status = 0;
  for (TracedEvent& traced : run.trace.events) traced.event.error = 0;
  Expect(Judged(kReported, run), Verdict::kUnexercised);
  run = Reset();
  run.connections.front().our_reset_ns = 0;
  run.connections.front().trouble = "barrier";
  Expect(Judged(kReported, run), Verdict::kUnexercised);
}

TEST(ResetTest, ASubjectThatFailsAnywayShowsNothing) {
  Observation clean = Ordinary();
  clean.exit.status = 56;
  Expect(Judged(kReported, Reset(), clean), Verdict::kInconclusive);
}

// --- interrupted: what a program may do about it

constexpr char kConnect[] = "interrupted/connect";

// Makes `count` connections one after the other, with the fault on each of them, and is still at it at the end.
Observation StruckAgainAndAgain(const std::string& id, Call call, Effect effect, int error, int count) {
  Observation observation = Ordinary();
  observation.connections.clear();
  TraceBuilder run;
  run.Start();
  for (uint16_t i = 0; i < count; ++i) {
    const uint64_t socket = kSocket + i;
    if (i > 0) run.At(observation.timeout_ns / count * i);
    run.Socket(kFd, socket);
    if (call != Call::connect) run.Connect(kFd, socket).b = kPort + i;
    Event& fired = run.Injected(call, kFd, socket, effect, error);
    fired.realism = Realism::kKernel;
    if (call == Call::connect) {
      fired.a = LoopbackAddress(80);
      fired.b = kPort + i;
    }
    run.Made(Call::close, kFd, socket);
    ConnectionRecord record = OrdinaryRecord();
    record.far_port = kPort + i;
    record.bytes_received = 0;
    record.bytes_sent = 0;
    record.script_done = false;
    record.our_fin_ns = 0;
    observation.connections.push_back(record);
  }
  observation.trace = run.trace();
  observation.exit.how = SubjectExit::How::kTimedOut;
  observation.faults = CaseNamed(id).faults;
  return observation;
}

TEST(InterruptedConnectTest, WhoTriesAnewAndIsStruckAnewDoesNotHang) {
  Expect(Judged(kConnect, StruckAgainAndAgain(kConnect, Call::connect, Effect::kFull, EINTR, 3)), Verdict::kObserved,
         "", "3 connections");
  Expect(Judged(kConnect, StruckAgainAndAgain(kConnect, Call::connect, Effect::kFull, EINTR, 1)), Verdict::kFail,
         "hangs");
}

// On a machine that is too busy, a client that takes its answer byte by byte is not done in its time, and hangs no more
// for that.
TEST(ShortReceiveTest, WhoStillReceivesWhenItsTimeIsUpDoesNotHang) {
  constexpr char kShort[] = "interrupted/short-recv";
  Observation run = Ordinary();
  run.exit.how = SubjectExit::How::kTimedOut;
  run.faults = CaseNamed(kShort).faults;
  for (TracedEvent& traced : run.trace.events) {
    if (traced.event.call == Call::recv) traced.event.fault = 0;
  }
  Expect(Judged(kShort, run), Verdict::kFail, "hangs");
  for (TracedEvent& traced : run.trace.events) {
    if (traced.event.call == Call::recv) traced.start_ns = run.timeout_ns - 1;
  }
  Expect(Judged(kShort, run), Verdict::kInconclusive, "", "still moving data");
}

// A client that takes one byte for all, after both ends have finished, or not.
Observation EndingAfterOneByte(bool finishes, bool waits_on_epoll, uint64_t received_ns) {
  Observation run = Ordinary([&](TraceBuilder& trace) {
    if (finishes) trace.At(5500).Made(Call::shutdown, kFd, kSocket).a = SHUT_WR;
    if (waits_on_epoll) trace.Made(Call::epoll_wait, -1, 0, 1);
    Event& cut = trace.At(received_ns).Injected(Call::recv, kFd, kSocket, Effect::kPartial, 0);
    cut.realism = Realism::kKernel;
    cut.result = 1;
    Close(trace);
  });
  std::erase_if(run.trace.events, [](const TracedEvent& traced) {
    return traced.event.fault == kNoFaultIndex && traced.event.call == Call::recv;
  });
  run.faults = CaseNamed("interrupted/short-recv").faults;
  run.exit.out = "x";
  return run;
}

// epoll(7) reports EPOLLHUP then, and a queue that is not empty never gives a short count.
TEST(ShortReceiveTest, WhoIsToldOfAHangUpMayTakeAShortCountForTheLast) {
  constexpr char kShort[] = "interrupted/short-recv";
  constexpr uint64_t kLate = 8000;
  Observation clean = Ordinary();
  clean.exit.out = "the whole answer";
  Expect(Judged(kShort, EndingAfterOneByte(true, true, kLate), clean), Verdict::kObserved, "",
         "both ends had finished");
  Expect(Judged(kShort, EndingAfterOneByte(false, true, kLate), clean), Verdict::kFail, "answer-lost");
  Expect(Judged(kShort, EndingAfterOneByte(true, false, kLate), clean), Verdict::kFail, "answer-lost");
  Expect(Judged(kShort, EndingAfterOneByte(true, true, OrdinaryRecord().our_fin_ns - 1000), clean), Verdict::kFail,
         "answer-lost");
}

TEST(SendErrorTest, WhoTriesAnewAndIsStruckAnewReportsIt) {
  for (const char* id : {"peer-gone/epipe-reported", "peer-gone/reset-on-send-reported"}) {
    const auto struck = [&](int count) { return StruckAgainAndAgain(id, Call::send, Effect::kSkip, EPIPE, count); };
    Expect(Judged(id, struck(3), OrdinaryWithRequest()), Verdict::kPass, "", "on a new connection");
    Expect(Judged(id, struck(1), OrdinaryWithRequest()), Verdict::kFail, "send-error-ignored");
  }
}

TEST(SendErrorTest, ADeathBehindAShellIsNoReport) {
  for (const char* id : {"peer-gone/epipe-reported", "peer-gone/reset-on-send-reported"}) {
    Observation run = WithAChild(StruckAgainAndAgain(id, Call::send, Effect::kSkip, EPIPE, 1));
    run.exit = {};
    run.exit.status = 128 + SIGSEGV;
    Expect(Judged(id, run, OrdinaryWithRequest()), Verdict::kFail, "send-error-ignored",
           "exited with status 139 (a child died of SIGSEGV).");
    run.exit.status = 128 + SIGPIPE;
    Expect(Judged(id, run, OrdinaryWithRequest()), Verdict::kObserved, "", "died by SIGPIPE");
  }
}

// --- peer-gone/sigpipe-survived, by injection

constexpr char kSurvived[] = "peer-gone/sigpipe-survived/injected";

TEST(SigpipeTest, AStatusThatTellsOfItIsNotLiving) {
  Observation run = WithAChild(StruckAgainAndAgain(kSurvived, Call::send, Effect::kSkip, EPIPE, 1));
  run.exit = {};
  run.exit.status = 128 + SIGPIPE;
  Expect(Judged(kSurvived, run, OrdinaryWithRequest()), Verdict::kObserved, "", "died by SIGPIPE");
  run.exit.status = 1;
  Expect(Judged(kSurvived, run, OrdinaryWithRequest()), Verdict::kPass, "", "exited with status 1");
}

// A fork of it sends, and writes nothing behind that: or it goes on, in another thread.
Observation SentByAChild(const std::string& id, Effect effect, bool goes_on) {
  Observation run = Ordinary();
  TraceBuilder trace;
  trace.Start();
  trace.Socket(kFd, kSocket);
  trace.Connect(kFd, kSocket);
  trace.In(101).ForkedFrom(100);
  trace.Note(EventKind::kInherit, kFd, kSocket, kTcpWord).result = 80;
  Event& send = trace.InFlight(Call::write, kFd, kSocket);
  send.fault = 0;
  send.effect = effect;
  if (goes_on) trace.In(101, 102).Made(Call::recv, kFd, kSocket);
  trace.In(100).Made(Call::close, kFd, kSocket);
  trace.Exit();
  run.trace = trace.trace();
  run.faults = CaseNamed(id).faults;
  run.connections.front().fin_ns = trace.now_ns();
  return run;
}

TEST(SigpipeTest, AChildThatItKilledIsJudgedAsASingleProcess) {
  const auto judged = [](const std::string& id, Effect effect = Effect::kReset, bool goes_on = false) {
    return Judged(id, SentByAChild(id, effect, goes_on), OrdinaryWithRequest());
  };
  Expect(judged(kSurvived), Verdict::kObserved, "", "died by SIGPIPE with no other connection open");
  Expect(judged("peer-gone/epipe-reported"), Verdict::kObserved, "", "died by SIGPIPE");
  Expect(judged("always-close/send-fails"), Verdict::kNotApplicable, "", "died of the signal that comes with EPIPE");
  Expect(judged("always-close/send-fails/epipe"), Verdict::kNotApplicable, "",
         "died of the signal that comes with EPIPE");
  for (const char* id : {kSurvived, "peer-gone/epipe-reported", "always-close/send-fails/epipe"}) {
    Expect(judged(id, Effect::kReset, true), Verdict::kUnexercised);
    Expect(judged(id, Effect::kPartial), Verdict::kUnexercised);
  }
}

// By a handler of SIGPIPE, within the send.
TEST(SigpipeTest, AHandlerThatExitsMetTheError) {
  Observation run = OrdinaryWithRequest();
  TraceBuilder trace;
  trace.Start();
  trace.Socket(kFd, kSocket);
  trace.Connect(kFd, kSocket);
  Event& send = trace.InFlight(Call::send, kFd, kSocket);
  send.fault = 0;
  send.effect = Effect::kReset;
  trace.Exit();
  run.trace = trace.trace();
  run.faults = CaseNamed("peer-gone/epipe-reported").faults;
  run.connections.front().fin_ns = trace.now_ns();
  Expect(Judged("peer-gone/epipe-reported", run, OrdinaryWithRequest()), Verdict::kFail, "send-error-ignored", "EPIPE");
  run.exit.status = 9;
  Expect(Judged("peer-gone/epipe-reported", run, OrdinaryWithRequest()), Verdict::kPass, "", "exit status 9");
  Expect(Judged("always-close/send-fails/epipe", run, OrdinaryWithRequest()), Verdict::kNotApplicable, "",
         "handler of");
}

// The send stays in flight, and the subject goes on.
TEST(SigpipeTest, AJumpOutOfAHandlerIsNoExit) {
  Observation run = OrdinaryWithRequest();
  TraceBuilder trace;
  trace.Start();
  trace.Socket(kFd, kSocket);
  trace.Connect(kFd, kSocket);
  Event& send = trace.InFlight(Call::send, kFd, kSocket);
  send.fault = 0;
  send.effect = Effect::kReset;
  trace.Made(Call::close, kFd, kSocket);
  trace.Exit();
  run.trace = trace.trace();
  run.faults = CaseNamed("always-close/send-fails/epipe").faults;
  run.connections.front().fin_ns = trace.now_ns();
  Expect(Judged("always-close/send-fails/epipe", run, OrdinaryWithRequest()), Verdict::kUnexercised);
}

// The tracer has the call's result before the signal comes.
TEST(SigpipeTest, AChildThatItKilledUnderTheTracer) {
  Observation run = SentByAChild(kSurvived, Effect::kReset, false);
  for (TracedEvent& traced : run.trace.events) {
    if (traced.event.kind != EventKind::kInFlight) continue;
    traced.event.kind = EventKind::kCall;
    traced.event.result = -1;
    traced.event.error = EPIPE;
    traced.duration_ns = 100;
  }
  Expect(Judged(kSurvived, run, OrdinaryWithRequest()), Verdict::kPass);  // the agent would not have seen it return
  run.backend = "tracer";
  Expect(Judged(kSurvived, run, OrdinaryWithRequest()), Verdict::kObserved, "", "died by SIGPIPE");
  run.exit.survivors_killed = 1;
  Expect(Judged(kSurvived, run, OrdinaryWithRequest()), Verdict::kPass);
}

// Another connection need not be one with the peer that the harness plays.
TEST(SigpipeTest, EveryOtherTcpConnectionIsHarmed) {
  const auto killed = [](uint64_t other_word, const Change& before) {
    Observation run = Ordinary();
    TraceBuilder trace;
    trace.Start();
    trace.Socket(3, 33, other_word);
    before(trace);
    trace.Socket(kFd, kSocket);
    trace.Connect(kFd, kSocket);
    trace.Injected(Call::send, kFd, kSocket, Effect::kSkip, EPIPE);
    run.trace = trace.trace();
    run.connections.front().fin_ns = trace.now_ns();
    run.faults = CaseNamed(kSurvived).faults;
    run.exit.how = SubjectExit::How::kSignaled;
    run.exit.signal = SIGPIPE;
    return Judged(kSurvived, run, OrdinaryWithRequest());
  };
  const Change connects = [](TraceBuilder& trace) { trace.Connect(3, 33).a = LoopbackAddress(81); };
  Expect(killed(kTcpWord, connects), Verdict::kFail, "killed-by-sigpipe", "another connection open, descriptor 3");
  Expect(killed(kUnixWord, connects), Verdict::kObserved, "", "no other connection open");
  Expect(killed(kTcpWord, [](TraceBuilder&) {}), Verdict::kObserved);
  Expect(killed(kTcpWord,
                [&](TraceBuilder& trace) {
                  connects(trace);
                  trace.Made(Call::close, 3, 33);
                }),
         Verdict::kObserved);
  Expect(killed(kTcpWord,
                [&](TraceBuilder& trace) {
                  connects(trace);
                  trace.In(101).ForkedFrom(100);
                  trace.Note(EventKind::kInherit, 3, 33, kTcpWord).result = 81;
                }),
         Verdict::kObserved);
  Expect(killed(kListenerWord, [](TraceBuilder& trace) { trace.Accept(3, 33, 4, 34); }), Verdict::kFail,
         "killed-by-sigpipe", "descriptor 4");
}

// --- half-close/shutdown-not-connected

constexpr char kNotConnected[] = "half-close/shutdown-not-connected";

// Receives `bytes` of 3000, shuts down, is told ENOTCONN, and exits with 1 and no answer.
Observation NotConnected(int64_t bytes) {
  Observation observation = Ordinary();
  TraceBuilder run;
  run.Start();
  run.Socket(kFd, kSocket);
  run.Connect(kFd, kSocket);
  run.Made(Call::recv, kFd, kSocket, bytes).a = 4096;
  run.Injected(Call::shutdown, kFd, kSocket, Effect::kFull, ENOTCONN).realism = Realism::kKernel;
  run.Made(Call::close, kFd, kSocket);
  run.Exit();
  observation.trace = run.trace();
  observation.faults = CaseNamed(kNotConnected).faults;
  observation.profile = "line-client";
  observation.exit.status = 1;
  return observation;
}

Observation ShuttingDown() {
  Observation clean = Ordinary([](TraceBuilder& run) {
    run.Made(Call::shutdown, kFd, kSocket);
    run.Made(Call::close, kFd, kSocket);
  });
  clean.profile = "line-client";
  clean.exit.out = FindProfile("line-client")->answer;
  return clean;
}

TEST(NotConnectedTest, ToSayThatThePeerIsGoneIsRight) {
  Expect(Judged(kNotConnected, NotConnected(0), ShuttingDown()), Verdict::kObserved, "", "exit status 1");
  Observation silent = NotConnected(0);
  silent.exit.status = 0;
  Expect(Judged(kNotConnected, silent, ShuttingDown()), Verdict::kFail, "answer-lost");
}

TEST(NotConnectedTest, ToThrowAWholeAnswerAwayIsNot) {
  Expect(Judged(kNotConnected, NotConnected(3000), ShuttingDown()), Verdict::kFail, "answer-lost");
}

TEST(SendFailsByEpipeTest, ASocketThatIsKeptAfterEpipeIsALeak) {
  const char kId[] = "always-close/send-fails/epipe";
  const auto after_epipe = [&](bool closes) {
    Observation run = Serving([=](TraceBuilder& trace) {
      trace.Injected(Call::send, 5, 50, Effect::kSkip, EPIPE);
      if (closes) trace.Made(Call::close, 5, 50);
    });
    run.faults = CaseNamed(kId).faults;
    if (closes) return run;
    run.connections.front().ending = Ending::kNothing;
    run.connections.front().fin_ns = 0;
    return run;
  };
  Expect(Judged(kId, after_epipe(true), Serving()), Verdict::kPass);
  Expect(Judged(kId, after_epipe(false), Serving()), Verdict::kFail, "leak-after-error");
}

}  // namespace
}  // namespace lastack
