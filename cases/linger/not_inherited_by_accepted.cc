#include "cases/linger/not_inherited_by_accepted.h"

#include <sys/socket.h>

#include "absl/strings/str_cat.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kInherited[] = "abortive-linger-on-listener";

std::string Inapplicable(const Evidence& clean) {
  for (const SocketLife& socket : clean.ledger().sockets) {
    if (socket.kind == SocketKind::kListener) return "";
  }
  return "the subject made no listener by calls that were seen";
}

Judgement Judge(const Evidence&, const Evidence& run) {
  Judgement judgement;
  judgement.expected = "no SO_LINGER {on, 0} on a listener";
  for (const SocketLife& socket : run.ledger().sockets) {
    if (socket.kind != SocketKind::kListener || !socket.abortive_linger) continue;
    judgement.verdict = Verdict::kFail;
    judgement.finding = kInherited;
    judgement.message = absl::StrCat("set SO_LINGER {on, 0} on its listener, descriptor ", socket.descriptors.front().fd,
                                     ": what it accepts inherits that, and is reset at close.");
    judgement.observed = judgement.message;
    for (const TracedEvent* event : run.EventsOn(socket)) {
      const bool sets = event->event.call == Call::setsockopt && OptionWordOption(event->event.a) == SO_LINGER &&
                        OptionWordLevel(event->event.a) == SOL_SOCKET;
      if (sets) judgement.evidence.push_back(DescribeEvent(*event));
    }
    return judgement;
  }
  judgement.verdict = Verdict::kPass;
  judgement.by_absence = true;
  judgement.message = "left SO_LINGER on its listener alone.";
  judgement.observed = judgement.message;
  return judgement;
}

}  // namespace

Case LingerNotInheritedByAccepted() {
  return {
      .id = "linger/not-inherited-by-accepted",
      .requirement = "linger/not-inherited-by-accepted",
      .scenario = Scenario::kOrdinary,
      .faults = {},
      .findings = {{kInherited, "SO_LINGER {on, 0} was in force on a listener."}},
      .defects = {"lingers-on-listener"},
      .core = false,
      .inapplicable = Inapplicable,
      .judge = Judge,
  };
}

}  // namespace lastack
