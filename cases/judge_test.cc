// The judge, fact by fact: a passing observation with one fact changed must turn the verdict.
#include "cases/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include <cerrno>
#include <functional>
#include <string>

#include "harness/run/strangers.h"
#include "harness/trace/trace_builder.h"

namespace lastack {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kSocket = 77;
constexpr uint16_t kPort = 40000;  // of the subject: TraceBuilder's
constexpr int kFd = 5;

const Case& CaseNamed(const std::string& id) { return *CasesMatching(id).front(); }

ConnectionRecord OrdinaryRecord() {
  ConnectionRecord record;
  record.far_port = kPort;
  record.accepted_ns = 3000;
  record.bytes_received = 80;
  record.bytes_sent = 3000;
  record.ending = Ending::kFin;
  record.our_fin_ns = 5000;
  record.fin_ns = 9000;
  record.steps_done = 3;
  record.script_done = true;
  return record;
}

// A client that connects, receives to the end, closes and exits. `change` may replace the call that closes.
Observation Ordinary(const std::function<void(TraceBuilder&)>& close = [](TraceBuilder& run) { run.Made(Call::close, kFd, kSocket); }) {
  Observation observation;
  observation.scenario = "ordinary exchange";
  observation.backend = "preload";
  observation.peer_address = "127.0.0.1";
  observation.peer_port = 80;
  observation.timeout_ns = 10'000'000'000;
  TraceBuilder run;
  run.Start();
  run.Socket(kFd, kSocket);
  run.Connect(kFd, kSocket);
  run.Made(Call::recv, kFd, kSocket, 3000).a = 4096;
  run.Made(Call::recv, kFd, kSocket, 0).a = 4096;
  close(run);
  run.Exit();
  observation.trace = run.trace();
  observation.connections = {OrdinaryRecord()};
  return observation;
}

Observation Interrupted(const std::function<void(TraceBuilder&)>& afterwards) {
  Observation observation = Ordinary([&](TraceBuilder& run) {
    run.Injected(Call::close, kFd, kSocket, Effect::kDecoy, EINTR);
    afterwards(run);
  });
  observation.faults = CaseNamed("check-close/eintr-not-retried").faults;
  return observation;
}

Observation Reset() {
  Observation observation = Ordinary();
  observation.scenario = "reset in the middle of the answer";
  for (TracedEvent& traced : observation.trace.events) {
    if (traced.event.call != Call::recv || traced.event.result != 0) continue;
    traced.event.result = -1;
    traced.event.error = ECONNRESET;
  }
  ConnectionRecord& record = observation.connections.front();
  record.ending = Ending::kNothing;
  record.our_fin_ns = 0;
  record.fin_ns = 0;
  record.our_reset_ns = 4500;
  observation.exit.status = 56;
  return observation;
}

CaseResult Judged(const std::string& id, const Observation& run, const Observation& clean = Ordinary()) {
  return JudgeCase(CaseNamed(id), Evidence(clean), Evidence(run));
}

void Expect(const CaseResult& result, Verdict verdict, const std::string& finding = "", const std::string& message = "") {
  EXPECT_STREQ(VerdictWord(result.verdict), VerdictWord(verdict)) << result.message;
  EXPECT_EQ(result.finding, finding) << result.message;
  EXPECT_THAT(result.message, HasSubstr(message));
}

// --- how long it took

TEST(DurationTest, IsThatOfTheCasesOwnRun) {
  Observation run = Interrupted([](TraceBuilder&) {});
  run.exit.duration_ns = 12'000'001;
  EXPECT_EQ(Judged("check-close/eintr-not-retried", run).duration_ms, 13) << "rounded up: a run takes some time";
  run.lives.resize(2);
  run.lives[0].exit.duration_ns = 3'000'000;
  run.lives[1].exit.duration_ns = 4'000'000;
  EXPECT_EQ(Judged("check-close/eintr-not-retried", run).duration_ms, 7) << "a server lives more than once";
  Observation clean = Ordinary();
  clean.exit.duration_ns = 12'000'000;
  EXPECT_EQ(Judged("always-close/orderly", clean, clean).duration_ms, 0) << "the clean run is no case's own";
}

// --- check-close/not-anothers

constexpr uint64_t kStranger = 900;  // and the next two

uint64_t StrangerAt(int index) { return kStranger + static_cast<uint64_t>(index); }

void InheritStrangers(TraceBuilder& run, const std::vector<int>& which = {0, 1, 2}) {
  for (const int i : which) run.Note(EventKind::kInherit, kFirstStranger + i, StrangerAt(i), kUnixWord);
}

void CloseStranger(TraceBuilder& run, int index) { run.Made(Call::close, kFirstStranger + index, StrangerAt(index)); }

CaseResult JudgedBesideStrangers(const std::function<void(TraceBuilder&)>& behind_socket,
                                 const std::function<void(TraceBuilder&)>& before_socket = [](TraceBuilder&) {}) {
  TraceBuilder run;
  run.Start();
  InheritStrangers(run);
  before_socket(run);
  run.Socket(kFd, kSocket);
  run.Connect(kFd, kSocket);
  behind_socket(run);
  Observation observation = Ordinary();
  observation.scenario = "ordinary exchange, beside inherited sockets";
  observation.trace = run.trace();
  observation.connections.front().ending = Ending::kNothing;
  observation.connections.front().fin_ns = 0;
  return Judged("check-close/not-anothers", observation);
}

TEST(NotAnothersTest, ASingleCloseIsAFailure) {
  Expect(JudgedBesideStrangers([](TraceBuilder& run) { CloseStranger(run, 1); }), Verdict::kFail, "stranger-closed", "24");
}

TEST(NotAnothersTest, ASweepIsNone) {
  Expect(JudgedBesideStrangers([](TraceBuilder& run) {
           for (int i = 0; i < kStrangers; ++i) CloseStranger(run, i);
         }),
         Verdict::kPass);
  Expect(JudgedBesideStrangers([](TraceBuilder& run) {
           CloseStranger(run, 0);
           for (int i = 1; i < kStrangers; ++i) run.Note(EventKind::kClosed, kFirstStranger + i, StrangerAt(i));
         }),
         Verdict::kPass);
}

TEST(NotAnothersTest, ACloseBeforeTheFirstSocketIsNone) {
  Expect(JudgedBesideStrangers([](TraceBuilder&) {}, [](TraceBuilder& run) { CloseStranger(run, 1); }), Verdict::kPass);
}

TEST(NotAnothersTest, ACloseBetweenForkAndExecIsNone) {
  const auto in_child = [](TraceBuilder& run, bool executes) {
    run.Made(Call::fork, -1, 0, 101);
    run.In(101).ForkedFrom(100);
    InheritStrangers(run);
    CloseStranger(run, 1);
    if (executes) {
      run.InFlight(Call::execve, -1, 0);
      run.Start();
      InheritStrangers(run, {0, 2});
    }
    run.In(100);
  };
  Expect(JudgedBesideStrangers([&](TraceBuilder& run) { in_child(run, true); }), Verdict::kPass);
  Expect(JudgedBesideStrangers([&](TraceBuilder& run) { in_child(run, false); }), Verdict::kFail, "stranger-closed", "process 101");
}

TEST(NotAnothersTest, StrangersThatWereNotSeenProveNothing) {
  Observation run = Ordinary();
  run.scenario = "ordinary exchange, beside inherited sockets";
  Expect(Judged("check-close/not-anothers", run), Verdict::kInconclusive, "", "were not seen");
}

// --- check-close/errno-preserved

constexpr char kPreserved[] = "check-close/errno-preserved";

// A send that finds the connection reset, and a close behind it that fails, too.
Observation CleanedUp(const std::string& stderr_text, bool closes = true) {
  Observation run = Ordinary([&](TraceBuilder& builder) {
    builder.Injected(Call::send, kFd, kSocket, Effect::kReset, ECONNRESET);
    if (closes) builder.Injected(Call::close, kFd, kSocket, Effect::kFull, EIO).fault = 1;
    if (!closes) builder.Note(EventKind::kLeftOpen, kFd, kSocket);
  });
  run.faults = CaseNamed(kPreserved).faults;
  run.exit.status = 1;
  run.exit.err = stderr_text;
  return run;
}

Observation Sending() {
  return Ordinary([](TraceBuilder& builder) {
    builder.Made(Call::send, kFd, kSocket, 80);
    builder.Made(Call::close, kFd, kSocket);
  });
}

TEST(ErrnoPreservedTest, TheFirstErrorIsAPass) {
  Expect(Judged(kPreserved, CleanedUp("send: Connection reset by peer\n"), Sending()), Verdict::kPass);
  Expect(Judged(kPreserved, CleanedUp("[Errno 104]\n"), Sending()), Verdict::kPass);
  Expect(Judged(kPreserved, CleanedUp("send: ECONNRESET\nclose: EIO\n"), Sending()), Verdict::kPass);
}

TEST(ErrnoPreservedTest, OnlyTheErrorOfTheCloseIsNone) {
  for (const char* text : {"send: Input/output error\n", "[Errno 5] failed\n", "EIO: i/o error, write\n"}) {
    SCOPED_TRACE(text);
    Expect(Judged(kPreserved, CleanedUp(text), Sending()), Verdict::kAdvisory, "first-error-hidden", "ECONNRESET from send");
  }
}

TEST(ErrnoPreservedTest, WhoNamesNeitherIsNotJudged) {
  Expect(Judged(kPreserved, CleanedUp("it failed\n"), Sending()), Verdict::kObserved);
  Expect(Judged(kPreserved, CleanedUp("[Errno 54]\n"), Sending()), Verdict::kObserved);
}

TEST(ErrnoPreservedTest, WhoDoesNotCleanUpIsNotConcerned) {
  Expect(Judged(kPreserved, CleanedUp("", false), Sending()), Verdict::kNotApplicable, "", "on which send has failed");
  Observation never = Ordinary();
  never.faults = CaseNamed(kPreserved).faults;
  Expect(Judged(kPreserved, never, Sending()), Verdict::kUnexercised);
}

// --- always-close/losing-attempts

// The first attempt, toward ::1, is refused, and the second wins.
CaseResult JudgedAtSecondAddress(const std::function<void(TraceBuilder&)>& close_first, bool tries_first = true) {
  constexpr uint64_t kLost = 76;
  TraceBuilder run;
  run.Start();
  if (tries_first) {
    run.Socket(4, kLost);
    run.Connect(4, kLost, -1, ECONNREFUSED).a = uint64_t{AF_INET6} << 48 | uint64_t{80} << 32;
    close_first(run);
  }
  run.Socket(kFd, kSocket);
  run.Connect(kFd, kSocket);
  run.Made(Call::recv, kFd, kSocket, 3000);
  run.Made(Call::close, kFd, kSocket);
  run.Exit();
  Observation observation = Ordinary();
  observation.scenario = "ordinary exchange, at the second address";
  observation.trace = run.trace();
  return Judged("always-close/losing-attempts", observation);
}

TEST(LosingAttemptsTest, TheLoserMustBeClosed) {
  Expect(JudgedAtSecondAddress([](TraceBuilder& run) { run.Made(Call::close, 4, 76); }), Verdict::kPass);
  Expect(JudgedAtSecondAddress([](TraceBuilder&) {}), Verdict::kFail, "losing-attempt-leaked", "descriptor 4");
}

TEST(LosingAttemptsTest, WhoTriesOneAddressHasNothingToLose) {
  Expect(JudgedAtSecondAddress([](TraceBuilder&) {}, false), Verdict::kNotApplicable, "", "one address");
}

// --- always-close/orderly

constexpr char kOrderly[] = "always-close/orderly";

CaseResult JudgedOrderly(const Observation& run) { return Judged(kOrderly, run, run); }

void LeaveOpen(TraceBuilder& run) { run.Note(EventKind::kLeftOpen, kFd, kSocket); }

TEST(OrderlyTest, ClosedIsAPass) { Expect(JudgedOrderly(Ordinary()), Verdict::kPass); }

TEST(OrderlyTest, LeftToTheExitIsAnAdvisory) {
  Expect(JudgedOrderly(Ordinary(LeaveOpen)), Verdict::kAdvisory, "left-to-exit");
}

TEST(OrderlyTest, OpenWhenTheTimeIsUpIsALeak) {
  Observation run = Ordinary([](TraceBuilder&) {});
  run.trace.events.pop_back();  // no exit
  run.exit.how = SubjectExit::How::kTimedOut;
  run.connections.front().ending = Ending::kNothing;
  run.connections.front().fin_ns = 0;
  Expect(JudgedOrderly(run), Verdict::kFail, "leak");
  run.connections.front().script_done = false;
  Expect(JudgedOrderly(run), Verdict::kInconclusive, "", "not complete");
}

TEST(OrderlyTest, ALaterExchangeShowsThatTheProcessLivedOn) {
  constexpr uint64_t kSecond = 78;
  Observation run = Ordinary([](TraceBuilder& trace) {
    trace.At(20'000).Socket(6, kSecond);
    trace.Connect(6, kSecond).b = kPort + 1;
    trace.Made(Call::close, 6, kSecond);
    LeaveOpen(trace);
  });
  ConnectionRecord second = OrdinaryRecord();
  second.far_port = kPort + 1;
  second.our_fin_ns = 30'000;
  run.connections.push_back(second);
  Expect(JudgedOrderly(run), Verdict::kFail, "leak");
  run.connections.front().our_fin_ns = 40'000;  // then it began before the first was over: a pool, or two at once
  Expect(JudgedOrderly(run), Verdict::kAdvisory, "left-to-exit");
}

TEST(OrderlyTest, ALaterExchangeOfAnotherProcessShowsNothing) {
  constexpr uint64_t kSecond = 78;
  Observation run = Ordinary([](TraceBuilder& trace) {
    LeaveOpen(trace);
    trace.Exit();
    trace.In(200).Start();
    trace.At(20'000).Socket(5, kSecond);
    trace.Connect(5, kSecond).b = kPort + 1;
    trace.Made(Call::close, 5, kSecond);
  });
  ConnectionRecord second = OrdinaryRecord();
  second.far_port = kPort + 1;
  second.our_fin_ns = 30'000;
  run.connections.push_back(second);
  Expect(JudgedOrderly(run), Verdict::kAdvisory, "left-to-exit", "process 100");
}

TEST(OrderlyTest, AProcessLeftBehindWithTheSocketIsInconclusive) {
  Observation run = Ordinary([](TraceBuilder& trace) {
    trace.In(200).ForkedFrom(100);
    trace.Note(EventKind::kInherit, kFd, kSocket, kTcpWord);
    trace.In(100).Made(Call::close, kFd, kSocket);
  });
  run.exit.survivors_killed = 1;
  Expect(JudgedOrderly(run), Verdict::kInconclusive, "", "descriptor 5 of process 200");
}

TEST(OrderlyTest, AnEndThatReachesThePeerMuchLaterIsADoubt) {
  Observation run = Ordinary();
  run.connections.front().fin_ns = 3'000'000'000;
  Expect(JudgedOrderly(run), Verdict::kInconclusive, "", "much later");
  run.connections.front().fin_ns = 0;
  run.connections.front().ending = Ending::kNothing;
  Expect(JudgedOrderly(run), Verdict::kInconclusive, "", "never reached");
}

// --- check-close/eintr-not-retried

constexpr char kRetried[] = "check-close/eintr-not-retried";

void CloseAgain(TraceBuilder& run) { run.Made(Call::close, kFd, kSocket, -1, EBADF).flags = kOnDecoy; }

TEST(EintrTest, OneCloseIsAPass) { Expect(Judged(kRetried, Interrupted([](TraceBuilder&) {})), Verdict::kPass); }

TEST(EintrTest, ASecondCloseFails) { Expect(Judged(kRetried, Interrupted(CloseAgain)), Verdict::kFail, "retried-after-eintr"); }

TEST(EintrTest, ClosingItOverAndOverIsNoSweep) {
  Expect(Judged(kRetried, Interrupted([](TraceBuilder& run) {
           for (int i = 0; i < 9; ++i) CloseAgain(run);
         })),
         Verdict::kFail, "retried-after-eintr");
}

TEST(EintrTest, ASweepBeforeTheFaultExcusesNothing) {
  Observation run = Interrupted(CloseAgain);
  TraceBuilder sweep;
  for (int fd = 3; fd < 12; ++fd) sweep.Made(Call::close, fd, 0, -1, EBADF);
  run.trace.events.insert(run.trace.events.begin() + 1, sweep.trace().events.begin(), sweep.trace().events.end());
  Expect(Judged(kRetried, run), Verdict::kFail, "retried-after-eintr");
}

TEST(EintrTest, ARangeOfJustThisNumberIsARetry) {
  const auto range_of = [](uint64_t others) {
    return Interrupted([=](TraceBuilder& run) {
      Event& closed = run.Note(EventKind::kClosed, kFd, kSocket, others, Call::close_range);
      closed.flags = kOnDecoy;
    });
  };
  Expect(Judged(kRetried, range_of(0)), Verdict::kFail, "retried-after-eintr");
  Expect(Judged(kRetried, range_of(100)), Verdict::kPass);
}

TEST(EintrTest, ASecondCloseInAChildIsNone) {
  Expect(Judged(kRetried, Interrupted([](TraceBuilder& run) {
           run.In(200).ForkedFrom(100);
           CloseAgain(run);
           run.In(100);
         })),
         Verdict::kPass);
}

TEST(EintrTest, ASweepOverAllNumbersIsNoRetry) {
  Expect(Judged(kRetried, Interrupted([](TraceBuilder& run) {
           for (int fd = 3; fd < 12; ++fd) {
             if (fd == kFd) {
               CloseAgain(run);
             } else {
               run.Made(Call::close, fd, 0, -1, EBADF);
             }
           }
         })),
         Verdict::kPass);
}

TEST(EintrTest, AFaultThatDidNotFireIsNoPass) {
  Observation run = Interrupted([](TraceBuilder&) {});
  for (TracedEvent& traced : run.trace.events) traced.event.fault = kNoFaultIndex;
  Expect(Judged(kRetried, run), Verdict::kUnexercised);
}

TEST(EintrTest, WithoutACloseItDoesNotApply) {
  const Observation clean = Ordinary(LeaveOpen);
  Expect(Judged(kRetried, clean, clean), Verdict::kNotApplicable);
  const Observation as_stdin = Ordinary([](TraceBuilder& run) { run.Made(Call::close, 0, kSocket); });
  Expect(Judged(kRetried, as_stdin, as_stdin), Verdict::kNotApplicable);
}

TEST(EintrTest, AnAdversarialFaultGivesAnAdvisory) {
  Observation run = Interrupted(CloseAgain);
  for (TracedEvent& traced : run.trace.events) {
    if (traced.event.fault != kNoFaultIndex) traced.event.realism = Realism::kAdversarial;
  }
  Expect(Judged(kRetried, run), Verdict::kAdvisory, "retried-after-eintr", "only by injection");
}

// --- linger/no-abort-by-default

constexpr char kLinger[] = "linger/no-abort-by-default";

Event& SetLinger(TraceBuilder& run, uint32_t on, uint32_t seconds) {
  Event& event = run.Made(Call::setsockopt, kFd, kSocket);
  event.a = uint64_t{SOL_SOCKET} << 32 | SO_LINGER;
  event.b = uint64_t{seconds} << 32 | on;
  return event;
}

CaseResult JudgedLinger(const Observation& run) { return Judged(kLinger, run, run); }

Observation WithLinger(uint32_t on, uint32_t seconds) {
  return Ordinary([=](TraceBuilder& run) {
    SetLinger(run, on, seconds);
    run.Made(Call::close, kFd, kSocket);
  });
}

TEST(LingerTest, WithoutLingerItPasses) { Expect(JudgedLinger(Ordinary()), Verdict::kPass); }
TEST(LingerTest, OnAndZeroFails) { Expect(JudgedLinger(WithLinger(1, 0)), Verdict::kFail, "abortive-linger"); }
TEST(LingerTest, OnWithATimeoutPasses) { Expect(JudgedLinger(WithLinger(1, 5)), Verdict::kPass); }
TEST(LingerTest, OffPasses) { Expect(JudgedLinger(WithLinger(0, 0)), Verdict::kPass); }

TEST(LingerTest, TakenBackBeforeTheCloseItPasses) {
  Expect(JudgedLinger(Ordinary([](TraceBuilder& run) {
           SetLinger(run, 1, 0);
           SetLinger(run, 0, 0);
           run.Made(Call::close, kFd, kSocket);
         })),
         Verdict::kPass);
}

// Whether it would have been set in the middle of an exchange, too, is not known.
TEST(LingerTest, OnAfterBothEndsHadFinishedIsToldAsWhatItIs) {
  const auto ends = [](bool shuts_down) {
    return Ordinary([=](TraceBuilder& run) {
      if (shuts_down) run.Made(Call::shutdown, kFd, kSocket).a = SHUT_WR;
      SetLinger(run, 1, 0);
      run.Made(Call::close, kFd, kSocket);
    });
  };
  Expect(JudgedLinger(ends(true)), Verdict::kFail, "abortive-linger", "in force; this time nothing was left to abort");
  Expect(JudgedLinger(ends(false)), Verdict::kFail, "abortive-linger", "in force.");
  Observation reset = ends(true);
  reset.connections.front().ending = Ending::kFinThenReset;
  Expect(JudgedLinger(reset), Verdict::kFail, "abortive-linger", "the peer got RST");
}

TEST(LingerTest, AResetByUnreadDataIsNotThisRulesAffair) {
  Observation run = Ordinary([](TraceBuilder& trace) { trace.Made(Call::close, kFd, kSocket).a = 10; });
  run.connections.front().ending = Ending::kReset;
  run.connections.front().fin_ns = 0;
  run.connections.front().reset_ns = 9000;
  Expect(JudgedLinger(run), Verdict::kPass, "", "10 bytes were unread");
}

TEST(LingerTest, AResetThatNothingExplainsIsInconclusive) {
  Observation run = Ordinary();
  run.connections.front().ending = Ending::kReset;
  Expect(JudgedLinger(run), Verdict::kInconclusive);
}

// --- peer-gone/reset-on-recv-reported

constexpr char kReported[] = "peer-gone/reset-on-recv-reported";

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

TEST(ResetTest, ThereAreManyWordsForIt) {
  Observation run = Reset();
  run.exit.status = 0;
  for (const char* line : {"write: Broken pipe", "premature end of file", "lost 2176 bytes", "recv: Connection timed out", "short read",
                           "cannot read on", "shutdown: Transport endpoint is not connected", "warning: 2176 bytes are missing"}) {
    run.exit.err = line;
    Expect(Judged(kReported, run), Verdict::kPass, "", line);
  }
  run.exit.err = "got 1088 bytes, closing\n";
  Expect(Judged(kReported, run), Verdict::kFail, "truncated-as-eof");
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
  Expect(Judged(kConnect, StruckAgainAndAgain(kConnect, Call::connect, Effect::kFull, EINTR, 3)), Verdict::kObserved, "", "3 connections");
  Expect(Judged(kConnect, StruckAgainAndAgain(kConnect, Call::connect, Effect::kFull, EINTR, 1)), Verdict::kFail, "hangs");
}

// A clean run that sends its request before it receives.
Observation OrdinaryWithRequest() {
  Observation clean = Ordinary();
  TraceBuilder request;
  request.At(4000).Made(Call::send, kFd, kSocket, 80).a = 80;
  clean.trace.events.insert(clean.trace.events.begin() + 4, request.trace().events.front());
  return clean;
}

TEST(SendErrorTest, WhoTriesAnewAndIsStruckAnewReportsIt) {
  for (const char* id : {"peer-gone/epipe-reported", "peer-gone/reset-on-send-reported"}) {
    const auto struck = [&](int count) { return StruckAgainAndAgain(id, Call::send, Effect::kSkip, EPIPE, count); };
    Expect(Judged(id, struck(3), OrdinaryWithRequest()), Verdict::kPass, "", "on a new connection");
    Expect(Judged(id, struck(1), OrdinaryWithRequest()), Verdict::kFail, "send-error-ignored");
  }
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

// --- always-close/accept-fails/spin

constexpr uint64_t kListener = 7;
constexpr uint64_t kSleepNs = 5'000'000;  // as of a server that sleeps, or of one that the scheduler keeps waiting

// A server whose accept fails 80 times, with something between the attempts.
Judgement FailingToAccept(const std::function<void(TraceBuilder&, int attempt)>& between) {
  TraceBuilder run;
  run.Start();
  for (int attempt = 0; attempt < 80; ++attempt) {
    run.Injected(Call::accept, 3, kListener, Effect::kSkip, EMFILE);
    between(run, attempt);
  }
  Observation observation;
  observation.role = "server";
  observation.trace = run.trace();
  const Evidence evidence(observation);
  return CaseNamed("always-close/accept-fails/spin").judge(evidence, evidence);
}

void Sleep(TraceBuilder& run) { run.At(run.now_ns() + kSleepNs); }

// Is told `ready` descriptors after `ns`.
void Wait(TraceBuilder& run, int64_t ready, uint64_t ns) {
  run.Made(Call::poll, 3, kListener, ready);
  run.trace().events.back().duration_ns = ns;
  run.At(run.now_ns() + ns);
}

TEST(AcceptSpinTest, WhoAsksAtOnceSpins) {
  const Judgement judgement = FailingToAccept([](TraceBuilder&, int) {});
  EXPECT_EQ(judgement.verdict, Verdict::kFail);
  EXPECT_EQ(judgement.finding, "spins-on-failing-accept");
}

TEST(AcceptSpinTest, APollThatReturnsAtOnceIsNoWait) {
  EXPECT_EQ(FailingToAccept([](TraceBuilder& run, int) { Wait(run, 1, 1000); }).verdict, Verdict::kFail);
  EXPECT_EQ(FailingToAccept([](TraceBuilder& run, int) { Wait(run, 0, 1000); }).verdict, Verdict::kFail);
}

TEST(AcceptSpinTest, WhoSleepsOrWaitsDoesNotSpin) {
  EXPECT_EQ(FailingToAccept([](TraceBuilder& run, int) { Sleep(run); }).verdict, Verdict::kPass);
  EXPECT_EQ(FailingToAccept([](TraceBuilder& run, int) { Wait(run, 0, kSleepNs); }).verdict, Verdict::kPass);
  const Judgement now_and_then = FailingToAccept([](TraceBuilder& run, int attempt) {
    if (attempt == 40) Wait(run, 0, kSleepNs);
  });
  EXPECT_EQ(now_and_then.verdict, Verdict::kPass);
}

TEST(AcceptSpinTest, WhoServesOthersBetweenDoesNotSpin) {
  EXPECT_EQ(FailingToAccept([](TraceBuilder& run, int) { run.Made(Call::recv, kFd, kSocket, 80); }).verdict, Verdict::kPass);
}

// On a busy machine a thread may be kept waiting at any point: that is no sleep of its own.
TEST(AcceptSpinTest, AFewPausesDoNotExcuse) {
  const auto paused = [](TraceBuilder& run, int attempt) {
    if (attempt % 30 == 29) Sleep(run);
  };
  EXPECT_EQ(FailingToAccept(paused).verdict, Verdict::kFail);
  const auto mostly = [](TraceBuilder& run, int attempt) {
    if (attempt % 4 != 0) Sleep(run);
  };
  EXPECT_EQ(FailingToAccept(mostly).verdict, Verdict::kPass);
  const auto long_ones = [](TraceBuilder& run, int attempt) {
    if (attempt % 10 == 9) run.At(run.now_ns() + 100'000'000);
  };
  EXPECT_EQ(FailingToAccept(long_ones).verdict, Verdict::kPass);
}

// --- What holds for every case.

TEST(DoubtTest, IncompleteEvidenceIsNeverAPass) {
  const std::vector<std::function<void(Observation&)>> losses = {
      [](Observation& run) { run.trace.lost_events = 1; },
      [](Observation& run) { run.trace.torn_events = 1; },
      [](Observation& run) { run.trace.untracked_sockets = 1; },
      [](Observation& run) { run.connections.front().far_port = 1; },
      [](Observation& run) { run.trace.events.clear(); },
  };
  for (const Case& one : Cases()) {
    for (size_t i = 0; i < losses.size(); ++i) {
      Observation run = one.scenario == Scenario::kResetMidAnswer ? Reset() : Interrupted([](TraceBuilder&) {});
      if (one.faults.empty()) run.faults.clear();
      losses[i](run);
      const CaseResult result = Judged(one.id, run);
      EXPECT_NE(result.verdict, Verdict::kPass) << one.id << " with loss " << i;
      EXPECT_NE(result.verdict, Verdict::kFail) << one.id << " with loss " << i;
    }
  }
}

TEST(DoubtTest, WhatWasSeenStandsAllTheSame) {
  Observation run = Interrupted(CloseAgain);
  run.trace.lost_events = 1;
  Expect(Judged(kRetried, run), Verdict::kFail, "retried-after-eintr");
}

TEST(DoubtTest, ALeakFallsIfTheCloseMayHaveBeenMissed) {
  Observation run = Ordinary([](TraceBuilder&) {});
  run.trace.events.pop_back();
  run.exit.how = SubjectExit::How::kTimedOut;
  run.trace.lost_events = 1;
  Expect(JudgedOrderly(run), Verdict::kInconclusive);
}

TEST(DoubtTest, StdioOnTheConnectionIsABlindSpot) {
  Observation run = Ordinary([](TraceBuilder& trace) {
    trace.Made(Call::fdopen, kFd, kSocket);
    trace.Made(Call::fclose, kFd, kSocket);
  });
  for (const char* id : {kOrderly, kLinger}) Expect(Judged(id, run, run), Verdict::kInconclusive, "", "stdio");
  Expect(Judged(kRetried, run, run), Verdict::kInconclusive, "", "stdio");
}

TEST(DoubtTest, ACoreCaseThatSeemsNotToApplyIsInconclusive) {
  Observation clean = Ordinary();
  std::erase_if(clean.trace.events, [](const TracedEvent& traced) { return traced.event.call == Call::recv; });
  Expect(Judged(kReported, clean, clean), Verdict::kInconclusive, "", "not seen");
}

TEST(DoubtTest, AnEndThatOnlyThePeerSawIsABlindSpot) {
  Observation run = Ordinary([](TraceBuilder& trace) { trace.Note(EventKind::kVanished, kFd, kSocket); });
  Expect(JudgedOrderly(run), Verdict::kInconclusive);
}

TEST(CleanRunTest, ADeathInItShowsNothing) {
  Observation clean = Ordinary();
  clean.exit.how = SubjectExit::How::kSignaled;
  clean.exit.signal = SIGSEGV;
  for (const Case& one : Cases()) Expect(Judged(one.id, Ordinary(), clean), Verdict::kInconclusive, "", "died by SIGSEGV");
}

TEST(CatalogTest, EveryCaseHasItsRequirementFindingsAndDefects) {
  for (const Case& one : Cases()) {
    const CaseResult result = HarnessError(one, absl::InternalError("x"));
    EXPECT_FALSE(result.requirement.empty()) << one.id;
    EXPECT_FALSE(one.findings.empty()) << one.id;
    EXPECT_FALSE(one.defects.empty()) << one.id;
    EXPECT_EQ(result.verdict, Verdict::kHarnessError);
  }
}

// --- drivers

// The library's close failed; the driver's replies know nothing of it.
TEST(DriverTest, AnErrorOfCloseThatTheLibraryLoggedIsNoticed) {
  const char kId[] = "check-close/error-noticed";
  Observation clean = Ordinary();
  clean.role = "library";
  clean.profile = "driver";
  SubjectLife life;
  life.ready_ns = 1;
  life.stop_ns = 10'000;
  clean.lives = {life};
  clean.replies = {{"hello", "ok it", 1, 2}, {"close a", "ok", 3, 4}, {"quit", "ok", 5, 6}};
  Observation run = Ordinary([](TraceBuilder& trace) { trace.Injected(Call::close, kFd, kSocket, Effect::kFull, EIO); });
  run.role = clean.role;
  run.profile = clean.profile;
  run.lives = clean.lives;
  run.replies = clean.replies;
  run.faults = CaseNamed(kId).faults;
  Expect(Judged(kId, run, clean), Verdict::kAdvisory, "close-error-ignored");
  run.exit.err = "Exception in callback\nOSError: [Errno 5] Input/output error\n";
  Expect(Judged(kId, run, clean), Verdict::kPass, "", "OSError");
}

// --- servers

constexpr uint16_t kClient = 50000;  // of the peer

// A server that accepts one client, answers and closes, and is alive at the barrier. `close` may replace the close.
Observation Serving(const std::function<void(TraceBuilder&)>& close = [](TraceBuilder& run) { run.Made(Call::close, 5, 50); }) {
  Observation observation;
  observation.role = "server";
  observation.profile = "http-server";
  observation.scenario = "ordinary exchange";
  observation.backend = "preload";
  observation.peer_address = "127.0.0.1";
  observation.peer_port = 80;
  TraceBuilder run(100);
  run.Start();
  run.Socket(3, 30);
  run.Made(Call::listen, 3, 30);
  run.Accept(3, 30, 5, 50, kClient);
  run.Made(Call::recv, 5, 50, 40);
  run.Made(Call::send, 5, 50, 80);
  close(run);
  observation.trace = run.trace();
  ConnectionRecord record = OrdinaryRecord();
  record.far_port = 80;
  record.near_port = kClient;
  observation.connections = {record};
  SubjectLife life;
  life.ready_ns = 1;
  life.quiet_ns = 1'000'000'000;
  life.listening = true;
  life.alive = {100};
  life.stop_ns = 1'000'000'001;
  life.exit.how = SubjectExit::How::kSignaled;
  life.exit.signal = SIGTERM;
  observation.exit = life.exit;
  observation.lives = {life};
  return observation;
}

TEST(ServerTest, ClosedBeforeTheBarrierIsAPass) { Expect(JudgedOrderly(Serving()), Verdict::kPass); }

TEST(ServerTest, HeldAtTheBarrierIsALeak) {
  Expect(JudgedOrderly(Serving([](TraceBuilder&) {})), Verdict::kFail, "leak", "with all exchanges over");
  const auto late = [](TraceBuilder& run) { run.At(1'500'000'000).Made(Call::close, 5, 50); };
  Expect(JudgedOrderly(Serving(late)), Verdict::kFail, "leak");
}

TEST(ServerTest, HeldByAProcessThatHadGoneIsNoLeak) {
  Observation run = Serving([](TraceBuilder& trace) {
    trace.Note(EventKind::kLeftOpen, 5, 50);
    trace.Exit();
  });
  run.lives.front().alive = {99};
  Expect(JudgedOrderly(run), Verdict::kAdvisory, "left-to-exit");
}

// A child serves what process 100 accepted, and exits; `parent` is what the parent does with its copy.
Observation ServingByChild(const std::function<void(TraceBuilder&)>& parent) {
  return Serving([&](TraceBuilder& run) {
    run.Made(Call::fork, -1, 0, 101);
    run.In(101).ForkedFrom(100);
    run.Note(EventKind::kInherit, 5, 50, kTcpWord);
    run.Made(Call::send, 5, 50, 80);
    run.Made(Call::close, 5, 50);
    run.Exit();
    run.In(100);
    parent(run);
  });
}

TEST(ParentCopyTest, AParentThatClosesItsCopyIsAPass) {
  const Observation run = ServingByChild([](TraceBuilder& trace) { trace.Made(Call::close, 5, 50); });
  Expect(Judged("always-close/parent-copy", run, run), Verdict::kPass, "", "each of 1 connections");
}

TEST(ParentCopyTest, AParentThatKeepsItIsAFailure) {
  Observation run = ServingByChild([](TraceBuilder&) {});
  run.connections.front().ending = Ending::kNothing;
  run.connections.front().fin_ns = 0;
  Expect(Judged("always-close/parent-copy", run, run), Verdict::kFail, "parent-keeps-copy", "FIN, which never came");
  run.lives.front().alive = {100, 101};
  Expect(Judged("always-close/parent-copy", run, run), Verdict::kFail, "parent-keeps-copy");
}

TEST(ParentCopyTest, AChildThatIsNotDoneIsWaitedFor) {
  Observation run = ServingByChild([](TraceBuilder&) {});
  std::erase_if(run.trace.events, [](const TracedEvent& event) {
    return event.pid == 101 && (event.event.call == Call::close || event.event.kind == EventKind::kExit);
  });
  run.connections.front().ending = Ending::kNothing;
  run.connections.front().fin_ns = 0;
  run.lives.front().alive = {100, 101};
  Expect(Judged("always-close/parent-copy", run, run), Verdict::kPass);
}

TEST(ParentCopyTest, WhoServesByItselfIsNotConcerned) {
  Expect(Judged("always-close/parent-copy", Serving(), Serving()), Verdict::kNotApplicable, "", "no child");
}

TEST(GrowthEndsTest, SaysAfterHowManyClients) {
  const auto judged = [](int served, int error) {
    Observation run = Serving([served, error](TraceBuilder& trace) {
      trace.Made(Call::close, 5, 50);
      for (int i = 1; i < served; ++i) {
        trace.Accept(3, 30, 5, 50 + static_cast<uint64_t>(i), static_cast<uint16_t>(kClient + i));
        trace.Made(Call::close, 5, 50 + static_cast<uint64_t>(i));
      }
      if (error != 0) trace.Made(Call::accept, 3, 30, -1, error);
    });
    run.scenario = "more clients than descriptors, one after the other";
    const ConnectionRecord first = run.connections.front();
    for (int i = 1; i < served; ++i) run.connections.emplace_back(first).near_port = static_cast<uint16_t>(kClient + i);
    if (served < 129) run.connections.emplace_back().trouble = "nothing came";
    return Judged("always-close/growth-ends-in-emfile", run, Serving());
  };
  Expect(judged(129, 0), Verdict::kObserved, "", "served 129 of 129");
  Expect(judged(58, EMFILE), Verdict::kObserved, "ends-in-emfile", "served 58 of 129 clients; then accept reported EMFILE");
  Expect(judged(58, 0), Verdict::kObserved, "", "although no accept reported EMFILE");
}

TEST(ServerTest, AnExchangeThatWasNotCompletedSaysNothing) {
  Observation run = Serving([](TraceBuilder&) {});
  run.connections.front().script_done = false;
  run.connections.front().trouble = "step 2, ExpectUntil: the subject sent FIN";
  run.connections.front().received = "-DENIED for reasons\r\n";
  Expect(JudgedOrderly(run), Verdict::kInconclusive, "", "step 2, ExpectUntil: the subject sent FIN (it answered: -DENIED for reasons");
}

TEST(ServerTest, AnAnswerOnAConnectionThatNobodyAcceptedIsADoubt) {
  Observation run = Serving();
  run.connections.front().near_port = kClient + 7;
  Expect(JudgedOrderly(run), Verdict::kInconclusive, "", "that no call of the trace accepted");
}

TEST(ServerTest, WhoNeverListenedOrEndedByItselfIsNotJudged) {
  Observation run = Serving();
  run.lives.front().ready_ns = 0;
  Expect(JudgedOrderly(run), Verdict::kInconclusive, "", "never listened on 127.0.0.1:80");
  run = Serving();
  run.lives.front().stop_ns = 0;
  Expect(JudgedOrderly(run), Verdict::kInconclusive, "", "before it was told to");
}

TEST(ServerTest, ALingeringListenerIsFoundOnlyIfItAccepts) {
  const char kInherited[] = "linger/not-inherited-by-accepted";
  const auto lingers = [](TraceBuilder& run) {
    run.SetLinger(3, 30, 1, 0);
    run.Made(Call::close, 5, 50);
  };
  Expect(Judged(kInherited, Serving(lingers), Serving(lingers)), Verdict::kPass);
  const auto then_accepts = [](TraceBuilder& run) {
    run.Made(Call::close, 5, 50);
    run.SetLinger(3, 30, 1, 0);
    run.Accept(3, 30, 6, 60, kClient + 1);
    run.Made(Call::close, 6, 60);
  };
  Expect(Judged(kInherited, Serving(then_accepts), Serving(then_accepts)), Verdict::kAdvisory, "abortive-linger-on-listener");
}

// A server that finishes its answer by shutdown, and meets a reset there in `run`. It ends by SIGTERM, as it is told to.
Observation FinishingServer(bool reset) {
  Observation run = Serving([=](TraceBuilder& trace) {
    Event& shutdown = reset ? trace.Injected(Call::shutdown, 5, 50, Effect::kReset, ENOTCONN) : trace.Made(Call::shutdown, 5, 50);
    shutdown.realism = Realism::kKernel;
    trace.Made(Call::close, 5, 50);
  });
  if (reset) run.faults = CaseNamed("peer-gone/reset-during-shutdown").faults;
  return run;
}

TEST(ServerTest, ToEndByTheSignalThatTellsItToIsNoCrash) {
  const char kId[] = "peer-gone/reset-during-shutdown";
  Expect(Judged(kId, FinishingServer(true), FinishingServer(false)), Verdict::kPass);
  Observation crashed = FinishingServer(true);
  crashed.lives.front().stop_ns = 0;
  crashed.lives.front().exit.signal = SIGSEGV;
  crashed.exit = crashed.lives.front().exit;
  Expect(Judged(kId, crashed, FinishingServer(false)), Verdict::kFail, "crashed-after-reset");
}

// An ordinary conversation of the profile echo-server has two clients.
Observation ServingTwo(const std::function<void(TraceBuilder&)>& close) {
  Observation run = Serving([&](TraceBuilder& trace) {
    close(trace);
    trace.Accept(3, 30, 6, 60, kClient + 1);
    trace.Made(Call::close, 6, 60);
  });
  run.profile = "echo-server";
  run.connections.push_back(run.connections.front());
  run.connections.back().near_port = kClient + 1;
  return run;
}

TEST(ServerTest, AnAnswerThatComesLaterThanThePeerWaitsIsNotLost) {
  const char kId[] = "interrupted/send";
  const auto closes = [](TraceBuilder& trace) { trace.Made(Call::close, 5, 50); };
  Observation run = ServingTwo([&](TraceBuilder& trace) {
    trace.Injected(Call::send, 5, 50, Effect::kSkip, EINTR).realism = Realism::kKernel;
    closes(trace);
  });
  run.faults = CaseNamed(kId).faults;
  for (ConnectionRecord& record : run.connections) {
    record.script_done = false;
    record.trouble = "it has not come after 2s";
  }
  Expect(Judged(kId, run, ServingTwo(closes)), Verdict::kObserved, "", "later than");
  run.connections.back().bytes_received -= 1;
  Expect(Judged(kId, run, ServingTwo(closes)), Verdict::kFail, "answer-lost");
}

TEST(ServerTest, AnAnswerShorterThanItsLengthIsLost) {
  const char kId[] = "interrupted/partial-send";
  const auto closes = [](TraceBuilder& trace) { trace.Made(Call::close, 5, 50); };
  const auto served = [&](size_t body, const std::string& head) {
    Observation run = ServingTwo([&](TraceBuilder& trace) {
      trace.Injected(Call::send, 5, 50, Effect::kPartial, 0).realism = Realism::kKernel;
      closes(trace);
    });
    run.profile = "http-server";
    run.faults = CaseNamed(kId).faults;
    for (ConnectionRecord& record : run.connections) {
      record.received = head + std::string(body, 'x');
      record.bytes_received = record.received.size();
    }
    return run;
  };
  const std::string head = "HTTP/1.1 200 OK\r\ncontent-LENGTH: 100\r\n\r\n";
  Expect(Judged(kId, served(100, head), ServingTwo(closes)), Verdict::kPass);
  Expect(Judged(kId, served(99, head), ServingTwo(closes)), Verdict::kFail, "answer-lost", "99 of 100 bytes");
  Expect(Judged(kId, served(1, "HTTP/1.1 200 OK\r\n\r\n"), ServingTwo(closes)), Verdict::kPass);  // it promised nothing
}

// A server that waits by epoll_wait, and after one byte of the request waits for more.
Observation StoppingAfterOneByte(bool waits_on_epoll, const std::function<void(TraceBuilder&)>& then = [](TraceBuilder&) {}) {
  const auto events = [=](TraceBuilder& trace) {
    if (waits_on_epoll) trace.Made(Call::epoll_wait, -1, 0, 1);
    Event& cut = trace.Injected(Call::recv, 5, 50, Effect::kPartial, 0);
    cut.realism = Realism::kKernel;
    cut.result = 1;
    cut.a = 1024;
    then(trace);
  };
  Observation run = ServingTwo(events);
  std::erase_if(run.trace.events, [](const TracedEvent& traced) {
    return traced.event.fault == kNoFaultIndex && (traced.event.call == Call::recv || traced.event.call == Call::send);
  });
  run.faults = CaseNamed("interrupted/short-recv").faults;
  for (ConnectionRecord& record : run.connections) {
    record.script_done = false;
    record.bytes_received = 0;
    record.bytes_sent = 80;
    record.trouble = "it has not come after 2s";
  }
  run.connections.front().ending = Ending::kNothing;
  run.connections.front().fin_ns = 0;
  return run;
}

// epoll(7): an edge-triggered program may take a short count for an empty queue, and a queue that is not never gives one.
TEST(ServerTest, AnEdgeTriggeredServerMayTakeAShortCountForAnEmptyQueue) {
  const char kId[] = "interrupted/short-recv";
  const Observation clean = ServingTwo([](TraceBuilder& trace) { trace.Made(Call::close, 5, 50); });
  Expect(Judged(kId, StoppingAfterOneByte(true), clean), Verdict::kObserved, "", "edge-triggered");
  Expect(Judged(kId, StoppingAfterOneByte(false), clean), Verdict::kFail, "answer-lost");
  const auto closes = [](TraceBuilder& trace) { trace.Made(Call::close, 5, 50); };
  Expect(Judged(kId, StoppingAfterOneByte(true, closes), clean), Verdict::kFail, "answer-lost");
}

}  // namespace
}  // namespace lastack
