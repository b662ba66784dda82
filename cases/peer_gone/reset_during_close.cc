#include "cases/peer_gone/reset_during_close.h"

#include <sys/socket.h>

#include <algorithm>

#include "cases/peer_gone/reset_met.h"
#include "cases/site.h"

namespace lastack {
namespace {

bool IsCall(const TracedEvent& traced, Call call) {
  return traced.event.kind == EventKind::kCall && traced.event.call == call;
}

// Whether the first close finds a connection that a peer can still reset: not both ends have finished.
bool ClosesWhatStands(const Evidence& run, const Exchange& exchange) {
  bool finished = false;
  for (const TracedEvent* event : run.EventsOn(*exchange.socket)) {
    if (IsCall(*event, Call::shutdown) && event->event.error == 0 && event->event.a != SHUT_RD) finished = true;
    if (!IsCall(*event, Call::close)) continue;
    const bool peer_finished = exchange.record != nullptr && exchange.record->our_fin_ns != 0 &&
                               exchange.record->our_fin_ns < event->start_ns + event->duration_ns;
    return !finished || !peer_finished;
  }
  return false;
}

std::string NothingStands(const Evidence& run) {
  const auto& exchanges = run.exchanges();
  const bool stands =
      std::any_of(exchanges.begin(), exchanges.end(), [&](const Exchange& one) { return ClosesWhatStands(run, one); });
  return stands ? "" : "the subject closes when both ends have finished, and then nothing is left to be reset";
}

// A driver is asked to close in the middle of an answer. Of a server that finishes and closes, only chance says whether
// the peer of the clean run has finished in between.
std::string Inapplicable(const Evidence& clean) {
  const std::string never = NeverCloses(clean);
  return never.empty() && !clean.of_driver() && !clean.of_server() ? NothingStands(clean) : never;
}

// A server that waits for the peer's FIN gets it, in the end; and of who finishes and closes, only chance says whether
// the peer has finished in between.
std::string NothingWasLeft(const Evidence& run) {
  return !run.of_driver() && NeverCloses(run).empty() && FiredOnExchanges(run).empty() ? NothingStands(run) : "";
}

Judgement Judge(const Evidence& clean, const Evidence& run) { return JudgeResetFired(clean, run, "at close"); }

}  // namespace

Case PeerGoneResetDuringClose() {
  return {
      .id = "peer-gone/reset-during-close",
      .requirement = "peer-gone/reset-during-close",
      .scenario = Scenario::kClosesEarly,
      .faults = {"close:fd=tcp:when=1:after=connected:effect=reset"},
      .findings = ResetMetFindings(),
      .defects = {"shuts-down-between-closes"},
      .core = false,
      .inapplicable = Inapplicable,
      .moot = NothingWasLeft,
      .judge = Judge,
  };
}

}  // namespace lastack
