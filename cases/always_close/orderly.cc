#include "cases/always_close/orderly.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace lastack {
namespace {

constexpr char kLeak[] = "leak";
constexpr char kLeftToExit[] = "left-to-exit";

// The descriptor that was not released by a call.
const DescriptorLife& Unreleased(const Exchange& exchange) {
  for (const DescriptorLife& descriptor : exchange.socket->descriptors) {
    if (!IsRelease(descriptor.fate)) return descriptor;
  }
  return exchange.socket->descriptors.front();
}

std::string NameOf(const Exchange& exchange) {
  const DescriptorLife& descriptor = Unreleased(exchange);
  return absl::StrCat("descriptor ", descriptor.fd, " of process ", descriptor.pid);
}

std::string HeldFor(const Evidence& run, const Exchange& exchange) {
  const uint64_t ns = run.run().lives.front().quiet_ns - std::max(exchange.record->our_fin_ns, exchange.record->fin_ns);
  return absl::FormatDuration(absl::Trunc(absl::Nanoseconds(static_cast<int64_t>(ns)), absl::Milliseconds(1)));
}

bool WasMadeBy(const Exchange& exchange, int pid) { return exchange.socket->descriptors.front().pid == pid; }

// What shows that the process lived on after this exchange with the socket open: a later exchange of its own that was
// completed, or the end of its time. Empty: nothing does.
std::string LivedOn(const Evidence& run, const Exchange& open) {
  if (!open.over()) return "";
  for (const Exchange& later : run.exchanges()) {
    const bool began_later = later.socket->connected_ns > open.record->our_fin_ns;
    if (later.over() && began_later && WasMadeBy(later, Unreleased(open).pid)) {
      return absl::StrCat("it then made another connection, from port ", later.record->far_port, ", and completed that exchange");
    }
  }
  return run.run().exit.how == SubjectExit::How::kTimedOut ? absl::StrCat("the subject ", run.EndInWords()) : "";
}

// A process other than the first was still there when the first had ended, and held the socket: lastack ended it then, so
// that nobody knows what it would have done.
bool HeldByAnEndedSurvivor(const Evidence& run, const Exchange& open) {
  return run.run().exit.how != SubjectExit::How::kTimedOut && run.run().exit.survivors_killed > 0 &&
         Unreleased(open).fate == Fate::kOpen;
}

// A server lives on by its nature: what counts is the time when all exchanges were over.
Judgement JudgeServer(const Evidence& run) {
  Judgement judgement;
  judgement.expected = "each accepted socket is closed by a call after its exchange, while the server runs on";
  judgement.by_absence = true;
  for (const Exchange& exchange : run.exchanges()) {
    if (run.HeldAtBarrier(*exchange.socket)) {
      if (!exchange.over()) {
        judgement.verdict = Verdict::kInconclusive;
        judgement.message = absl::StrCat("The exchange on ", NameOf(exchange), " was not completed.");
        return judgement;
      }
      judgement.verdict = Verdict::kFail;
      judgement.finding = kLeak;
      judgement.message = absl::StrCat("still held ", NameOf(exchange), " ", HeldFor(run, exchange), " after its exchange was over.");
      judgement.observed = judgement.message;
      return judgement;
    }
    if (exchange.socket->closed() || !judgement.finding.empty()) continue;
    judgement.verdict = Verdict::kAdvisory;
    judgement.finding = kLeftToExit;
    judgement.message = absl::StrCat("left ", NameOf(exchange), " open to the exit of the process that served it.");
  }
  if (judgement.finding.empty()) {
    judgement.verdict = Verdict::kPass;
    judgement.by_absence = false;
    judgement.message = absl::StrCat("closed all ", run.exchanges().size(), " connections that it had accepted, each by a call.");
  }
  judgement.observed = judgement.message;
  return judgement;
}

Judgement Judge(const Evidence&, const Evidence& run) {
  if (run.of_server()) return JudgeServer(run);
  Judgement judgement;
  judgement.expected = "each socket to the peer is closed by a call after the peer's FIN";
  std::vector<const Exchange*> left;
  for (const Exchange& exchange : run.exchanges()) {
    if (exchange.socket->closed()) continue;
    if (const std::string lived_on = LivedOn(run, exchange); !lived_on.empty()) {
      judgement.verdict = Verdict::kFail;
      judgement.finding = kLeak;
      judgement.by_absence = true;
      judgement.message = absl::StrCat("never closed ", NameOf(exchange), " after its exchange was over; ", lived_on, ".");
      judgement.observed = judgement.message;
      return judgement;
    }
    if (!exchange.over() && run.run().exit.how == SubjectExit::How::kTimedOut) {
      judgement.verdict = Verdict::kInconclusive;
      judgement.message = absl::StrCat("The exchange on ", NameOf(exchange), " was not complete when the time was up.");
      return judgement;
    }
    if (HeldByAnEndedSurvivor(run, exchange)) {
      judgement.verdict = Verdict::kInconclusive;
      judgement.message = absl::StrCat("A process that the subject left behind still held ", NameOf(exchange),
                                       " when it was ended with the subject.");
      return judgement;
    }
    left.push_back(&exchange);
  }
  judgement.by_absence = !left.empty();
  if (!left.empty()) {
    judgement.verdict = Verdict::kAdvisory;
    judgement.finding = kLeftToExit;
    judgement.message = absl::StrCat("left ", NameOf(*left.front()),
                                     " open to the exit of the process, which closes it: harmless in a program that ends here.");
    judgement.observed = judgement.message;
    return judgement;
  }
  judgement.verdict = Verdict::kPass;
  judgement.message = absl::StrCat("closed ", run.exchanges().size() == 1 ? "its connection" : "all its connections",
                                   " by a call after the exchange.");
  judgement.observed = judgement.message;
  return judgement;
}

}  // namespace

Case AlwaysCloseOrderly() {
  return {
      .id = "always-close/orderly",
      .requirement = "always-close/orderly",
      .scenario = Scenario::kOrdinary,
      .faults = {},
      .findings = {{kLeak, "A socket stayed open although its exchange was over and the process lived on."},
                   {kLeftToExit, "A socket was left open to the exit of the process."}},
      .defects = {"forgets-close"},
      .core = true,
      .inapplicable = AlwaysApplies,
      .judge = Judge,
  };
}

}  // namespace lastack
