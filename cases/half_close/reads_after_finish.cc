#include "cases/half_close/reads_after_finish.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cases/harm.h"

namespace lastack {
namespace {

// A shutdown of the sending side after which something was still received.
bool HalfCloses(const Evidence& run, const Exchange& exchange) {
  bool finished = false;
  for (const TracedEvent* traced : run.EventsOn(*exchange.socket)) {
    const Event& event = traced->event;
    if (event.kind != EventKind::kCall) continue;
    if (event.call == Call::shutdown && event.error == 0) finished = true;
    if (finished && FamilyOf(event.call) == CallFamily::recv && event.result > 0) return true;
  }
  return false;
}

std::string Inapplicable(const Evidence& clean) {
  for (const Exchange& exchange : clean.exchanges()) {
    if (HalfCloses(clean, exchange)) return "";
  }
  return "the subject does not shut down its sending side before it has the answer";
}

const Exchange* Finished(const Evidence& run) {
  for (const Exchange& exchange : run.exchanges()) {
    const auto events = run.EventsOn(*exchange.socket);
    const bool finished = std::any_of(events.begin(), events.end(), [](const TracedEvent* event) {
      return event->event.call == Call::shutdown && event->event.kind == EventKind::kCall && event->event.error == 0;
    });
    if (finished && exchange.record != nullptr && exchange.record->fin_ns != 0) return &exchange;
  }
  return nullptr;
}

Judgement Judge(const Evidence& clean, const Evidence& run) {
  Judgement judgement;
  const Exchange* finished = Finished(run);
  if (finished == nullptr) {
    judgement.verdict = Verdict::kUnexercised;
    judgement.message = "The subject did not send FIN before the answer.";
  } else {
    judgement = JudgeHarm(clean, run);
    judgement.evidence.push_back(
        absl::StrCat("the peer got FIN and then sent ", finished->record->bytes_sent, " bytes"));
  }
  judgement.expected = "all that the peer sends after the subject's FIN is delivered";
  return judgement;
}

}  // namespace

Case HalfCloseReadsAfterFinish() {
  return {
      .id = "half-close/reads-after-finish",
      .requirement = "half-close/reads-after-finish",
      .scenario = Scenario::kAnswerAfterFin,
      .faults = {},
      .findings = HarmFindings(),
      .defects = {"stops-reading-after-finish"},
      .verb = "finish",
      .core = false,
      .inapplicable = Inapplicable,
      .judge = Judge,
  };
}

}  // namespace lastack
