#include "cases/peer_gone/truncation_reported.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cases/reported.h"
#include "cases/site.h"

namespace lastack {
namespace {

constexpr char kAccepted[] = "truncation-accepted";
constexpr char kHangs[] = "hangs-after-truncation";
constexpr char kCrashed[] = "crashed-after-truncation";

std::string Inapplicable(const Evidence& clean) { return NeverTransfers(clean, CallFamily::recv); }

uint64_t WholeAnswerBytes(const Evidence& clean) {
  uint64_t bytes = 0;
  for (const Exchange& exchange : clean.exchanges()) {
    if (exchange.over()) bytes = std::max(bytes, exchange.record->bytes_sent);
  }
  return bytes;
}

// The connection on which the peer said less than it had promised, and finished.
const Exchange* Truncated(const Evidence& clean, const Evidence& run) {
  for (const Exchange& exchange : run.exchanges()) {
    if (exchange.over() && exchange.record->script == 0 && exchange.record->bytes_sent < WholeAnswerBytes(clean)) {
      return &exchange;
    }
  }
  return nullptr;
}

const char* CodeFor(const Observation& run) {
  if (DeathOf(run) != 0) return kCrashed;
  return run.exit.how == SubjectExit::How::kTimedOut ? kHangs : kAccepted;
}

Judgement Judge(const Evidence& clean, const Evidence& run) {
  Judgement judgement;
  judgement.expected = "the missing bytes are reported: by exit status, on stderr, or by asking again";
  if (const std::string mute = WhyReportsAreMute(clean); !mute.empty()) {
    judgement.verdict = Verdict::kInconclusive;
    judgement.message = mute;
    return judgement;
  }
  const Exchange* truncated = Truncated(clean, run);
  if (truncated == nullptr) {
    judgement.verdict = Verdict::kUnexercised;
    judgement.message = "The peer could not finish within the answer at the agreed point.";
    return judgement;
  }
  judgement.evidence = {
      absl::StrCat("the peer sent FIN after ", truncated->record->bytes_sent, " bytes, within the length it had told"),
      absl::StrCat("the subject ", run.EndInWords())};
  if (const std::string report = HowReported(clean, run); !report.empty()) {
    judgement.verdict = Verdict::kPass;
    judgement.message = absl::StrCat("took the early end for an error: ", report, ".");
    judgement.observed = report;
    return judgement;
  }
  judgement.verdict = Verdict::kFail;
  judgement.finding = CodeFor(run.run());
  judgement.message = absl::StrCat("got FIN within an answer whose length it had been told, and ", run.EndInWords(),
                                   Crashed(run) ? "." : " without a word.");
  judgement.observed = judgement.message;
  return judgement;
}

}  // namespace

Case PeerGoneTruncationReported() {
  return {
      .id = "peer-gone/truncation-reported",
      .requirement = "peer-gone/truncation-reported",
      .scenario = Scenario::kTruncatedAnswer,
      .faults = {},
      .findings = {{kAccepted, "An answer that ended before its promised length was taken for complete."},
                   {kHangs, "The subject did not end after the early FIN."},
                   {kCrashed, "The subject died by a signal after the early FIN."}},
      .defects = {"accepts-truncation"},
      .core = true,
      .inapplicable = Inapplicable,
      .judge = Judge,
  };
}

}  // namespace lastack
