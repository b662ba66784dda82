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
