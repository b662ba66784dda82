#include "cases/linger/no_abort_by_default.h"

#include <sys/socket.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cases/harm.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kAbortive[] = "abortive-linger";

bool SetsLinger(const Event& event) {
  return event.call == Call::setsockopt && OptionWordLevel(event.a) == SOL_SOCKET &&
         OptionWordOption(event.a) == SO_LINGER;
}

bool WasReset(const Exchange& exchange) {
  return exchange.record != nullptr &&
         (exchange.record->ending == Ending::kReset || exchange.record->ending == Ending::kFinThenReset);
}

bool FinishedSending(const TracedEvent* traced) {
  const Event& event = traced->event;
  return event.kind == EventKind::kCall && event.call == Call::shutdown && event.result == 0 &&
         event.fault == kNoFaultIndex && event.a != SHUT_RD;
}

bool ReceivedTheEnd(const TracedEvent* traced) {
  const Event& event = traced->event;
  const bool receives =
      event.kind == EventKind::kCall && event.call != Call::none && FamilyOf(event.call) == CallFamily::recv;
  return receives && event.result == 0 && event.a > 0 && event.fault == kNoFaultIndex;
}

// Both ends had finished before the close, and the peer had all: then {on, 0} has nothing to throw away, and no RST
// goes out.
bool HadNothingToAbort(const Exchange& exchange, const std::vector<const TracedEvent*>& events) {
  return exchange.record != nullptr && exchange.record->ending == Ending::kFin &&
         std::any_of(events.begin(), events.end(), FinishedSending) &&
         std::any_of(events.begin(), events.end(), ReceivedTheEnd);
}

// Whether it was set because both had finished, or always, this exchange cannot tell: the second aborts the next one.
const char* Consequence(const Exchange& exchange, const std::vector<const TracedEvent*>& events) {
  if (WasReset(exchange)) return ": the peer got RST.";
  return HadNothingToAbort(exchange, events) ? "; this time nothing was left to abort, because both ends had finished."
                                             : ".";
}

Judgement Judge(const Evidence&, const Evidence& run) {
  Judgement judgement;
  judgement.expected = "FIN at the peer, and no SO_LINGER {on, 0} in force at close";
  judgement.by_absence = true;
  std::string unread_note;
  for (const Exchange& exchange : run.exchanges()) {
    const auto events = run.EventsOn(*exchange.socket);
    if (exchange.socket->abortive_linger) {
      judgement.verdict = Verdict::kFail;
      judgement.finding = kAbortive;
      judgement.by_absence = false;
      judgement.message = absl::StrCat("closed descriptor ", exchange.socket->descriptors.front().fd,
                                       " with SO_LINGER {on, 0} in force", Consequence(exchange, events));
      judgement.observed =
          WasReset(exchange) ? "SO_LINGER {on, 0}; RST at the peer" : "SO_LINGER {on, 0}; no RST at the peer";
      for (const TracedEvent* event : events) {
        if (SetsLinger(event->event)) judgement.evidence.push_back(DescribeEvent(*event));
      }
      return judgement;
    }
    if (!WasReset(exchange)) continue;
    const uint64_t unread = UnreadAtEnd(run, *exchange.socket);
    if (unread == 0 && exchange.record->ending == Ending::kFinThenReset) {
      // An abort sends no FIN first.
      unread_note = " The peer got FIN, and RST for what it sent after that.";
      continue;
    }
    if (unread == 0) {
      judgement.verdict = Verdict::kInconclusive;
      judgement.message = absl::StrCat("The peer got RST on the connection from port ", run.PortOf(*exchange.record),
                                       ", and nothing in the trace explains it.");
      judgement.observed = judgement.message;
      return judgement;
    }
    unread_note = absl::StrCat(" The peer got RST all the same, because ", unread, " bytes were unread at close.");
  }
  judgement.verdict = Verdict::kPass;
  judgement.message = absl::StrCat("closed without SO_LINGER {on, 0}.", unread_note);
  judgement.observed =
      unread_note.empty() ? "FIN at the peer; SO_LINGER off" : absl::StrCat("SO_LINGER off.", unread_note);
  return judgement;
}

}  // namespace

Case LingerNoAbortByDefault() {
  return {
      .id = "linger/no-abort-by-default",
      .requirement = "linger/no-abort-by-default",
      .scenario = Scenario::kOrdinary,
      .faults = {},
      .findings = {{kAbortive, "A connection was closed with SO_LINGER {on, 0} in force."}},
      .defects = {"aborts-with-linger", "aborts-at-close", "aborts-for-restart"},
      .core = true,
      .inapplicable = AlwaysApplies,
      .judge = Judge,
  };
}

}  // namespace lastack
