#include "cases/always_close/all_released.h"

#include "absl/strings/str_cat.h"
#include "cases/always_close/release.h"
#include "cases/site.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kStopped[] = "stopped-at-error";

std::string ClosesLessThanTwo(const Evidence& clean) {
  if (const std::string never = NeverCloses(clean); !never.empty()) return never;
  int closed = 0;
  for (const Exchange& exchange : clean.exchanges()) closed += exchange.socket->closed() ? 1 : 0;
  return closed > 1 ? "" : "the subject closes less than two connections: no other close could be left out";
}

Judgement Judge(const Evidence&, const Evidence& run) {
  const std::vector<const TracedEvent*> fired = FiredOnExchanges(run);
  Judgement judgement;
  if (fired.empty()) {
    judgement.verdict = Verdict::kUnexercised;
    judgement.message = "The error was delivered, but not on a connection with the peer.";
  } else if (run.exchanges().size() < 2) {
    judgement.verdict = Verdict::kObserved;
    judgement.message = absl::StrCat("went no further after the failed close: it ", run.EndInWords(),
                                     ", with no other connection made.");
    judgement.observed = judgement.message;
  } else {
    judgement = JudgeRelease(run, DueAfterExchange(run), kStopped, "after the close of another connection had failed");
  }
  judgement.expected = "every connection is closed by a call, although each close fails";
  for (const TracedEvent* event : fired) judgement.evidence.push_back(DescribeEvent(*event));
  return judgement;
}

}  // namespace

Case AlwaysCloseAllReleasedOnError() {
  return {
      .id = "always-close/all-released-on-error",
      .requirement = "always-close/all-released-on-error",
      .scenario = Scenario::kOrdinary,
      .faults = {"close:fd=tcp:when=1:after=connected:error=EIO"},
      .findings = {{kStopped,
                    "After a close had failed, another connection was not closed although the process lived on."},
                   kLeftToExitFinding},
      .defects = {"stops-closing-on-error", "forgets-first-close"},
      .core = false,
      .inapplicable = ClosesLessThanTwo,
      .judge = Judge,
  };
}

}  // namespace lastack
