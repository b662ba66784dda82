#include "cases/always_close/parent_copy.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cases/server_facts.h"

namespace lastack {
namespace {

constexpr char kKept[] = "parent-keeps-copy";

const DescriptorLife& Accepted(const SocketLife& socket) { return socket.descriptors.front(); }

// A process other than the one that accepted the connection moves data on it.
bool IsHandedOver(const Evidence& run, const SocketLife& socket) {
  const auto events = run.EventsOn(socket);
  return std::any_of(events.begin(), events.end(), [&](const TracedEvent* event) {
    if (event->event.call == Call::none || event->pid == Accepted(socket).pid) return false;
    const CallFamily family = FamilyOf(event->event.call);
    return (family == CallFamily::send || family == CallFamily::recv) && event->event.result > 0;
  });
}

std::string NeverHandsOver(const Evidence& clean) {
  if (const std::string never = NeverAccepts(clean); !never.empty()) return never;
  const auto& exchanges = clean.exchanges();
  const bool any = std::any_of(exchanges.begin(), exchanges.end(),
                               [&](const Exchange& exchange) { return IsHandedOver(clean, *exchange.socket); });
  return any ? "" : "no child of the server serves a connection that its parent accepted";
}

bool HeldBy(const SocketLife& socket, uint64_t ns, int pid) { return socket.HeldAt(ns, {pid}); }

// A child still holds the connection: it is not over.
bool HeldByAnother(const SocketLife& socket, const SubjectLife& life) {
  return std::any_of(life.alive.begin(), life.alive.end(),
                     [&](int pid) { return pid != Accepted(socket).pid && HeldBy(socket, life.quiet_ns, pid); });
}

std::string PeerSaw(const Exchange& exchange) {
  if (exchange.record == nullptr) return "";
  const bool ended = exchange.record->fin_ns != 0 || exchange.record->reset_ns != 0;
  return ended ? "; the child had ended it by shutdown, or by reset" : "; the peer waited for FIN, which never came";
}

Judgement Judge(const Evidence&, const Evidence& run) {
  Judgement judgement;
  judgement.expected = "the process that accepted a connection closes its copy once a child serves it";
  judgement.by_absence = true;
  const SubjectLife& life = run.run().lives.front();
  int handed_over = 0;
  for (const Exchange& exchange : run.exchanges()) {
    const SocketLife& socket = *exchange.socket;
    const DescriptorLife& own = Accepted(socket);
    if (!IsHandedOver(run, socket)) continue;
    ++handed_over;
    const bool alive = std::find(life.alive.begin(), life.alive.end(), own.pid) != life.alive.end();
    if (!alive || !HeldBy(socket, life.quiet_ns, own.pid) || HeldByAnother(socket, life)) continue;
    judgement.verdict = Verdict::kFail;
    judgement.finding = kKept;
    judgement.message = absl::StrCat("process ", own.pid, " kept descriptor ", own.fd,
                                     ", its copy of a connection that a child served, after the child was done with it",
                                     PeerSaw(exchange), ".");
    judgement.observed = judgement.message;
    return judgement;
  }
  judgement.verdict = Verdict::kPass;
  judgement.message =
      absl::StrCat("closed its own copy of each of ", handed_over, " connections that children served.");
  judgement.observed = judgement.message;
  return judgement;
}

}  // namespace

Case AlwaysCloseParentCopy() {
  return {
      .id = "always-close/parent-copy",
      .requirement = "always-close/parent-copy",
      .scenario = Scenario::kOrdinary,
      .faults = {},
      .findings = {{kKept, "The server kept its own copy of a connection that a child served."}},
      .defects = {"keeps-parents-copy"},
      .core = false,
      .inapplicable = NeverHandsOver,
      .judge = Judge,
  };
}

}  // namespace lastack
