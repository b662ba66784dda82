#include "cases/peer_gone/silent_peer.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cases/reported.h"
#include "cases/server_facts.h"
#include "cases/site.h"

namespace lastack {
namespace {

constexpr char kTakenForEnd[] = "silence-taken-for-end";
constexpr char kDied[] = "died-of-silence";

std::string Seconds(uint64_t ns) {
  return absl::FormatDuration(absl::Trunc(absl::Nanoseconds(static_cast<int64_t>(ns)), absl::Milliseconds(100)));
}

// The connection on which the peer fell silent; null if it came not so far.
const Exchange* Silent(const Evidence& run) {
  for (const Exchange& exchange : run.exchanges()) {
    const ConnectionRecord* record = exchange.record;
    if (record != nullptr && record->script == 0 && record->steps_done > 0 &&
        (record->trouble.empty() || record->steps_done >= 2)) {
      return &exchange;
    }
  }
  return nullptr;
}

Judgement StillWaiting(const Evidence& run) {
  Judgement judgement;
  judgement.verdict = Verdict::kObserved;
  const uint64_t waited_ns = run.of_server() ? run.run().lives.front().quiet_ns : run.run().timeout_ns;
  judgement.message = absl::StrCat("still waited for a silent peer after ", Seconds(waited_ns),
                                   "; a longer --timeout tells whether it ever stops.");
  return judgement;
}

Judgement JudgeServer(const Evidence& run, const Exchange& silent) {
  const std::string death = HowItDied(run);
  if (!death.empty()) return Violation(kDied, absl::StrCat("the server ", death, ", while a client was silent."));
  if (run.HeldAtBarrier(*silent.socket)) return StillWaiting(run);
  const uint64_t closed_ns = silent.socket->closed_ns();
  const std::string after = closed_ns > silent.record->accepted_ns
                                ? absl::StrCat(" after ", Seconds(closed_ns - silent.record->accepted_ns))
                                : "";
  return Passed(absl::StrCat("gave a silent client up", after, "."));
}

Judgement JudgeOther(const Evidence& clean, const Evidence& run) {
  if (run.run().exit.how == SubjectExit::How::kTimedOut) return StillWaiting(run);
  const std::string report = HowReported(clean, run);
  if (!report.empty()) {
    return Passed(
        absl::StrCat("gave a silent peer up after ", Seconds(run.run().exit.ended_ns), ", and said so: ", report, "."));
  }
  if (DeathOf(run.run()) != 0) {
    return Violation(kDied, absl::StrCat(run.EndInWords(), " while the peer was silent."));
  }
  return Violation(kTakenForEnd, absl::StrCat("took a peer that fell silent for one that had ended: it ",
                                              run.EndInWords(), " without a word."));
}

Judgement Judge(const Evidence& clean, const Evidence& run) {
  Judgement judgement;
  const Exchange* silent = Silent(run);
  if (silent == nullptr) {
    judgement.verdict = Verdict::kUnexercised;
    judgement.message = "The peer did not come to being silent.";
  } else if (const std::string mute = run.of_server() ? "" : WhyReportsAreMute(clean); !mute.empty()) {
    judgement.verdict = Verdict::kInconclusive;
    judgement.message = mute;
  } else {
    judgement = run.of_server() ? JudgeServer(run, *silent) : JudgeOther(clean, run);
  }
  judgement.expected = "in its own time the subject gives the peer up, and says so";
  judgement.observed = judgement.message;
  if (silent != nullptr) {
    judgement.evidence = {absl::StrCat("the peer sent ", silent->record->bytes_sent, " bytes, and nothing more")};
  }
  return judgement;
}

}  // namespace

Case PeerGoneSilentPeer() {
  return {
      .id = "peer-gone/silent-peer",
      .requirement = "peer-gone/silent-peer",
      .scenario = Scenario::kSilentPeer,
      .faults = {},
      .findings = {{kTakenForEnd, "A peer that fell silent was taken for one that had sent everything."},
                   {kDied, "The subject died while the peer was silent."}},
      .defects = {"takes-silence-for-end"},
      .core = false,
      .inapplicable = NeverTransfersAnything,
      .judge = Judge,
  };
}

}  // namespace lastack
