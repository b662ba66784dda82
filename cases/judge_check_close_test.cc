// The judges of check-close, fact by fact.
#include "cases/judge_fixture.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <cerrno>
#include <functional>
#include <string>
#include <vector>

#include "harness/run/strangers.h"

namespace lastack {
namespace {

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

// --- check-close/eintr-not-retried

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

Observation OfDriver(Observation run) {
  run.role = "library";
  run.profile = "driver";
  SubjectLife life;
  life.ready_ns = 1;
  life.stop_ns = 10'000;
  run.lives = {life};
  run.replies = {{"hello", "ok it", 1, 2}, {"close a", "ok", 3, 4}, {"quit", "ok", 5, 6}};
  return run;
}

TEST(DriverTest, ACrashWhereNothingWasMadeToFailIsADefectOfTheDriver) {
  Observation clean = OfDriver(Ordinary());
  clean.exit.how = SubjectExit::How::kSignaled;
  clean.exit.signal = SIGABRT;
  clean.exit.err = "terminate called";
  Expect(Judged("always-close/orderly", clean, clean), Verdict::kInconclusive, "", "it died by SIGABRT; the end of its stderr: terminate called");
  Observation at_second_address = clean;
  at_second_address.scenario = ScenarioName(Scenario::kSecondAddress);
  Expect(Judged("always-close/losing-attempts", at_second_address, OfDriver(Ordinary())), Verdict::kInconclusive, "", "it died by SIGABRT");
}

// The library's close failed; the driver's replies know nothing of it.
TEST(DriverTest, AnErrorOfCloseThatTheLibraryLoggedIsNoticed) {
  const char kId[] = "check-close/error-noticed";
  const Observation clean = OfDriver(Ordinary());
  Observation run =
      OfDriver(Ordinary([](TraceBuilder& trace) { trace.Injected(Call::close, kFd, kSocket, Effect::kFull, EIO); }));
  run.faults = CaseNamed(kId).faults;
  Expect(Judged(kId, run, clean), Verdict::kAdvisory, "close-error-ignored");
  run.exit.err = "Exception in callback\nOSError: [Errno 5] Input/output error\n";
  Expect(Judged(kId, run, clean), Verdict::kPass, "", "OSError");
}

}  // namespace
}  // namespace lastack
