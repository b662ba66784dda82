#include "cases/peer_gone/connect_error.h"

#include <arpa/inet.h>

#include "absl/strings/str_cat.h"
#include "cases/always_close/release.h"
#include "cases/reported.h"
#include "cases/site.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kIgnored[] = "connect-error-ignored";
constexpr char kLeak[] = "leak-after-refusal";

std::string NeverConnects(const Evidence& clean) { return NeverCalls(clean, Call::connect); }

Judgement Unexercised() {
  Judgement judgement;
  judgement.verdict = Verdict::kUnexercised;
  judgement.message = "The subject did not try to connect to the peer that refuses.";
  return judgement;
}

Judgement JudgeReported(const Evidence& clean, const Evidence& run) {
  const std::vector<const TracedEvent*> attempts = RefusedAttempts(run);
  Judgement judgement;
  if (const std::string mute = WhyReportsAreMute(clean); !mute.empty()) {
    judgement.verdict = Verdict::kInconclusive;
    judgement.message = mute;
  } else if (attempts.empty()) {
    judgement = Unexercised();
  } else if (const std::string report = HowReported(clean, run); !report.empty()) {
    judgement.verdict = Verdict::kPass;
    judgement.message = absl::StrCat("reported that the connection was refused: ", report, ".");
    judgement.observed = report;
  } else {
    judgement.verdict = Verdict::kFail;
    judgement.finding = kIgnored;
    judgement.message =
        absl::StrCat("was refused by the peer, and ", run.EndInWords(), Crashed(run) ? "." : " without a word.");
    judgement.observed = judgement.message;
  }
  judgement.expected = "the refusal is reported: by exit status or on stderr";
  for (const TracedEvent* event : attempts) judgement.evidence.push_back(DescribeEvent(*event));
  return judgement;
}

Judgement JudgeClosed(const Evidence&, const Evidence& run) {
  const std::vector<const TracedEvent*> attempts = RefusedAttempts(run);
  Judgement judgement;
  if (attempts.empty()) {
    judgement = Unexercised();
  } else {
    judgement = JudgeRelease(run, DueAfterRefusal(run), kLeak, "after connect had failed");
  }
  judgement.expected = "each socket whose connect failed is closed by a call";
  for (const TracedEvent* event : attempts) judgement.evidence.push_back(DescribeEvent(*event));
  return judgement;
}

Case Refused(const char* id, std::vector<Finding> findings, std::vector<std::string> defects,
             Judgement (*judge)(const Evidence&, const Evidence&)) {
  return {
      .id = id,
      .requirement = id,
      .scenario = Scenario::kRefused,
      .faults = {},
      .findings = std::move(findings),
      .defects = std::move(defects),
      .core = false,
      .inapplicable = NeverConnects,
      .judge = judge,
  };
}

}  // namespace

Case PeerGoneConnectErrorReported() {
  return Refused("peer-gone/connect-error-reported",
                 {{kIgnored, "The peer refused the connection, and nobody was told."}}, {"ignores-refusal"},
                 JudgeReported);
}

Case AlwaysCloseConnectFails() {
  return Refused(
      "always-close/connect-fails",
      {{kLeak, "A socket stayed open after connect had failed although the process lived on."}, kLeftToExitFinding},
      {"leaks-on-refusal", "never-closes", "forgets-close", "only-shuts-down"}, JudgeClosed);
}

}  // namespace lastack
