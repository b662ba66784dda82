#include "cases/half_close/shutdown_is_not_close.h"

#include <algorithm>

#include "cases/always_close/release.h"
#include "cases/site.h"

namespace lastack {
namespace {

constexpr char kOnlyShutDown[] = "only-shut-down";

std::string Inapplicable(const Evidence& clean) { return NeverCalls(clean, Call::shutdown); }

bool WasShutDown(const Evidence& run, const SocketLife& socket) {
  const auto events = run.EventsOn(socket);
  return std::any_of(events.begin(), events.end(), [](const TracedEvent* event) {
    return event->event.call == Call::shutdown && event->event.kind == EventKind::kCall && event->event.error == 0;
  });
}

Judgement Judge(const Evidence&, const Evidence& run) {
  std::vector<Due> due = DueAfterExchange(run);
  std::erase_if(due, [&](const Due& one) { return !WasShutDown(run, *one.socket); });
  Judgement judgement = JudgeRelease(run, due, kOnlyShutDown, "after it had shut it down");
  judgement.expected = "each socket that was shut down is closed, too";
  return judgement;
}

}  // namespace

Case HalfCloseShutdownIsNotClose() {
  return {
      .id = "half-close/shutdown-is-not-close",
      .requirement = "half-close/shutdown-is-not-close",
      .scenario = Scenario::kOrdinary,
      .faults = {},
      .findings = {{kOnlyShutDown, "A socket was shut down and never closed although the process lived on."},
                   kLeftToExitFinding},
      .defects = {"only-shuts-down", "never-closes", "forgets-first-close", "keeps-parents-copy"},
      .verb = "finish",
      .core = false,
      .inapplicable = Inapplicable,
      .judge = Judge,
  };
}

}  // namespace lastack
