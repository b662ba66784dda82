// What audits of real programs have shown to be judged wrongly, each as the smallest observation that shows it.
#include <sys/socket.h>

#include <gtest/gtest.h>

#include "cases/judge_fixture.h"

namespace lastack {
namespace {

constexpr char kResetAtClose[] = "close:fd=tcp:when=1:effect=reset";

// A server that closes only when it is told to end: the fault fires then, and shows no leak.
TEST(AuditFindingsTest, CloseThatFallsDueBehindTheBarrierIsNoLeak) {
  Observation run = Serving([](TraceBuilder& trace) { trace.At(1'500'000'000).Injected(Call::close, 5, 50, Effect::kReset, 0); });
  run.faults = {kResetAtClose};
  Expect(Judged("peer-gone/reset-during-close", run, Serving()), Verdict::kInconclusive, "", "was not complete when the time was up");
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

}  // namespace
}  // namespace lastack
