#include "cases/site.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "absl/strings/str_cat.h"

namespace lastack {
namespace {

bool AnyOnExchanges(const Evidence& run, const std::function<bool(const Event&)>& is_one) {
  for (const Exchange& exchange : run.exchanges()) {
    for (const TracedEvent* event : run.EventsOn(*exchange.socket)) {
      if (is_one(event->event)) return true;
    }
  }
  return false;
}

bool WroteBehind(const Evidence& run, const TracedEvent& last) {
  const std::vector<TracedEvent>& events = run.run().trace.events;
  return std::any_of(events.begin(), events.end(),
                     [&](const TracedEvent& event) { return event.pid == last.pid && event.start_ns > last.start_ns; });
}

bool LivedOn(const Evidence& run, int pid) {
  const std::vector<SubjectLife>& lives = run.run().lives;
  return run.run().exit.survivors_killed > 0 || std::any_of(lives.begin(), lives.end(), [pid](const SubjectLife& life) {
           return std::find(life.alive.begin(), life.alive.end(), pid) != life.alive.end();
         });
}

// On a connection that was reset no send waits. The tracer sees the call return before its signal comes.
bool EndedInBrokenPipe(const Evidence& run, const TracedEvent& fired) {
  const Event& event = fired.event;
  if (FamilyOf(event.call) != CallFamily::send || event.effect != Effect::kReset || WroteBehind(run, fired)) {
    return false;
  }
  return event.kind == EventKind::kInFlight ||
         (run.run().backend == "tracer" && event.error == EPIPE && !LivedOn(run, fired.pid));
}

// Shuts its sending side down, and looks at the connection again.
bool Drains(const Evidence& run, const Exchange& exchange) {
  bool finished = false;
  for (const TracedEvent* traced : run.EventsOn(*exchange.socket)) {
    const Event& event = traced->event;
    if (event.kind != EventKind::kCall || event.call == Call::none) continue;
    if (event.call == Call::shutdown && event.error == 0 && event.a == SHUT_WR) finished = true;
    if (finished && FamilyOf(event.call) == CallFamily::recv) return true;
  }
  return false;
}

}  // namespace

const Exchange* ExchangeOf(const Evidence& run, uint64_t socket) {
  for (const Exchange& exchange : run.exchanges()) {
    if (exchange.socket->socket == socket) return &exchange;
  }
  return nullptr;
}

std::vector<const TracedEvent*> RefusedAttempts(const Evidence& run) {
  std::vector<const TracedEvent*> attempts;
  if (!run.run().connections.empty()) return attempts;  // it did not refuse
  for (const TracedEvent& event : run.run().trace.events) {
    const SocketLife* socket = run.ledger().Find(event.event.socket);
    const bool connects = event.event.call == Call::connect && event.event.kind == EventKind::kCall;
    if (connects && socket != nullptr && socket->kind == SocketKind::kTcp &&
        socket->remote_port == run.run().peer_port) {
      attempts.push_back(&event);
    }
  }
  return attempts;
}

std::vector<const TracedEvent*> FiredOnExchanges(const Evidence& run) {
  std::vector<const TracedEvent*> fired = run.run().Fired();
  std::erase_if(fired, [&](const TracedEvent* event) { return ExchangeOf(run, event->event.socket) == nullptr; });
  return fired;
}

bool DiedBySigpipe(const Evidence& run) {
  if (DeathOf(run.run()) == SIGPIPE) return true;
  const std::vector<const TracedEvent*> fired = run.run().Fired();
  return std::any_of(fired.begin(), fired.end(),
                     [&](const TracedEvent* event) { return EndedInBrokenPipe(run, *event); });
}

bool ExitedInSend(const Evidence& run, const TracedEvent& send) {
  const auto& processes = run.ledger().processes;
  const auto& events = run.run().trace.events;
  // Nothing but what goes with an exit: a jump out of the handler leaves the send in flight, too.
  const bool went_on = std::any_of(events.begin(), events.end(), [&](const TracedEvent& traced) {
    const bool is_call = traced.event.kind == EventKind::kCall && traced.event.call != Call::none;
    return traced.tid == send.tid && traced.start_ns > send.start_ns && is_call &&
           FamilyOf(traced.event.call) != CallFamily::exit;
  });
  return send.event.kind == EventKind::kInFlight && send.event.effect == Effect::kReset && !went_on &&
         std::any_of(processes.begin(), processes.end(),
                     [&](const ProcessLife& process) { return process.pid == send.pid && process.said_goodbye; });
}

std::string NeverCalls(const Evidence& clean, Call call) {
  const bool called = AnyOnExchanges(clean, [&](const Event& event) {
    return event.call == call && (event.kind == EventKind::kCall || event.kind == EventKind::kInFlight);
  });
  return called ? "" : absl::StrCat("the subject never calls ", CallName(call), "(2) on its connection");
}

std::string NeverCloses(const Evidence& clean) {
  const bool closed =
      AnyOnExchanges(clean, [](const Event& event) { return event.call == Call::close && event.fd > STDERR_FILENO; });
  return closed ? "" : "the subject never calls close(2) on its connection, or only where it is a standard stream";
}

std::string NeverTransfers(const Evidence& clean, CallFamily family) {
  const bool transferred = AnyOnExchanges(clean, [&](const Event& event) {
    return event.call != Call::none && FamilyOf(event.call) == family && event.result > 0;
  });
  return transferred ? ""
                     : absl::StrCat("the subject never ", family == CallFamily::recv ? "receives" : "sends",
                                    " on its connection");
}

std::string NeverTransfersAnything(const Evidence& clean) {
  const std::string sends = NeverTransfers(clean, CallFamily::send);
  return sends.empty() ? "" : NeverTransfers(clean, CallFamily::recv);
}

std::string NeverDrains(const Evidence& clean) {
  const auto& exchanges = clean.exchanges();
  const bool drains =
      std::any_of(exchanges.begin(), exchanges.end(), [&](const Exchange& one) { return Drains(clean, one); });
  return drains ? "" : "the subject does not wait for the peer's FIN after its own";
}

}  // namespace lastack
