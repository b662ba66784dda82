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

bool SetsLinger(const Event& event) {
  return event.call == Call::setsockopt && event.result == 0 && OptionWordLevel(event.a) == SOL_SOCKET &&
         OptionWordOption(event.a) == SO_LINGER;
}

// The call by which SO_LINGER {on, 0} was in force when the listener gave a connection; null if it never was.
const TracedEvent* InForceAtAccept(const Evidence& run, const SocketLife& listener) {
  const TracedEvent* in_force = nullptr;
  for (const TracedEvent* event : run.EventsOn(listener)) {
    if (event->event.kind != EventKind::kCall) continue;
    if (SetsLinger(event->event)) {
      const bool on = static_cast<uint32_t>(event->event.b) != 0 && event->event.b >> 32 == 0;
      in_force = on ? event : nullptr;
    }
    if (in_force != nullptr && FamilyOf(event->event.call) == CallFamily::accept && event->event.result >= 0) {
      return in_force;
    }
  }
  return nullptr;
}

Judgement Judge(const Evidence&, const Evidence& run) {
  Judgement judgement;
  judgement.expected = "no SO_LINGER {on, 0} on a listener that accepts";
  for (const SocketLife& socket : run.ledger().sockets) {
    const TracedEvent* set = socket.kind == SocketKind::kListener ? InForceAtAccept(run, socket) : nullptr;
    if (set == nullptr) continue;
    judgement.verdict = Verdict::kFail;
    judgement.finding = kInherited;
    judgement.message = absl::StrCat("set SO_LINGER {on, 0} on its listener, descriptor ", set->event.fd,
                                     ": what it accepts inherits that, and is reset at close.");
    judgement.observed = judgement.message;
    judgement.evidence = {DescribeEvent(*set)};
    return judgement;
  }
  judgement.verdict = Verdict::kPass;
  judgement.by_absence = true;
  judgement.message = "left SO_LINGER off on its listener.";
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
