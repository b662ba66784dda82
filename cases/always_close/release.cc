#include "cases/always_close/release.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cases/driver_facts.h"
#include "cases/site.h"

namespace lastack {
namespace {

// The descriptor that was not released by a call.
const DescriptorLife& Unreleased(const SocketLife& socket) {
  for (const DescriptorLife& descriptor : socket.descriptors) {
    if (!IsRelease(descriptor.fate)) return descriptor;
  }
  return socket.descriptors.front();
}

std::string NameOf(const SocketLife& socket) {
  const DescriptorLife& descriptor = Unreleased(socket);
  return absl::StrCat("descriptor ", descriptor.fd, " of process ", descriptor.pid);
}

// A TCP socket that the process made after a moment; nullptr if there is none.
const DescriptorLife* LaterSocket(const Evidence& run, int pid, uint64_t since_ns) {
  for (const SocketLife& socket : run.ledger().sockets) {
    const DescriptorLife& first = socket.descriptors.front();
    if (socket.kind == SocketKind::kTcp && first.pid == pid && first.born_ns > since_ns) return &first;
  }
  return nullptr;
}

bool HasOneThread(const Evidence& run, int pid) {
  const TracedEvent* first = nullptr;
  for (const TracedEvent& event : run.run().trace.events) {
    if (event.pid != pid) continue;
    if (first != nullptr && event.tid != first->tid) return false;
    first = &event;
  }
  return true;
}

// While one thread makes another socket, a second one may be about to close this one: the selector's, of Java's
// HttpClient. It needs time for that.
bool HadTimeToClose(const Evidence& run, int pid, uint64_t since_ns) {
  constexpr uint64_t kEnoughNs = 1'000'000'000;
  if (HasOneThread(run, pid)) return true;
  const auto& processes = run.ledger().processes;
  return std::any_of(processes.begin(), processes.end(), [&](const ProcessLife& process) {
    return process.pid == pid && process.last_ns >= since_ns + kEnoughNs;
  });
}

bool NoneCompleted(const Evidence& run) {
  const auto& exchanges = run.exchanges();
  return std::none_of(exchanges.begin(), exchanges.end(), [](const Exchange& exchange) { return exchange.over(); });
}

// A server or a driver lives on by its nature: what counts is the time when all exchanges were over and it had had time
// to close.
std::string HeldOn(const Evidence& run, const Due& open) {
  const uint64_t barrier_ns = run.run().lives.front().quiet_ns;
  const absl::Duration held = absl::Nanoseconds(static_cast<int64_t>(barrier_ns - open.since_ns));
  return absl::StrCat("it still held it ", absl::FormatDuration(absl::Trunc(held, absl::Milliseconds(1))),
                      " later, with all exchanges over");
}

// It came to be due when the time for closing was up: who closes at the end does it then.
bool DueBehindBarrier(const Evidence& run, const Due& open) {
  return run.has_barrier() && open.since_ns > run.run().lives.front().quiet_ns;
}

// What shows that the process lived on with the socket open: a later exchange of its own that was completed (where the
// stimulus may have prevented that, a later attempt, with time to close), or the end of its time. Empty: nothing does.
std::string LivedOn(const Evidence& run, const Due& open) {
  if (open.since_ns == 0 || DueBehindBarrier(run, open)) return "";
  if (run.has_barrier()) return HeldOn(run, open);
  for (const Exchange& later : run.exchanges()) {
    const bool its_own = later.socket->descriptors.front().pid == Unreleased(*open.socket).pid;
    if (later.socket != open.socket && later.over() && its_own && later.socket->connected_ns > open.since_ns) {
      return absl::StrCat("it then made another connection, from port ", later.record->far_port,
                          ", and completed that exchange");
    }
  }
  const bool prevented = !run.run().Fired().empty() || NoneCompleted(run);
  const int pid = Unreleased(*open.socket).pid;
  const DescriptorLife* later =
      prevented && HadTimeToClose(run, pid, open.since_ns) ? LaterSocket(run, pid, open.since_ns) : nullptr;
  if (later != nullptr) return absl::StrCat("it then made another socket, descriptor ", later->fd);
  return run.run().exit.how == SubjectExit::How::kTimedOut ? absl::StrCat("the subject ", run.EndInWords()) : "";
}

// A process other than the first was still there when the first had ended, and held the socket: lastack ended it then,
// so that nobody knows what it would have done.
bool HeldByAnEndedSurvivor(const Evidence& run, const SocketLife& open) {
  return run.run().exit.how != SubjectExit::How::kTimedOut && run.run().exit.survivors_killed > 0 &&
         Unreleased(open).fate == Fate::kOpen;
}

Judgement Inconclusive(std::string message) {
  Judgement judgement;
  judgement.verdict = Verdict::kInconclusive;
  judgement.message = std::move(message);
  return judgement;
}

Judgement Leak(const Due& open, const char* code, const std::string& after, const std::string& lived_on) {
  Judgement judgement;
  judgement.verdict = Verdict::kFail;
  judgement.finding = code;
  judgement.by_absence = true;
  judgement.message = absl::StrCat("did not close ", NameOf(*open.socket), " ", after, "; ", lived_on, ".");
  judgement.observed = judgement.message;
  return judgement;
}

Judgement LeftToExit(const SocketLife& left) {
  Judgement judgement;
  judgement.verdict = Verdict::kAdvisory;
  judgement.finding = kLeftToExit;
  judgement.by_absence = true;
  judgement.message =
      absl::StrCat("left ", NameOf(left),
                   " open to the exit of the process, which closes it: harmless in a program that ends here.");
  judgement.observed = judgement.message;
  return judgement;
}

}  // namespace

Judgement JudgeRelease(const Evidence& run, const std::vector<Due>& due, const char* leak, const std::string& after) {
  const SocketLife* left = nullptr;
  for (const Due& one : due) {
    const bool held = run.has_barrier() ? run.HeldAtBarrier(*one.socket) : !one.socket->closed();
    if (!held && !one.socket->closed()) {
      left = left == nullptr ? one.socket : left;
      continue;
    }
    if (!held) continue;
    if (const std::string lived_on = LivedOn(run, one); !lived_on.empty()) return Leak(one, leak, after, lived_on);
    if ((one.since_ns == 0 || DueBehindBarrier(run, one)) &&
        (run.has_barrier() || run.run().exit.how == SubjectExit::How::kTimedOut)) {
      return Inconclusive(
          absl::StrCat("The exchange on ", NameOf(*one.socket), " was not complete when the time was up."));
    }
    if (HeldByAnEndedSurvivor(run, *one.socket)) {
      return Inconclusive(absl::StrCat("A process that the subject left behind still held ", NameOf(*one.socket),
                                       " when it was ended with the subject."));
    }
    if (left == nullptr) left = one.socket;
  }
  if (left != nullptr) return LeftToExit(*left);
  Judgement judgement;
  judgement.verdict = Verdict::kPass;
  judgement.message =
      absl::StrCat("closed ", due.size() == 1 ? "its connection" : "all its connections", " by a call ", after, ".");
  judgement.observed = judgement.message;
  return judgement;
}

std::vector<Due> DueAfterExchange(const Evidence& run) {
  std::vector<Due> due;
  // A driver was told when.
  if (const uint64_t told_ns = WhenToldToClose(run); told_ns != 0) {
    for (const Exchange& exchange : run.exchanges()) due.push_back({exchange.socket, told_ns});
    return due;
  }
  for (const Exchange& exchange : run.exchanges()) {
    due.push_back({exchange.socket, exchange.over() ? exchange.record->our_fin_ns : 0});
  }
  return due;
}

std::vector<Due> DueAfterReset(const Evidence& run) {
  std::vector<Due> due;
  for (const Exchange& exchange : run.exchanges()) {
    if (exchange.record != nullptr && exchange.record->our_reset_ns != 0) {
      due.push_back({exchange.socket, exchange.record->our_reset_ns});
    }
  }
  return due;
}

std::vector<Due> DueAfterTruncation(const Evidence& run) {
  std::vector<Due> due;
  for (const Exchange& exchange : run.exchanges()) {
    if (exchange.over() && exchange.record->script == 0) due.push_back({exchange.socket, exchange.record->our_fin_ns});
  }
  return due;
}

std::vector<Due> DueAfterRefusal(const Evidence& run) {
  std::vector<Due> due;
  for (const TracedEvent* attempt : RefusedAttempts(run)) {
    due.push_back({run.ledger().Find(attempt->event.socket), attempt->start_ns + attempt->duration_ns});
  }
  return due;
}

}  // namespace lastack
