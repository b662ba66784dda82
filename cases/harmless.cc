#include "cases/harmless.h"

#include "absl/strings/str_cat.h"
#include "cases/always_close/release.h"
#include "cases/harm.h"
#include "cases/reported.h"
#include "cases/site.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kLeak[] = "leak-after-error";

// Turns the loss of the answer into an observation if the subject reported the error.
void ForgiveReported(const Evidence& clean, const Evidence& run, Judgement& judgement) {
  const std::string report = HowReported(clean, run);
  if (judgement.finding != kAnswerLost.code || report.empty()) return;
  judgement.verdict = Verdict::kObserved;
  judgement.finding.clear();
  judgement.message = absl::StrCat("reported the error instead of the answer: ", report, ".");
  judgement.observed = report;
}

template <GivingUp kGivingUp>
Judgement JudgeHarmless(const Evidence& clean, const Evidence& run) {
  const std::vector<const TracedEvent*> fired = FiredOnExchanges(run);
  Judgement judgement;
  if (fired.empty()) {
    judgement.verdict = Verdict::kUnexercised;
    judgement.message = "The fault was delivered, but not on a connection with the peer.";
    return judgement;
  }
  judgement = JudgeHarm(clean, run);
  if (kGivingUp == GivingUp::kIsRightIfReported) ForgiveReported(clean, run, judgement);
  constexpr char kAfter[] = "after its exchange was over";
  // What stays open, or is left to the exit, without the fault as well has a case of its own.
  const bool releases = JudgeRelease(clean, DueAfterExchange(clean), kLeak, kAfter).verdict == Verdict::kPass;
  if (judgement.verdict != Verdict::kFail && releases) {
    Judgement released = JudgeRelease(run, DueAfterExchange(run), kLeak, kAfter);
    if (released.verdict == Verdict::kFail || released.verdict == Verdict::kInconclusive) judgement = std::move(released);
  }
  judgement.expected = "the whole answer, an ordinary end, and every socket closed, as without the fault";
  for (const TracedEvent* event : fired) judgement.evidence.push_back(DescribeEvent(*event));
  return judgement;
}

}  // namespace

Case HarmlessFault(const char* id, const char* fault, std::string (*inapplicable)(const Evidence&), std::vector<std::string> defects,
                   GivingUp giving_up) {
  std::vector<Finding> findings = HarmFindings();
  findings.push_back({kLeak, "A socket stayed open after a failed call although the process lived on."});
  return {
      .id = id,
      .requirement = id,
      .scenario = Scenario::kOrdinary,
      .faults = {fault},
      .findings = std::move(findings),
      .defects = std::move(defects),
      .core = false,
      .inapplicable = inapplicable,
      .judge = giving_up == GivingUp::kIsHarm ? JudgeHarmless<GivingUp::kIsHarm> : JudgeHarmless<GivingUp::kIsRightIfReported>,
  };
}

}  // namespace lastack
