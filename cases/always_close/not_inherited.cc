#include "cases/always_close/not_inherited.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "cases/driver_facts.h"

namespace lastack {
namespace {

constexpr char kHeld[] = "held-by-child";
constexpr char kInherited[] = "inherited-by-program";

Judgement Unexercised(std::string why) {
  Judgement judgement;
  judgement.verdict = Verdict::kUnexercised;
  judgement.message = std::move(why);
  return judgement;
}

// The process that the driver said it had started; 0: none.
int ChildOf(const Evidence& run) {
  const std::vector<const DriverReply*> spawned = RepliesTo(run.run(), "spawn");
  if (spawned.empty()) return 0;
  absl::string_view words = spawned.front()->reply;
  int pid = 0;
  return absl::ConsumePrefix(&words, "ok ") && absl::SimpleAtoi(words, &pid) ? pid : 0;
}

bool LivedAtBarrier(const Evidence& run, int pid) {
  const std::vector<int>& alive = run.run().lives.front().alive;
  return std::find(alive.begin(), alive.end(), pid) != alive.end();
}

// Whether another process of the subject than the child, the driver for one, still had a connection at the barrier.
bool HeldByOthers(const Evidence& run, int child) {
  const SubjectLife& life = run.run().lives.front();
  std::vector<int> others = life.alive;
  others.erase(std::remove(others.begin(), others.end(), child), others.end());
  return std::any_of(run.exchanges().begin(), run.exchanges().end(),
                     [&](const Exchange& exchange) { return exchange.socket->HeldAt(life.quiet_ns, others); });
}

Judgement JudgeSpawned(const Evidence&, const Evidence& run) {
  const int child = ChildOf(run);
  const std::vector<const DriverReply*> closes = RepliesTo(run.run(), "close");
  if (child == 0) return Unexercised("The driver did not start the program.");
  if (run.run().connections.empty() || closes.empty() || !IsOk(*closes.front())) {
    return Unexercised("The driver did not close its connection.");
  }
  if (!LivedAtBarrier(run, child)) {
    return Unexercised(absl::StrCat("The program, process ", child, ", did not live at the end of the conversation."));
  }
  Judgement judgement;
  judgement.expected = "FIN at the peer when the connection is closed, while the child program lives";
  judgement.evidence = {Describe(*RepliesTo(run.run(), "spawn").front()), Describe(*closes.front())};
  const SubjectLife& life = run.run().lives.front();
  const ConnectionRecord& record = run.run().connections.front();
  if (life.unended == 0) {
    judgement.verdict = Verdict::kPass;
    judgement.message =
        absl::StrCat("the peer saw the end of the connection while the child program, process ", child, ", lived.");
  } else if (HeldByOthers(run, child)) {
    return Unexercised("The driver itself still held the connection.");
  } else {
    judgement.verdict = Verdict::kFail;
    judgement.finding = kHeld;
    judgement.message = absl::StrCat(
        "closed its connection, and no FIN came to the peer as long as the child program, process ", child, ", lived.");
    if (record.fin_ns > life.quiet_ns) judgement.evidence.push_back("the FIN came when the program was ended");
  }
  judgement.observed = judgement.message;
  return judgement;
}

bool HasStarted(const TracedEvent& event) { return event.event.kind == EventKind::kCheckIn && event.event.b == 1; }

bool HeldConnection(const Evidence& run, int pid, uint64_t ns) {
  return std::any_of(run.exchanges().begin(), run.exchanges().end(),
                     [&](const Exchange& exchange) { return exchange.socket->HeldAt(ns, {pid}); });
}

// Whether the process forked, or what comes to that, while it held a connection.
bool ForkedWithConnection(const Evidence& run, int pid) {
  const std::vector<TracedEvent>& events = run.run().trace.events;
  return std::any_of(events.begin(), events.end(), [&](const TracedEvent& event) {
    const bool forks =
        event.pid == pid && event.event.call != Call::none && FamilyOf(event.event.call) == CallFamily::process;
    return forks && HeldConnection(run, pid, event.start_ns);
  });
}

std::string StartsNoProgram(const Evidence& clean) {
  for (const TracedEvent& event : clean.run().trace.events) {
    if (!HasStarted(event)) continue;
    const int parent = static_cast<int>(event.event.a);
    // By now the parent may have closed it; and a fork inside the C library, as of system(3), is not seen.
    if (HeldConnection(clean, parent, event.start_ns) || ForkedWithConnection(clean, parent)) return "";
  }
  return "the subject starts no other program while it has a connection";
}

// Whoever makes calls on it was given it on purpose, as standard streams are.
bool IsUsedBy(const Evidence& run, const SocketLife& socket, const DescriptorLife& descriptor) {
  const std::vector<const TracedEvent*> events = run.EventsOn(socket);
  return std::any_of(events.begin(), events.end(), [&](const TracedEvent* event) {
    return event->pid == descriptor.pid && event->event.fd == descriptor.fd && event->event.kind == EventKind::kCall;
  });
}

bool IsLeaked(const Evidence& run, const SocketLife& socket, const DescriptorLife& descriptor) {
  const bool inherited = descriptor.origin == Origin::kInherit || descriptor.origin == Origin::kFork;
  const bool other = descriptor.pid != socket.descriptors.front().pid;
  if (!inherited || !other || descriptor.fd <= STDERR_FILENO || IsRelease(descriptor.fate)) return false;
  const std::vector<TracedEvent>& events = run.run().trace.events;
  // It was there after an exec, and stayed.
  const bool started = std::any_of(events.begin(), events.end(), [&](const TracedEvent& event) {
    return event.event.kind == EventKind::kInherit && event.pid == descriptor.pid &&
           event.event.socket == socket.socket &&
           std::any_of(events.begin(), events.end(), [&](const TracedEvent& start) {
             return HasStarted(start) && start.pid == event.pid && start.start_ns <= event.start_ns;
           });
  });
  return started && !IsUsedBy(run, socket, descriptor);
}

Judgement JudgePrograms(const Evidence&, const Evidence& run) {
  Judgement judgement;
  judgement.expected = "a program that the subject starts has none of its connections";
  for (const Exchange& exchange : run.exchanges()) {
    for (const DescriptorLife& descriptor : exchange.socket->descriptors) {
      if (!IsLeaked(run, *exchange.socket, descriptor)) continue;
      judgement.evidence.push_back(absl::StrCat("descriptor ", descriptor.fd, " of process ", descriptor.pid,
                                                ", from process ", exchange.socket->descriptors.front().pid));
    }
  }
  judgement.verdict = judgement.evidence.empty() ? Verdict::kPass : Verdict::kFail;
  if (judgement.evidence.empty()) {
    judgement.by_absence = true;
    judgement.message = "no program that it started had a connection that was not meant for it.";
  } else {
    judgement.finding = kInherited;
    judgement.message = absl::StrCat(
        "a program that it started had a connection that it did not use: ", judgement.evidence.front(), ".");
  }
  judgement.observed = judgement.message;
  return judgement;
}

}  // namespace

Case AlwaysCloseNotInherited() {
  return {
      .id = "always-close/not-inherited",
      .requirement = "always-close/not-inherited",
      .scenario = Scenario::kOrdinary,
      .faults = {},
      .findings = {{kInherited, "A program that the subject started held a connection, and made no call on it."}},
      .defects = {"leaks-into-programs"},
      .core = false,
      .inapplicable = StartsNoProgram,
      .judge = JudgePrograms,
  };
}

Case AlwaysCloseNotInheritedBySpawned() {
  return {
      .id = "always-close/not-inherited/spawned",
      .requirement = "always-close/not-inherited",
      .scenario = Scenario::kChild,
      .faults = {},
      .findings = {{kHeld, "A child program held a connection that its parent had closed."}},
      .defects = {"leaks-into-children"},
      .verb = "spawn",
      .core = false,
      .inapplicable = AlwaysApplies,
      .judge = JudgeSpawned,
  };
}

}  // namespace lastack
