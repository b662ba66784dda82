// What audits of real programs have shown to be judged wrongly, each as the smallest observation that shows it.
#include <signal.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "cases/judge_fixture.h"

namespace lastack {
namespace {

constexpr char kResetAtClose[] = "close:fd=tcp:when=1:effect=reset";

// A server that closes only when it is told to end: the fault fires then, and shows no leak.
TEST(AuditFindingsTest, CloseThatFallsDueBehindTheBarrierIsNoLeak) {
  Observation run =
      Serving([](TraceBuilder& trace) { trace.At(1'500'000'000).Injected(Call::close, 5, 50, Effect::kReset, 0); });
  run.faults = {kResetAtClose};
  Expect(Judged("peer-gone/reset-during-close", run, Serving()), Verdict::kInconclusive, "",
         "was not complete when the time was up");
}

// A peer that waits for the server in each of many scripts may use up the run's time.
TEST(AuditFindingsTest, ServerThatWasCutOffWhenTheTimeWasUpDidNotEndByItself) {
  Observation run = Serving();
  SubjectLife& life = run.lives.front();
  life.exit.how = SubjectExit::How::kTimedOut;
  life.stop_ns = 0;
  life.alive = {};
  life.listening = false;
  run.exit = life.exit;
  run.connections.back().script_done = false;
  run.connections.back().trouble = "the peer could not connect to the subject: Connection refused";
  Expect(Judged("peer-gone/others-unharmed", run, Serving()), Verdict::kInconclusive, "", "was not over after");
}

// A leak that uses up the time is none that was not there: nobody was alive any more when it was looked who holds what.
TEST(AuditFindingsTest, ServerThatWasCutOffBeforeTheBarrierHoldsNobodyKnowsWhat) {
  Observation run = Serving();
  run.scenario = ScenarioName(Scenario::kManyFinished);
  SubjectLife& life = run.lives.front();
  life.exit.how = SubjectExit::How::kTimedOut;
  life.exit.ended_ns = life.quiet_ns + 30'000'000;
  life.stop_ns = 0;
  life.alive = {};
  run.exit = life.exit;
  Expect(Judged("always-close/accepted/finished", run, Serving()), Verdict::kInconclusive, "", "was not over after");
}

// What is only looked at is not received.
TEST(AuditFindingsTest, PeekingAtTheAnswerIsNotTakingIt) {
  Observation run = Interrupted([](TraceBuilder&) {});
  Expect(Judged("check-close/eintr-harmless", run), Verdict::kPass);
  for (TracedEvent& traced : run.trace.events) {
    if (traced.event.kind == EventKind::kCall && traced.event.call == Call::recv) traced.event.b = MSG_PEEK;
  }
  Expect(Judged("check-close/eintr-harmless", run), Verdict::kFail, "answer-lost");
}

// What becomes of a question that is asked again.
enum class SecondAnswer { kNone, kWhole, kUnread };

// Its request fails, it asks again on another connection, and exits with 0 without a word.
Observation AskingAgain(SecondAnswer answer) {
  constexpr uint16_t kSecondPort = kPort + 1;
  Observation run = Ordinary();
  run.faults = CaseNamed("peer-gone/epipe-reported").faults;
  TraceBuilder trace;
  trace.Start();
  trace.Socket(kFd, kSocket);
  trace.Connect(kFd, kSocket);
  trace.Injected(Call::send, kFd, kSocket, Effect::kReset, EPIPE);
  Close(trace);
  trace.Socket(kFd, kSocket + 1);
  trace.Connect(kFd, kSocket + 1).b = kSecondPort;
  const bool refused = answer == SecondAnswer::kNone;
  if (refused) {
    trace.Injected(Call::send, kFd, kSocket + 1, Effect::kReset, EPIPE);
  } else {
    trace.Made(Call::send, kFd, kSocket + 1, 80);
  }
  if (answer == SecondAnswer::kWhole) trace.Made(Call::recv, kFd, kSocket + 1, 3000);
  trace.Made(Call::close, kFd, kSocket + 1);
  trace.Exit();
  run.trace = trace.trace();
  ConnectionRecord& first = run.connections.front();
  first = {};
  first.far_port = kPort;
  first.accepted_ns = 3000;
  first.our_reset_ns = 5000;
  ConnectionRecord second = refused ? first : OrdinaryRecord();
  second.far_port = kSecondPort;
  run.connections.push_back(second);
  return run;
}

// A request that is lost each time it is made is lost.
TEST(AuditFindingsTest, AskingAgainIsAReportOnlyIfItBringsTheAnswer) {
  const Observation clean = OrdinaryWithRequest();
  for (const char* id : {"peer-gone/epipe-reported", "peer-gone/reset-on-send-reported"}) {
    Expect(Judged(id, AskingAgain(SecondAnswer::kNone), clean), Verdict::kFail, "send-error-ignored");
    Expect(Judged(id, AskingAgain(SecondAnswer::kUnread), clean), Verdict::kFail, "send-error-ignored");
    Expect(Judged(id, AskingAgain(SecondAnswer::kWhole), clean), Verdict::kPass, "", "on a new connection");
  }
}

// What it printed counts for more than what it took, where it prints the answer.
TEST(AuditFindingsTest, AskingAgainForAnAnswerThatIsThenNotPrintedIsNoReport) {
  constexpr char kId[] = "peer-gone/epipe-reported";
  const auto printing = [](Observation observation, bool prints) {
    observation.profile = "http-client";
    if (prints) observation.exit.out = FindProfile("http-client")->answer;
    return observation;
  };
  const Observation clean = printing(OrdinaryWithRequest(), true);
  Expect(Judged(kId, printing(AskingAgain(SecondAnswer::kWhole), true), clean), Verdict::kPass, "",
         "on a new connection");
  Expect(Judged(kId, printing(AskingAgain(SecondAnswer::kWhole), false), clean), Verdict::kFail, "send-error-ignored");
}

// Of two answers one came, and for the other it asked twice in vain.
TEST(AuditFindingsTest, AskingAgainMustBringAsManyAnswersAsWithoutTheFault) {
  constexpr char kId[] = "peer-gone/epipe-reported";
  constexpr uint16_t kThirdPort = kPort + 2;
  const auto with_another = [](Observation observation) {
    TraceBuilder trace;
    trace.At(observation.trace.events.back().start_ns - 500);
    trace.Socket(kFd + 1, kSocket + 2);
    trace.Connect(kFd + 1, kSocket + 2).b = kThirdPort;
    trace.Made(Call::send, kFd + 1, kSocket + 2, 80);
    trace.Made(Call::recv, kFd + 1, kSocket + 2, 3000);
    trace.Made(Call::close, kFd + 1, kSocket + 2);
    TracedEvent exit = observation.trace.events.back();
    observation.trace.events.pop_back();
    for (const TracedEvent& event : trace.trace().events) observation.trace.events.push_back(event);
    exit.start_ns = trace.now_ns();
    observation.trace.events.push_back(exit);
    ConnectionRecord record = OrdinaryRecord();
    record.far_port = kThirdPort;
    observation.connections.push_back(record);
    return observation;
  };
  const Observation clean = with_another(OrdinaryWithRequest());
  Expect(Judged(kId, with_another(AskingAgain(SecondAnswer::kNone)), clean), Verdict::kFail, "send-error-ignored");
  Expect(Judged(kId, with_another(AskingAgain(SecondAnswer::kWhole)), clean), Verdict::kPass, "",
         "on a new connection");
}

// Who waits longer before each attempt has not given up when its time is up; who fell silent after the second has.
TEST(AuditFindingsTest, WhoStillAsksWhenItsTimeIsUpHasNotGivenUp) {
  constexpr char kId[] = "peer-gone/epipe-reported";
  Observation run = AskingAgain(SecondAnswer::kNone);
  run.exit.how = SubjectExit::How::kTimedOut;
  Expect(Judged(kId, run, OrdinaryWithRequest()), Verdict::kFail, "send-error-ignored", "was still running");
  for (TracedEvent& traced : run.trace.events) {
    if (traced.event.socket == kSocket + 1) traced.start_ns += run.timeout_ns / 2;
  }
  run.trace.events.back().start_ns += run.timeout_ns / 2;
  Expect(Judged(kId, run, OrdinaryWithRequest()), Verdict::kPass, "", "on a new connection");
}

// A client that takes its answer byte by byte, and is not done in its time, has not forgotten its socket.
TEST(AuditFindingsTest, WhoStillReceivesWhenItsTimeIsUpHoldsItsSocketForThat) {
  constexpr char kShort[] = "interrupted/short-recv";
  Observation run = Ordinary([](TraceBuilder&) {});
  run.trace.events.pop_back();  // its exit
  run.exit.how = SubjectExit::How::kTimedOut;
  run.faults = CaseNamed(kShort).faults;
  for (TracedEvent& traced : run.trace.events) {
    if (traced.event.call != Call::recv) continue;
    traced.event.fault = 0;
    traced.start_ns = run.timeout_ns - 1;
  }
  run.connections.front().ending = Ending::kNothing;
  run.connections.front().fin_ns = 0;
  Expect(Judged(kShort, run), Verdict::kInconclusive, "", "still moving data");
}

// A pair of attempts, each of which fails to send; the first one's socket stays open, and the process ends `lived_ns`
// after the error. `thread` makes the second.
Observation LeavingOpenAfterError(uint64_t lived_ns, int thread) {
  constexpr int kProcess = 100;
  Observation run = Ordinary();
  run.faults = CaseNamed("always-close/send-fails").faults;
  TraceBuilder trace(kProcess);
  trace.Start();
  trace.Socket(kFd, kSocket);
  trace.Connect(kFd, kSocket);
  trace.Injected(Call::send, kFd, kSocket, Effect::kReset, ECONNRESET);
  const uint64_t failed_ns = trace.now_ns();
  trace.In(kProcess, thread);
  trace.Socket(kFd + 1, kSocket + 1);
  trace.Connect(kFd + 1, kSocket + 1).b = kPort + 1;
  trace.Injected(Call::send, kFd + 1, kSocket + 1, Effect::kReset, ECONNRESET);
  trace.Made(Call::close, kFd + 1, kSocket + 1);
  trace.In(kProcess).At(failed_ns + lived_ns);
  LeaveOpen(trace);
  trace.Exit();
  run.trace = trace.trace();
  ConnectionRecord& first = run.connections.front();
  first = {};
  first.far_port = kPort;
  first.accepted_ns = 3000;
  first.our_reset_ns = 5000;
  ConnectionRecord second = first;
  second.far_port = kPort + 1;
  run.connections.push_back(second);
  run.exit.status = 1;
  return run;
}

// One thread may make a socket while another, a moment later, would close what failed: there was no time for it.
TEST(AuditFindingsTest, AnotherSocketOfAProcessOfSeveralThreadsShowsThatItLivedOnOnlyAfterAWhile) {
  constexpr char kId[] = "always-close/send-fails";
  constexpr uint64_t kShortly = 26'000'000;
  constexpr uint64_t kLong = 1'500'000'000;
  constexpr int kOnlyThread = 100;
  constexpr int kOtherThread = 101;
  const auto judged = [&](uint64_t lived_ns, int thread) {
    return Judged(kId, LeavingOpenAfterError(lived_ns, thread), OrdinaryWithRequest());
  };
  Expect(judged(kShortly, kOtherThread), Verdict::kAdvisory, "left-to-exit");
  Expect(judged(kLong, kOtherThread), Verdict::kFail, "leak-after-error", "another socket");
  Expect(judged(kShortly, kOnlyThread), Verdict::kFail, "leak-after-error", "another socket");
}

// The signal that comes with EPIPE has cases of its own.
TEST(AuditFindingsTest, ASendThatSigpipeDidNotLetReturnDidNotFail) {
  for (const char* id : {"always-close/send-fails", "always-close/send-fails/epipe"}) {
    Observation run = Ordinary();
    run.faults = CaseNamed(id).faults;
    TraceBuilder trace;
    trace.Start();
    trace.Socket(kFd, kSocket);
    trace.Connect(kFd, kSocket);
    Event& send = trace.InFlight(Call::send, kFd, kSocket);
    send.fault = 0;
    send.effect = Effect::kReset;
    run.trace = trace.trace();
    run.connections.front().fin_ns = trace.now_ns();
    run.exit.how = SubjectExit::How::kSignaled;
    run.exit.signal = SIGPIPE;
    Expect(Judged(id, run, OrdinaryWithRequest()), Verdict::kNotApplicable, "", "died of the signal");
  }
}

}  // namespace
}  // namespace lastack
