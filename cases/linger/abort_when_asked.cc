#include "cases/linger/abort_when_asked.h"

#include "absl/strings/str_cat.h"
#include "cases/driver_facts.h"

namespace lastack {
namespace {

constexpr char kFinInstead[] = "fin-instead";
constexpr char kNothing[] = "not-ended";

std::string Inapplicable(const Evidence& clean) {
  return HasCapability(clean.run(), "abort") ? "" : "the driver's hello does not name the capability abort";
}

Judgement Judge(const Evidence&, const Evidence& run) {
  Judgement judgement;
  judgement.expected = "RST at the peer";
  const std::vector<const DriverReply*> aborts = RepliesTo(run.run(), "abort");
  if (aborts.empty() || !IsOk(*aborts.front()) || run.run().connections.empty()) {
    judgement.verdict = Verdict::kUnexercised;
    judgement.message = aborts.empty() ? "The driver never came to its abort."
                                       : absl::StrCat("The abort failed: ", aborts.front()->reply, ".");
    return judgement;
  }
  const ConnectionRecord& record = run.run().connections.front();
  switch (record.ending) {
    case Ending::kReset:
      judgement.verdict = Verdict::kPass;
      judgement.message = "aborted: the peer got RST.";
      break;
    case Ending::kFin:
    case Ending::kFinThenReset:
      judgement.verdict = Verdict::kFail;
      judgement.finding = kFinInstead;
      judgement.message = "was to abort, and the peer got FIN, as if all were well.";
      break;
    case Ending::kNothing:
      judgement.verdict = Verdict::kFail;
      judgement.finding = kNothing;
      judgement.by_absence = true;
      judgement.message = "was to abort, and the peer got neither RST nor FIN.";
      break;
  }
  judgement.observed = judgement.message;
  judgement.evidence.push_back(Describe(*aborts.front()));
  return judgement;
}

}  // namespace

Case LingerAbortWhenAsked() {
  return {
      .id = "linger/abort-when-asked",
      .requirement = "linger/abort-when-asked",
      .scenario = Scenario::kAbort,
      .faults = {},
      .findings = {{kFinInstead, "An abort sent FIN instead of RST."}, {kNothing, "An abort sent nothing."}},
      .defects = {"abort-sends-fin"},
      .verb = "abort",
      .core = false,
      .inapplicable = Inapplicable,
      .judge = Judge,
  };
}

}  // namespace lastack
