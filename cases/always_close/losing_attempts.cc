#include "cases/always_close/losing_attempts.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cases/always_close/release.h"
#include "cases/site.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kLeak[] = "losing-attempt-leaked";

std::string NeverConnects(const Evidence& clean) { return NeverCalls(clean, Call::connect); }

bool HasWinner(const Evidence& run) {
  const auto& exchanges = run.exchanges();
  return std::any_of(exchanges.begin(), exchanges.end(),
                     [](const Exchange& exchange) { return exchange.record != nullptr; });
}

// Calls of connect to the peer's port on sockets that the peer knows nothing of.
std::vector<const TracedEvent*> LostAttempts(const Evidence& run) {
  std::vector<const TracedEvent*> lost;
  for (const TracedEvent& event : run.run().trace.events) {
    if (event.event.call != Call::connect || event.event.kind != EventKind::kCall) continue;
    const SocketLife* socket = run.ledger().Find(event.event.socket);
    const bool to_port =
        socket != nullptr && socket->kind == SocketKind::kTcp && AddressWordPort(event.event.a) == run.run().peer_port;
    const Exchange* exchange = to_port ? ExchangeOf(run, socket->socket) : nullptr;
    if (to_port && (exchange == nullptr || exchange->record == nullptr)) lost.push_back(&event);
  }
  return lost;
}

std::string NothingLost(const Evidence& run) {
  if (LostAttempts(run).empty()) return "the subject tried one address of localhost only";
  return HasWinner(run) ? "" : "the subject did not go on to the next address of localhost";
}

Judgement Judge(const Evidence&, const Evidence& run) {
  std::vector<Due> due;
  std::vector<std::string> evidence;
  for (const TracedEvent* attempt : LostAttempts(run)) {
    due.push_back({run.ledger().Find(attempt->event.socket), attempt->start_ns + attempt->duration_ns});
    evidence.push_back(DescribeEvent(*attempt));
  }
  Judgement judgement = JudgeRelease(run, due, kLeak, "after it had lost against another address");
  judgement.expected = "each socket that did not become the connection is closed by a call";
  judgement.evidence = std::move(evidence);
  return judgement;
}

}  // namespace

Case AlwaysCloseLosingAttempts() {
  return {
      .id = "always-close/losing-attempts",
      .requirement = "always-close/losing-attempts",
      .scenario = Scenario::kSecondAddress,
      .faults = {},
      .findings = {{kLeak, "The socket of an attempt that lost stayed open although the process lived on."},
                   kLeftToExitFinding},
      .defects = {"leaks-losing-attempt", "leaks-on-refusal", "forgets-close", "only-shuts-down"},
      .core = false,
      .inapplicable = NeverConnects,
      .moot = NothingLost,
      .judge = Judge,
  };
}

}  // namespace lastack
