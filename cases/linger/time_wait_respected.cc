#include "cases/linger/time_wait_respected.h"

#include <sys/socket.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cases/server_facts.h"

namespace lastack {
namespace {

constexpr char kAvoided[] = "time-wait-avoided-by-abort";

bool ReusesAddress(const Evidence& run) {
  const auto& events = run.run().trace.events;
  return std::any_of(events.begin(), events.end(), [](const TracedEvent& traced) {
    const Event& event = traced.event;
    return event.kind == EventKind::kCall && event.call == Call::setsockopt && event.error == 0 &&
           OptionWordLevel(event.a) == SOL_SOCKET && OptionWordOption(event.a) == SO_REUSEADDR &&
           static_cast<uint32_t>(event.b) != 0;
  });
}

Judgement Judge(const Evidence&, const Evidence& run) {
  const Observation& facts = run.run();
  const auto aborted = std::count_if(run.exchanges().begin(), run.exchanges().end(),
                                     [](const Exchange& exchange) { return exchange.socket->abortive_linger; });
  Judgement judgement;
  judgement.expected = "the port is free for the next start by SO_REUSEADDR, with every connection ended in order";
  if (facts.lives.front().killed || facts.lives.size() < 2) {
    judgement.verdict = Verdict::kInconclusive;
    judgement.message = absl::StrCat("The server could not be stopped and started again: it ", run.EndInWords(), ".");
  } else if (aborted > 0) {
    judgement.verdict = Verdict::kFail;
    judgement.finding = kAvoided;
    judgement.message = absl::StrCat("leaves no connection in TIME_WAIT because it aborts them: ", aborted, " of ",
                                     run.exchanges().size(), " were closed with SO_LINGER {on, 0} in force.");
  } else if (ReusesAddress(run)) {
    judgement.verdict = Verdict::kPass;
    judgement.by_absence = true;
    judgement.message = "ends its connections in order, and sets SO_REUSEADDR for its next start.";
  } else {
    judgement.verdict = Verdict::kObserved;
    judgement.message =
        "neither sets SO_REUSEADDR nor aborts its connections; whether it can start again is judged by "
        "always-close/listener.";
  }
  judgement.observed = judgement.message;
  judgement.evidence.push_back(absl::StrCat(aborted, " connections with SO_LINGER {on, 0}; SO_REUSEADDR ",
                                            ReusesAddress(run) ? "set" : "not set"));
  return judgement;
}

}  // namespace

Case LingerTimeWaitRespected() {
  return {
      .id = "linger/time-wait-respected",
      .requirement = "linger/time-wait-respected",
      .scenario = Scenario::kRestartedServer,
      .faults = {},
      .findings = {{kAvoided, "Connections were aborted, so that none was left in TIME_WAIT."}},
      .defects = {"aborts-at-close", "aborts-for-restart"},
      .core = false,
      .inapplicable = NeverAccepts,
      .judge = Judge,
  };
}

}  // namespace lastack
