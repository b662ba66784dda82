#include "cases/peer_gone/send_error.h"

#include <errno.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cases/reported.h"
#include "cases/site.h"
#include "harness/sys/errno_names.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kIgnored[] = "send-error-ignored";
constexpr char kKilled[] = "killed-by-sigpipe";

std::string NeverSends(const Evidence& clean) { return NeverTransfers(clean, CallFamily::send); }

Judgement Undelivered() {
  Judgement judgement;
  judgement.verdict = Verdict::kUnexercised;
  judgement.message = "The peer was gone, but no send on the connection failed.";
  return judgement;
}

// Sends on a connection with the peer that failed as one does when the peer is gone, or that SIGPIPE did not let
// return.
std::vector<const TracedEvent*> FailedSends(const Evidence& run) {
  std::vector<const TracedEvent*> failed = FiredOnExchanges(run);
  std::erase_if(failed, [&](const TracedEvent* event) {
    if (event->event.kind == EventKind::kInFlight) return !DiedBySigpipe(run) && !ExitedInSend(run, *event);
    return event->event.error != EPIPE && event->event.error != ECONNRESET;
  });
  return failed;
}

int ErrorOf(const TracedEvent& send) { return send.event.kind == EventKind::kInFlight ? EPIPE : send.event.error; }

Judgement JudgeReported(const Evidence& clean, const Evidence& run) {
  const std::vector<const TracedEvent*> failed = FailedSends(run);
  Judgement judgement;
  if (const std::string mute = WhyReportsAreMute(clean); !mute.empty()) {
    judgement.verdict = Verdict::kInconclusive;
    judgement.message = mute;
  } else if (failed.empty()) {
    judgement = Undelivered();
  } else if (const std::string report = HowReported(clean, run); !report.empty()) {
    judgement.verdict = Verdict::kPass;
    judgement.message = absl::StrCat("took the failed send for an error: ", report, ".");
    judgement.observed = report;
  } else if (DiedBySigpipe(run)) {
    judgement.verdict = Verdict::kObserved;
    judgement.message =
        "died by SIGPIPE, which tells its parent; whether it may is judged by peer-gone/sigpipe-survived.";
    judgement.observed = judgement.message;
  } else {
    judgement.verdict = Verdict::kFail;
    judgement.finding = kIgnored;
    judgement.message = absl::StrCat("was told by ", CallName(failed.front()->event.call), " that the peer is gone (",
                                     ErrnoName(ErrorOf(*failed.front())), "), and ", run.EndInWords(),
                                     Crashed(run) ? "." : " without a word.");
    judgement.observed = judgement.message;
  }
  judgement.expected = "the failed send is reported: by exit status, on stderr, or by asking again";
  for (const TracedEvent* event : failed) judgement.evidence.push_back(DescribeEvent(*event));
  return judgement;
}

bool OpenAt(const DescriptorLife& descriptor, uint64_t ns) {
  return descriptor.born_ns < ns && (descriptor.ended_ns == 0 || descriptor.ended_ns > ns);
}

// The process's descriptor of another TCP connection, with whomever, that was open when the send failed, and that ends
// with the process: nobody else holds it, as the parent does of whom the process is a fork. What ends with a Unix
// socket is the business of this machine's processes.
const DescriptorLife* OtherConnection(const Evidence& run, const TracedEvent& failed) {
  for (const SocketLife& other : run.ledger().sockets) {
    const bool connected = other.kind == SocketKind::kTcp && other.connected && other.connected_ns < failed.start_ns;
    if (!connected || other.socket == failed.event.socket) continue;
    const DescriptorLife* its_own = nullptr;
    bool shared = false;
    for (const DescriptorLife& descriptor : other.descriptors) {
      if (!OpenAt(descriptor, failed.start_ns)) continue;
      shared = shared || descriptor.pid != failed.pid;
      its_own = descriptor.pid == failed.pid ? &descriptor : its_own;
    }
    if (its_own != nullptr && !shared) return its_own;
  }
  return nullptr;
}

Judgement JudgeSurvived(const Evidence&, const Evidence& run) {
  const std::vector<const TracedEvent*> failed = FailedSends(run);
  Judgement judgement;
  const DescriptorLife* other = failed.empty() ? nullptr : OtherConnection(run, *failed.back());
  if (failed.empty()) {
    judgement = Undelivered();
  } else if (!DiedBySigpipe(run)) {
    judgement.verdict = Verdict::kPass;
    judgement.message = absl::StrCat("sent to a peer that was gone, and lived: it ", run.EndInWords(), ".");
    judgement.observed = absl::StrCat("the subject ", run.EndInWords());
  } else if (run.of_driver()) {
    judgement.verdict = Verdict::kFail;
    judgement.finding = kKilled;
    judgement.message = "let SIGPIPE kill the process that uses it.";
    judgement.observed = judgement.message;
  } else if (other != nullptr) {
    judgement.verdict = Verdict::kFail;
    judgement.finding = kKilled;
    judgement.message = absl::StrCat("died by SIGPIPE with another connection open, descriptor ", other->fd, ".");
    judgement.observed = judgement.message;
  } else {
    judgement.verdict = Verdict::kObserved;
    judgement.message = "died by SIGPIPE with no other connection open: nobody else was harmed.";
    judgement.observed = judgement.message;
  }
  judgement.expected = "the process lives on, or has no other connection to lose";
  for (const TracedEvent* event : failed) judgement.evidence.push_back(DescribeEvent(*event));
  return judgement;
}

Case FailedSend(const char* id, const char* fault, Finding finding, std::vector<std::string> defects,
                Judgement (*judge)(const Evidence&, const Evidence&)) {
  return {
      .id = id,
      .requirement = id,
      .scenario = Scenario::kOrdinary,
      .faults = {fault},
      .findings = {finding},
      .defects = std::move(defects),
      .core = false,
      .inapplicable = NeverSends,
      .judge = judge,
  };
}

constexpr Finding kIgnoredFinding = {kIgnored, "A send failed because the peer was gone, and nobody was told."};

}  // namespace

// A real reset by the peer just before the send.
Case PeerGoneResetOnSendReported() {
  return FailedSend("peer-gone/reset-on-send-reported", "%send:fd=tcp:when=1:effect=reset", kIgnoredFinding,
                    {"swallows-send-error"}, JudgeReported);
}

Case InterruptedPartialSendThenReset() {
  Case then_reset = FailedSend("interrupted/partial-send-then-reset",
                               "send,sendto,sendmsg,write,writev:fd=tcp:when=1:effect=partial=1", kIgnoredFinding,
                               {"swallows-send-error", "takes-progress-for-success"}, JudgeReported);
  then_reset.faults.emplace_back("%send:fd=tcp:when=2:effect=reset");
  return then_reset;
}

Case PeerGoneEpipeReported() {
  return FailedSend("peer-gone/epipe-reported", "%send:fd=tcp:when=1:effect=reset:error=EPIPE", kIgnoredFinding,
                    {"swallows-send-error", "swallows-epipe"}, JudgeReported);
}

Case PeerGoneSigpipeSurvivedInjected() {
  Case injected = FailedSend("peer-gone/sigpipe-survived/injected", "%send:fd=tcp:when=1:effect=reset:error=EPIPE",
                             {kKilled, "SIGPIPE killed a process that had other connections."},
                             {"sends-without-nosignal"}, JudgeSurvived);
  injected.requirement = "peer-gone/sigpipe-survived";
  return injected;
}

}  // namespace lastack
