#include "cases/always_close/call_fails.h"

#include <algorithm>

#include "cases/always_close/release.h"
#include "cases/site.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kLeak[] = "leak-after-error";
constexpr Finding kLeakFinding = {kLeak, "A socket stayed open after a failed call although the process lived on."};

bool WentOn(const Evidence& run, const SocketLife& socket, uint64_t failed_ns) {
  const auto events = run.EventsOn(socket);
  return std::any_of(events.begin(), events.end(), [&](const TracedEvent* event) {
    const CallFamily family = event->event.call == Call::none ? CallFamily::close : FamilyOf(event->event.call);
    const bool transferred = (family == CallFamily::send || family == CallFamily::recv) && event->event.result > 0;
    return transferred && event->start_ns > failed_ns;
  });
}

// From when on the socket had to be closed: from the failure; or, if the subject went on with it all the same, from the
// end of its exchange.
Due DueAfterFailure(const Evidence& run, const SocketLife& socket, const TracedEvent& fired) {
  const uint64_t failed_ns = fired.start_ns + fired.duration_ns;
  const Exchange* exchange = ExchangeOf(run, socket.socket);
  if (exchange == nullptr || !WentOn(run, socket, failed_ns)) return {&socket, failed_ns};
  return {&socket, exchange->over() ? exchange->record->our_fin_ns : 0};
}

// Setup fails before a socket is connected, so that every socket on which the fault fired counts, not only exchanges.
Judgement Judge(const Evidence&, const Evidence& run) {
  std::vector<Due> due;
  Judgement judgement;
  std::vector<std::string> evidence;
  for (const TracedEvent* fired : run.run().Fired()) {
    const SocketLife* socket = run.ledger().Find(fired->event.socket);
    // A server may do without the option, and keep its listener.
    if (socket == nullptr || fired->event.error == 0 || socket->kind == SocketKind::kListener) continue;
    due.push_back(DueAfterFailure(run, *socket, *fired));
    evidence.push_back(DescribeEvent(*fired));
  }
  if (due.empty()) {
    judgement.verdict = Verdict::kUnexercised;
    judgement.message = "The fault came, but the call did not fail.";
  } else {
    judgement = JudgeRelease(run, due, kLeak, "after a call on it had failed");
  }
  judgement.evidence = std::move(evidence);
  judgement.expected = "the socket on which the call failed is closed by a call";
  return judgement;
}

// A call that does not return does not fail. A reset, too, gives EPIPE if the peer had finished before it. What kills
// the subject has cases of its own: peer-gone/sigpipe-survived.
std::string EndedBySigpipe(const Evidence& run) {
  if (DiedBySigpipe(run)) return "the subject died of the signal that comes with EPIPE";
  const std::vector<const TracedEvent*> fired = FiredOnExchanges(run);
  const bool exited =
      std::any_of(fired.begin(), fired.end(), [&](const TracedEvent* send) { return ExitedInSend(run, *send); });
  return exited ? "the subject's handler of the signal that comes with EPIPE ended it" : "";
}

std::string NeverSends(const Evidence& clean) { return NeverTransfers(clean, CallFamily::send); }
std::string NeverSetsOptions(const Evidence& clean) { return NeverCalls(clean, Call::setsockopt); }
std::string NeverShutsDown(const Evidence& clean) { return NeverCalls(clean, Call::shutdown); }

Case FailedCall(const char* id, const char* fault, std::string (*inapplicable)(const Evidence&),
                std::vector<std::string> defects) {
  return {
      .id = id,
      .requirement = id,
      .scenario = Scenario::kOrdinary,
      .faults = {fault},
      .findings = {kLeakFinding, kLeftToExitFinding},
      .defects = std::move(defects),
      .core = false,
      .inapplicable = inapplicable,
      .judge = Judge,
  };
}

}  // namespace

Case AlwaysCloseSetupFails() {
  return FailedCall("always-close/setup-fails", "setsockopt:fd=tcp:when=1:error=ENOBUFS", NeverSetsOptions,
                    {"leaks-on-setup-error", "forgets-close", "only-shuts-down"});
}

// A real reset by the peer just before the send, which then fails by itself.
Case AlwaysCloseSendFails() {
  Case one = FailedCall("always-close/send-fails", "%send:fd=tcp:when=1:effect=reset", NeverSends,
                        {"leaks-on-send-error", "forgets-close", "never-closes", "forgets-first-close",
                         "keeps-parents-copy", "only-shuts-down"});
  one.moot = EndedBySigpipe;
  return one;
}

// Programs handle EPIPE apart: in Python it is an exception of its own.
Case AlwaysCloseSendFailsByEpipe() {
  Case one = AlwaysCloseSendFails();
  one.id = "always-close/send-fails/epipe";
  one.faults = {"%send:fd=tcp:when=1:effect=reset:error=EPIPE"};
  return one;
}

Case AlwaysCloseShutdownFails() {
  return FailedCall(
      "always-close/shutdown-fails", "shutdown:fd=tcp:when=1:effect=skip:error=ENOBUFS", NeverShutsDown,
      {"leaks-on-shutdown-error", "never-closes", "forgets-first-close", "keeps-parents-copy", "only-shuts-down"});
}

}  // namespace lastack
