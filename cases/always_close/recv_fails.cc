#include "cases/always_close/recv_fails.h"

#include "cases/always_close/release.h"
#include "cases/site.h"

namespace lastack {
namespace {

constexpr char kLeak[] = "leak-after-reset";

std::string Inapplicable(const Evidence& clean) { return NeverTransfers(clean, CallFamily::recv); }

Judgement Judge(const Evidence&, const Evidence& run) {
  const std::vector<Due> due = DueAfterReset(run);
  Judgement judgement;
  if (due.empty()) {
    judgement.verdict = Verdict::kUnexercised;
    judgement.message = "The peer could not reset the connection at the agreed point.";
  } else {
    judgement = JudgeRelease(run, due, kLeak, "after the peer had reset it");
  }
  judgement.expected = "the socket that the peer reset is closed by a call";
  return judgement;
}

}  // namespace

Case AlwaysCloseRecvFails() {
  return {
      .id = "always-close/recv-fails",
      .requirement = "always-close/recv-fails",
      .scenario = Scenario::kResetMidAnswer,
      .faults = {},
      .findings = {{kLeak, "A socket stayed open after a reset although the process lived on."}, kLeftToExitFinding},
      .defects = {"leaks-on-reset", "forgets-close", "never-closes", "only-shuts-down"},
      .core = false,
      .inapplicable = Inapplicable,
      .judge = Judge,
  };
}

}  // namespace lastack
