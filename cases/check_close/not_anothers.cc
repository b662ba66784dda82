#include "cases/check_close/not_anothers.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "harness/run/strangers.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kClosed[] = "stranger-closed";

// A descriptor that leads to a stranger.
struct Held {
  const SocketLife* socket;
  const DescriptorLife* descriptor;
};

std::map<int, std::vector<Held>> StrangersByProcess(const Evidence& run) {
  std::map<int, std::vector<Held>> strangers;
  for (const SocketLife& socket : run.ledger().sockets) {
    const DescriptorLife& first = socket.descriptors.front();
    if (first.origin != Origin::kInherit || socket.kind != SocketKind::kUnix || !IsStranger(first.fd)) continue;
    for (const DescriptorLife& descriptor : socket.descriptors) {
      if (IsStranger(descriptor.fd)) strangers[descriptor.pid].push_back({&socket, &descriptor});
    }
  }
  return strangers;
}

// When the subject first had a TCP socket of its own.
uint64_t FirstSocketNs(const Evidence& run) {
  uint64_t first_ns = UINT64_MAX;
  for (const SocketLife& socket : run.ledger().sockets) {
    const bool own = socket.kind == SocketKind::kTcp || socket.kind == SocketKind::kListener;
    if (own) first_ns = std::min(first_ns, socket.descriptors.front().born_ns);
  }
  return first_ns;
}

bool ExecutesLater(const Evidence& run, int pid, uint64_t ns) {
  const auto& events = run.run().trace.events;
  return std::any_of(events.begin(), events.end(), [&](const TracedEvent& event) {
    return event.pid == pid && event.start_ns > ns && IsExec(event.event.call) && event.event.error == 0;
  });
}

// The close that took one stranger from a process and left it others; nullptr if there was none.
const Held* ClosedAlone(const Evidence& run, const std::vector<Held>& strangers, uint64_t since_ns) {
  const bool all_gone = std::all_of(strangers.begin(), strangers.end(),
                                    [](const Held& held) { return IsRelease(held.descriptor->fate); });
  if (all_gone) return nullptr;
  for (const Held& held : strangers) {
    const DescriptorLife& descriptor = *held.descriptor;
    const bool closed = descriptor.fate == Fate::kClosed && descriptor.ended_ns > since_ns;
    if (closed && !ExecutesLater(run, descriptor.pid, descriptor.ended_ns)) return &held;
  }
  return nullptr;
}

std::vector<std::string> ClosesOf(const Evidence& run, const Held& held) {
  std::vector<std::string> closes;
  for (const TracedEvent* event : run.EventsOn(*held.socket)) {
    const bool is_call = event->event.kind == EventKind::kCall || event->event.kind == EventKind::kInFlight;
    if (is_call && event->pid == held.descriptor->pid && event->event.fd == held.descriptor->fd) {
      closes.push_back(DescribeEvent(*event));
    }
  }
  return closes;
}

Judgement Judge(const Evidence&, const Evidence& run) {
  Judgement judgement;
  judgement.expected = "the sockets that the subject inherited are left alone, or all closed";
  const auto strangers = StrangersByProcess(run);
  if (strangers.empty()) {
    judgement.verdict = Verdict::kInconclusive;
    judgement.message = "The sockets that the subject was to inherit were not seen in it.";
    return judgement;
  }
  const uint64_t since_ns = FirstSocketNs(run);
  for (const auto& [pid, held] : strangers) {
    const Held* closed = ClosedAlone(run, held, since_ns);
    if (closed == nullptr) continue;
    judgement.verdict = Verdict::kFail;
    judgement.finding = kClosed;
    judgement.message = absl::StrCat("process ", pid, " closed ", closed->descriptor->fd,
                                     ", a socket that it had inherited and was never given, and left the others open.");
    judgement.observed = judgement.message;
    judgement.evidence = ClosesOf(run, *closed);
    return judgement;
  }
  judgement.verdict = Verdict::kPass;
  judgement.by_absence = true;
  judgement.message = "closed none of the sockets that it had inherited, or all of them at once.";
  judgement.observed = judgement.message;
  return judgement;
}

}  // namespace

Case CheckCloseNotAnothers() {
  return {
      .id = "check-close/not-anothers",
      .requirement = "check-close/not-anothers",
      .scenario = Scenario::kBesideStrangers,
      .faults = {},
      .findings = {{kClosed, "An inherited socket, which the subject was never given, was closed."}},
      .defects = {"closes-highest-socket"},
      .core = false,
      .inapplicable = AlwaysApplies,
      .judge = Judge,
  };
}

}  // namespace lastack
