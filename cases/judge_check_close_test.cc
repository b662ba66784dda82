// The judges of check-close, fact by fact.
#include "cases/judge_fixture.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <cerrno>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cases/driver_facts.h"
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

CaseResult JudgedBesideStrangers(
    const std::function<void(TraceBuilder&)>& behind_socket,
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
  Expect(JudgedBesideStrangers([](TraceBuilder& run) { CloseStranger(run, 1); }), Verdict::kFail, "stranger-closed",
         "24");
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
  Expect(JudgedBesideStrangers([&](TraceBuilder& run) { in_child(run, false); }), Verdict::kFail, "stranger-closed",
         "process 101");
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

// Each runtime has words of its own for it, and some tell the number only.
TEST(ErrnoPreservedTest, TheFirstErrorHasManyNames) {
  const auto judged = [](const std::string& told, int error) {
    Observation run = CleanedUp(absl::StrCat(told, "\nOSError: [Errno 5] Input/output error\n"));
    for (TracedEvent& traced : run.trace.events) {
      if (traced.event.error == ECONNRESET) traced.event.error = static_cast<uint16_t>(error);
    }
    return Judged(kPreserved, run, Sending());
  };
  const struct {
    int error;
    std::vector<const char*> texts;
  } kNames[] = {
      {ECONNRESET,
       {"ConnectionResetError", "java.net.SocketException: Connection reset",
        "write tcp 1->2: connection reset by peer", "read ECONNRESET", "Kind(ConnectionReset)", "(os error 104)",
        "[Errno 104]", "errno=104", "errno 104", "failed (104: ...)", "(104, '')", "error(104)"}},
      {EPIPE,
       {"BrokenPipeError", "java.io.IOException: Broken pipe", "write EPIPE", "kind: BrokenPipe", "(os error 32)",
        "[Errno 32]", "(32, '')"}},
      {ECONNREFUSED,
       {"ConnectionRefusedError", "dial tcp: connect: connection refused", "connect ECONNREFUSED 127.0.0.1:80",
        "ConnectionRefused", "(os error 111)", "[Errno 111]", "(111: refused)"}},
  };
  for (const auto& [error, texts] : kNames) {
    for (const char* text : texts) {
      SCOPED_TRACE(text);
      Expect(judged(text, error), Verdict::kPass);
    }
  }
  for (const char* text : {"(1045)", "[Errno 1040]", "(104 bytes)", "ConnectionRefusedError", "at 104"}) {
    SCOPED_TRACE(text);
    Expect(judged(text, ECONNRESET), Verdict::kAdvisory, "first-error-hidden");
  }
}

TEST(ErrnoPreservedTest, OnlyTheErrorOfTheCloseIsNone) {
  for (const char* text :
       {"send: Input/output error\n", "[Errno 5] failed\n", "EIO: i/o error, write\n", "failed (os error 5)\n"}) {
    SCOPED_TRACE(text);
    Expect(Judged(kPreserved, CleanedUp(text), Sending()), Verdict::kAdvisory, "first-error-hidden",
           "ECONNRESET from send");
  }
}

TEST(ErrnoPreservedTest, StdoutTellsAsWell) {
  const auto judged = [](const std::string& out) {
    Observation run = CleanedUp("");
    run.exit.out = out;
    return Judged(kPreserved, run, Sending());
  };
  Expect(judged("error: send: Connection reset by peer\n"), Verdict::kPass);
  Expect(judged("error: send: Input/output error\n"), Verdict::kAdvisory, "first-error-hidden");
  Expect(judged("warning: close: Input/output error\nfatal: Connection reset by peer\n"), Verdict::kPass);
}

TEST(ErrnoPreservedTest, WhoNamesNeitherIsNotJudged) {
  Expect(Judged(kPreserved, CleanedUp("it failed\n"), Sending()), Verdict::kObserved);
  Expect(Judged(kPreserved, CleanedUp("[Errno 54]\n"), Sending()), Verdict::kObserved);
  Expect(Judged(kPreserved, CleanedUp("curl: (5) failed\n"), Sending()),
         Verdict::kObserved);  // its own number, not EIO's
}

TEST(ErrnoPreservedTest, WhoDoesNotCleanUpIsNotConcerned) {
  Expect(Judged(kPreserved, CleanedUp("", false), Sending()), Verdict::kNotApplicable, "", "on which send has failed");
  Observation never = Ordinary();
  never.faults = CaseNamed(kPreserved).faults;
  Expect(Judged(kPreserved, never, Sending()), Verdict::kUnexercised);
}

// --- check-close/eintr-not-retried

TEST(EintrTest, OneCloseIsAPass) {
  Expect(Judged(kRetried, Interrupted([](TraceBuilder&) {})), Verdict::kPass);
}

TEST(EintrTest, ASecondCloseFails) {
  Expect(Judged(kRetried, Interrupted(CloseAgain)), Verdict::kFail, "retried-after-eintr");
}

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

// Closes of the numbers, among them the decoy's, as the next calls of the subject's thread.
void CloseInTurn(TraceBuilder& run, const std::vector<int>& fds) {
  for (const int fd : fds) {
    if (fd == kFd) {
      CloseAgain(run);
    } else {
      run.Made(Call::close, fd, 0, -1, EBADF);
    }
  }
}

TEST(EintrTest, ASweepIsThreeUpwardsByOneThreadBehindTheFault) {
  const auto closing = [](std::vector<int> fds) {
    return Judged(kRetried, Interrupted([fds](TraceBuilder& run) { CloseInTurn(run, fds); }));
  };
  Expect(closing({4, kFd, 6}), Verdict::kPass);
  Expect(closing({4, kFd, 6, 3}), Verdict::kPass);
  Expect(closing({4, kFd}), Verdict::kFail, "retried-after-eintr");
  Expect(closing({4, kFd, 3}), Verdict::kFail, "retried-after-eintr");
  Expect(closing({kFd, 3, 4, 6}), Verdict::kFail, "retried-after-eintr");
  Expect(Judged(kRetried, Interrupted([](TraceBuilder& run) {
                  CloseInTurn(run.In(100, 101), {3, 4});
                  CloseInTurn(run.In(100), {kFd});
                })),
         Verdict::kFail, "retried-after-eintr");
  Observation run = Ordinary([](TraceBuilder& trace) {
    CloseInTurn(trace, {3, 4});
    trace.Injected(Call::close, kFd, kSocket, Effect::kDecoy, EINTR);
    CloseInTurn(trace, {kFd});
  });
  run.faults = CaseNamed(kRetried).faults;
  Expect(Judged(kRetried, run), Verdict::kFail, "retried-after-eintr");
}

// A retry, and then what else the program had: each of a higher number, and all of them its own.
TEST(EintrTest, WhoClosesOnlyWhatItOwnsDoesNotSweep) {
  Expect(Judged(kRetried, Interrupted([](TraceBuilder& run) {
                  CloseAgain(run);
                  run.Made(Call::close, kFd + 1, 88);
                  run.Made(Call::close, kFd + 2, 89);
                })),
         Verdict::kFail, "retried-after-eintr");
}

TEST(EintrTest, ADecoyOfAnotherSocketIsAnothersNumber) {
  Expect(Judged(kRetried,
                Interrupted([](TraceBuilder& run) { run.Made(Call::close, 9, 88, -1, EBADF).flags = kOnDecoy; })),
         Verdict::kPass);
}

TEST(EintrTest, OnASocketWithoutThePeerNothingIsShown) {
  Observation run = Ordinary([](TraceBuilder& trace) {
    trace.Socket(9, 88);
    trace.Injected(Call::close, 9, 88, Effect::kDecoy, EINTR);
    Close(trace);
  });
  run.faults = CaseNamed(kRetried).faults;
  Expect(Judged(kRetried, run), Verdict::kUnexercised, "", "not on a connection with the peer");
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

// --- .../each: without a decoy

void CloseOfNothing(TraceBuilder& run) { run.Made(Call::close, kFd, 0, -1, EBADF); }

Observation Closing(const std::function<void(TraceBuilder&)>& then) {
  return Ordinary([&](TraceBuilder& run) {
    run.Made(Call::close, kFd, kSocket);
    then(run);
  });
}

CaseResult JudgedEach(const std::function<void(TraceBuilder&)>& then) {
  const Observation clean = Closing(then);
  return Judged("always-close/exactly-once/each", clean, clean);
}

TEST(EachCloseTest, OneCloseIsAPass) {
  Expect(JudgedEach([](TraceBuilder&) {}), Verdict::kPass, "", "1 close was seen");
}

// A probe of what this machine has, closed before any connection was made.
TEST(EachCloseTest, WithoutAConnectionNothingIsShown) {
  const Observation clean = Closing([](TraceBuilder&) {});
  Observation run = Ordinary([](TraceBuilder& trace) {
    trace.Socket(9, 88);
    trace.Injected(Call::close, 9, 88, Effect::kFull, EINTR);
    Close(trace);
  });
  run.faults = CaseNamed("check-close/eintr-not-retried/each").faults;
  Expect(Judged("check-close/eintr-not-retried/each", run, clean), Verdict::kUnexercised);
}

TEST(EachCloseTest, AListenerIsClosedOnceToo) {
  const Observation clean = Ordinary([](TraceBuilder& run) {
    run.Socket(9, 88, kListenerWord);
    Close(run);
    run.Made(Call::close, 9, 88);
    run.Made(Call::close, 9, 0, -1, EBADF);
  });
  Expect(Judged("always-close/exactly-once/each", clean, clean), Verdict::kFail, "closed-twice", "closed 9 again");
}

TEST(EachCloseTest, ANumberThatIsNobodysWasClosedTwice) {
  Expect(JudgedEach(CloseOfNothing), Verdict::kFail, "closed-twice", "closed 5 again after close had succeeded");
}

TEST(EachCloseTest, ASweepIsNone) {
  const auto sweep = [](int from, int to) {
    return JudgedEach([=](TraceBuilder& run) {
      for (int fd = from; fd <= to; ++fd) run.Made(Call::close, fd, 0, -1, EBADF);
    });
  };
  Expect(sweep(3, 11), Verdict::kPass);
  Expect(sweep(kFd, kFd + 2), Verdict::kPass);
  Expect(sweep(kFd, kFd + 1), Verdict::kFail, "closed-twice", "closed 5 again");
}

// The number may have been a file's, which is not seen.
TEST(EachCloseTest, BehindAnotherCallNothingIsKnown) {
  Expect(JudgedEach([](TraceBuilder& run) {
           run.Made(Call::poll, -1, 0);
           CloseOfNothing(run);
         }),
         Verdict::kPass);
}

TEST(EachCloseTest, OnlyTheThreadsOwnNextCallOfThisNumberIsASecondClose) {
  Expect(JudgedEach([](TraceBuilder& run) { run.Made(Call::close, kFd + 1, 0, -1, EBADF); }), Verdict::kPass, "",
         "1 close");
  Expect(JudgedEach([](TraceBuilder& run) {
           run.In(100, 101);
           CloseOfNothing(run);
           run.In(100);
         }),
         Verdict::kPass);
  Expect(JudgedEach([](TraceBuilder& run) { run.Made(Call::close, kFd, 0); }), Verdict::kPass);
  Expect(JudgedEach([](TraceBuilder& run) { run.Made(Call::close, kFd, 88, -1, EBADF); }), Verdict::kPass);
  Expect(JudgedEach([](TraceBuilder& run) { run.Made(Call::shutdown, kFd, 0, -1, EBADF); }), Verdict::kPass);
  Expect(JudgedEach([](TraceBuilder& run) { run.Made(Call::fclose, kFd, 0, -1, EBADF); }), Verdict::kFail,
         "closed-twice");
}

TEST(EachCloseTest, WhatStandsBetweenButIsNoCallHidesNothing) {
  Expect(JudgedEach([](TraceBuilder& run) {
           run.Note(EventKind::kClosed, 9, 0);
           CloseOfNothing(run);
         }),
         Verdict::kFail, "closed-twice");
}

// Of a listener, a file or a socket of another kind nothing is said, and a close that freed nothing is not the first.
TEST(EachCloseTest, OnlyClosesThatFreeTheNumberOfATcpSocketCount) {
  const auto closing = [](uint64_t word, int error) {
    const Observation run = Ordinary([=](TraceBuilder& trace) {
      trace.Made(Call::close, kFd, kSocket);
      trace.Socket(9, 88, word);
      trace.Made(Call::close, 9, 88, error == 0 ? 0 : -1, error);
      trace.Made(Call::close, 9, 0, -1, EBADF);
    });
    return Judged("always-close/exactly-once/each", run, run);
  };
  Expect(closing(kTcpWord, 0), Verdict::kFail, "closed-twice", "closed 9 again");
  Expect(closing(kUnixWord, 0), Verdict::kPass, "", "1 close was seen");
  Expect(closing(kTcpWord, EBADF), Verdict::kPass, "", "1 close was seen");
  Expect(JudgedEach([](TraceBuilder& run) { run.Made(Call::close, kFd, kSocket).flags = kOnDecoy; }), Verdict::kPass,
         "", "1 close was seen");
}

// With a fault, each close that it changed.
CaseResult JudgedEachInterrupted(const std::function<void(TraceBuilder&)>& then) {
  const std::string id = absl::StrCat(kRetried, "/each");
  Observation run = Ordinary([&](TraceBuilder& trace) {
    trace.Injected(Call::close, kFd, kSocket, Effect::kFull, EINTR);
    then(trace);
  });
  run.faults = CaseNamed(id).faults;
  return Judged(id, run);
}

TEST(EachCloseTest, EachCloseThatTheFaultChangedIsWatched) {
  Expect(JudgedEachInterrupted([](TraceBuilder&) {}), Verdict::kPass, "",
         "again after close had reported EINTR: 1 close");
  Expect(JudgedEachInterrupted(CloseOfNothing), Verdict::kFail, "retried-after-eintr");
  const auto second = [](int again) {
    return JudgedEachInterrupted([again](TraceBuilder& run) {
      run.Socket(9, 88);
      run.Injected(Call::close, 9, 88, Effect::kFull, EINTR);
      run.Made(Call::close, again, 0, -1, EBADF);
    });
  };
  Expect(second(9), Verdict::kFail, "retried-after-eintr", "closed 9 again");
  Expect(second(10), Verdict::kPass, "", "2 closes were seen");
  Expect(JudgedEachInterrupted([](TraceBuilder& run) {
           run.Socket(9, 88);
           run.Made(Call::close, 9, 88);
           run.Made(Call::close, 9, 0, -1, EBADF);
         }),
         Verdict::kPass, "", "1 close was seen");
}

TEST(EachCloseTest, WhatWasNotSeenMayHaveBeenASecondClose) {
  Observation run = Closing([](TraceBuilder&) {});
  run.trace.lost_events = 1;
  Expect(Judged("always-close/exactly-once/each", run, run), Verdict::kInconclusive);
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
  Expect(Judged("always-close/orderly", clean, clean), Verdict::kInconclusive, "",
         "it died by SIGABRT; the end of its stderr: terminate called");
  Observation at_second_address = clean;
  at_second_address.scenario = ScenarioName(Scenario::kSecondAddress);
  Expect(Judged("always-close/losing-attempts", at_second_address, OfDriver(Ordinary())), Verdict::kInconclusive, "",
         "it died by SIGABRT");
}

// A library that says nothing of the failed send does not report it by the shutdown of what is gone.
TEST(DriverTest, AShutdownOfALostConnectionReportsNothing) {
  const Evidence clean(OfDriver(Ordinary()));
  const auto finishing = [](const std::function<void(TraceBuilder&)>& shut_down) {
    Observation run = OfDriver(Ordinary(shut_down));
    run.replies.insert(run.replies.begin() + 1, {"finish a", "error ENOTCONN", 2, 3});
    return Evidence(run);
  };
  const auto by_itself = [](TraceBuilder& trace) { trace.Made(Call::shutdown, kFd, kSocket, -1, ENOTCONN); };
  EXPECT_EQ(NewErrorReply(clean, finishing(by_itself)), "");
  const auto injected = [](TraceBuilder& trace) {
    trace.Injected(Call::shutdown, kFd, kSocket, Effect::kFull, ENOTCONN);
  };
  EXPECT_EQ(NewErrorReply(clean, finishing(injected)), "its reply to finish: error ENOTCONN");
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
