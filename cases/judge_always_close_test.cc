// The judges of always-close at clients, and of accepting, fact by fact.
#include "cases/judge_fixture.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <functional>

namespace lastack {
namespace {

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

TEST(OrderlyTest, AnEndThatOnlyComesWhenThePeerHasGivenUpIsNoDoubt) {
  Observation run = Ordinary([](TraceBuilder& trace) { trace.At(4'000'000'000).Made(Call::close, kFd, kSocket); });
  ConnectionRecord& record = run.connections.front();
  record.fin_ns = 0;
  record.ending = Ending::kNothing;
  record.left_ns = 2'000'000'000;
  Expect(JudgedOrderly(run), Verdict::kPass);
  record.left_ns = 4'500'000'000;
  Expect(JudgedOrderly(run), Verdict::kInconclusive, "", "never reached");
}

// --- always-close/exactly-once and no-use-after behind an error, and always-close/orderly behind a truncated answer

constexpr char kAfterReset[] = "always-close/exactly-once/after-reset";
constexpr char kAfterRefusal[] = "always-close/exactly-once/after-refusal";
// As by epoll_wait, which names no descriptor: then the decoy waits for nothing.
TEST(ErrorPathsTest, WhoClosesWithoutACallThatToldItIsNotConcerned) {
  Observation run = Reset();
  run.faults = CaseNamed(kAfterReset).faults;
  Expect(Judged(kAfterReset, run), Verdict::kUnexercised);  // recv has told it, so that the fault was due
  std::erase_if(run.trace.events, [](const TracedEvent& traced) { return traced.event.error == ECONNRESET; });
  Expect(Judged(kAfterReset, run), Verdict::kNotApplicable, "", "no call on it has told");
}

constexpr char kAfterTruncation[] = "always-close/orderly/after-truncation";

void UseAgain(TraceBuilder& run) { run.Made(Call::send, kFd, kSocket).flags = kOnDecoy; }

// The peer resets the connection before `close` is done.
Observation BehindReset(const std::string& id, const Change& close) {
  Observation run = Ordinary(close);
  run.scenario = ScenarioName(CaseNamed(id).scenario);
  run.faults = CaseNamed(id).faults;
  run.connections = Reset().connections;
  run.connections.front().our_reset_ns = 1;
  return run;
}

// A decoy takes its number.
Observation ClosedByDecoy(const std::string& id, const Change& then) {
  return BehindReset(id, [&](TraceBuilder& trace) {
    trace.Injected(Call::close, kFd, kSocket, Effect::kDecoy, 0);
    then(trace);
  });
}

TEST(ErrorPathsTest, ANumberThatIsClosedAgainAfterAResetIsFound) {
  Expect(Judged(kAfterReset, ClosedByDecoy(kAfterReset, [](TraceBuilder&) {})), Verdict::kPass);
  Expect(Judged(kAfterReset, ClosedByDecoy(kAfterReset, CloseAgain)), Verdict::kFail, "closed-twice");
}

TEST(ErrorPathsTest, ANumberThatIsUsedAgainAfterAResetIsFound) {
  const std::string id = "always-close/no-use-after/after-reset";
  Expect(Judged(id, ClosedByDecoy(id, [](TraceBuilder&) {})), Verdict::kPass);
  Expect(Judged(id, ClosedByDecoy(id, UseAgain)), Verdict::kFail, "used-after-close");
}

TEST(ErrorPathsTest, ANumberThatIsUsedAgainAfterATruncatedAnswerIsFound) {
  const std::string id = "always-close/no-use-after/after-truncation";
  const auto closed = [&](const Change& then) {
    Observation run = ClosedByDecoy(id, then);
    run.connections = {OrdinaryRecord()};
    run.connections.front().our_fin_ns = 1;
    return run;
  };
  Expect(Judged(id, closed([](TraceBuilder&) {})), Verdict::kPass);
  Expect(Judged(id, closed(UseAgain)), Verdict::kFail, "used-after-close");
}

TEST(ErrorPathsTest, AnInterruptedCloseThatIsRetriedAfterAResetIsFound) {
  const std::string id = "check-close/eintr-not-retried/after-reset";
  const auto interrupted = [&](const Change& then) {
    return BehindReset(id, [&](TraceBuilder& trace) {
      trace.Injected(Call::close, kFd, kSocket, Effect::kDecoy, EINTR);
      then(trace);
    });
  };
  Expect(Judged(id, interrupted([](TraceBuilder&) {})), Verdict::kPass);
  Expect(Judged(id, interrupted(CloseAgain)), Verdict::kFail, "retried-after-eintr");
  Expect(Judged(id, BehindReset(id, LeaveOpen)), Verdict::kNotApplicable, "", "never calls close(2)");
}

TEST(ErrorPathsTest, WhatWasClosedBeforeTheResetIsNoErrorPath) {
  Observation run = ClosedByDecoy(kAfterReset, CloseAgain);
  run.connections.front().our_reset_ns = run.trace.events.back().start_ns;
  Expect(Judged(kAfterReset, run), Verdict::kNotApplicable, "", "never calls close(2)");
}

TEST(ErrorPathsTest, ADecoyAtAnotherConnectionShowsNothing) {
  constexpr uint64_t kOther = 78;
  Observation run = ClosedByDecoy(kAfterReset, CloseAgain);
  for (TracedEvent& traced : run.trace.events) {
    if (traced.event.effect == Effect::kDecoy) traced.event.socket = kOther;
    if ((traced.event.flags & kOnDecoy) != 0) traced.event.flags = 0;  // the close of the reset one
  }
  Expect(Judged(kAfterReset, run), Verdict::kUnexercised, "", "not at the close");
}

TEST(ErrorPathsTest, WithoutAResetNothingIsShown) {
  Observation run = ClosedByDecoy(kAfterReset, [](TraceBuilder&) {});
  run.connections.front().our_reset_ns = 0;
  Expect(Judged(kAfterReset, run), Verdict::kUnexercised);
}

TEST(ErrorPathsTest, WhoLeavesTheResetConnectionToTheExitClosesNothingTwice) {
  Expect(Judged(kAfterReset, BehindReset(kAfterReset, LeaveOpen)), Verdict::kNotApplicable, "", "never calls close(2)");
}

// No connection comes about.
Observation Refused(const Change& close, bool tries = true) {
  TraceBuilder trace;
  trace.Start();
  if (tries) {
    trace.Socket(kFd, kSocket);
    trace.Connect(kFd, kSocket, -1, ECONNREFUSED);
    close(trace);
  }
  trace.Exit();
  Observation run = Ordinary();
  run.scenario = ScenarioName(Scenario::kRefused);
  run.connections.clear();
  run.trace = trace.trace();
  return run;
}

TEST(ErrorPathsTest, ANumberThatIsClosedAgainAfterARefusalIsFound) {
  const auto close = [](TraceBuilder& run) { run.Made(Call::close, kFd, kSocket); };
  Expect(Judged(kAfterRefusal, Refused(close)), Verdict::kPass);
  Expect(Judged(kAfterRefusal, Refused([&](TraceBuilder& run) {
                  close(run);
                  run.Made(Call::close, kFd, 0, -1, EBADF);
                })),
         Verdict::kFail, "closed-twice");
}

TEST(ErrorPathsTest, ANumberThatIsUsedAgainAfterARefusalIsFound) {
  const std::string id = "always-close/no-use-after/after-refusal";
  const auto closed = [&](const Change& close) {
    Observation run = Refused(close);
    run.faults = CaseNamed(id).faults;
    return run;
  };
  const auto by_decoy = [](TraceBuilder& run) { run.Injected(Call::close, kFd, kSocket, Effect::kDecoy, 0); };
  Expect(Judged(id, closed(by_decoy)), Verdict::kPass);
  Expect(Judged(id, closed([&](TraceBuilder& run) {
                  by_decoy(run);
                  run.Made(Call::connect, kFd, kSocket, -1, EBADF).flags = kOnDecoy;
                })),
         Verdict::kFail, "used-after-close", "called connect");
  Expect(Judged(id, closed([](TraceBuilder& run) { run.Made(Call::close, kFd, kSocket); })), Verdict::kUnexercised);
}

TEST(ErrorPathsTest, WhoIsNotRefusedOrNeverClosesHasNothingToCloseTwice) {
  Expect(Judged(kAfterRefusal, Refused([](TraceBuilder&) {}, false)), Verdict::kUnexercised, "", "did not try");
  Expect(Judged(kAfterRefusal, Refused([](TraceBuilder&) {})), Verdict::kNotApplicable, "", "never calls close(2)");
}

// On the first connection the peer finishes too early; a second one follows, and is complete.
Observation Truncated(bool closes_first) {
  constexpr uint64_t kSecond = 78;
  Observation run = Ordinary([&](TraceBuilder& trace) {
    if (closes_first) Close(trace);
    trace.At(20'000).Socket(6, kSecond);
    trace.Connect(6, kSecond).b = kPort + 1;
    trace.Made(Call::close, 6, kSecond);
    if (!closes_first) LeaveOpen(trace);
  });
  run.scenario = ScenarioName(Scenario::kTruncatedAnswer);
  ConnectionRecord second = OrdinaryRecord();
  second.script = 1;
  second.far_port = kPort + 1;
  second.our_fin_ns = 30'000;
  run.connections.push_back(second);
  return run;
}

TEST(ErrorPathsTest, AConnectionThatStaysOpenAfterATruncatedAnswerIsALeak) {
  Expect(Judged(kAfterTruncation, Truncated(true)), Verdict::kPass);
  Observation run = Truncated(false);
  Expect(Judged(kAfterTruncation, run), Verdict::kFail, "leak-after-truncation", "another connection");
  run.connections.front().our_fin_ns = 0;
  Expect(Judged(kAfterTruncation, run), Verdict::kUnexercised);
}

// --- always-close/accept-fails/spin

constexpr uint64_t kListener = 7;
constexpr uint64_t kSleepNs = 5'000'000;  // as of a server that sleeps, or of one that the scheduler keeps waiting

// A server whose accept fails 80 times, with something between the attempts.
Judgement FailingToAccept(const std::function<void(TraceBuilder&, int attempt)>& between) {
  TraceBuilder run;
  run.Start();
  for (int attempt = 0; attempt < 80; ++attempt) {
    run.Injected(Call::accept, 3, kListener, Effect::kExhaust, EMFILE);
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

// As libuv and Twisted do, which keep a descriptor for that: a client is accepted, and sent away.
TEST(AcceptSpinTest, WhoMakesRoomDoesNotSpin) {
  EXPECT_EQ(FailingToAccept([](TraceBuilder& run, int) { run.Made(Call::accept, 3, kListener, 9); }).verdict,
            Verdict::kPass);
}

TEST(AcceptSpinTest, WhoServesOthersBetweenDoesNotSpin) {
  EXPECT_EQ(FailingToAccept([](TraceBuilder& run, int) { run.Made(Call::recv, kFd, kSocket, 80); }).verdict,
            Verdict::kPass);
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

}  // namespace
}  // namespace lastack
