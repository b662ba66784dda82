#include "cases/check_close/error_returned.h"

#include "absl/strings/str_cat.h"
#include "cases/driver_facts.h"
#include "cases/site.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kDropped[] = "error-dropped";

Judgement Judge(const Evidence&, const Evidence& run) {
  Judgement judgement;
  const std::vector<const DriverReply*> closes = RepliesTo(run.run(), "close");
  const std::vector<const TracedEvent*> fired = FiredOnExchanges(run);
  if (closes.empty() || closes.back()->replied_ns == 0 || fired.empty()) {
    judgement.verdict = Verdict::kUnexercised;
    judgement.message = "The driver's close did not come to its end.";
  } else if (IsError(*closes.back())) {
    judgement.verdict = Verdict::kPass;
    judgement.message = absl::StrCat("handed the error of close to its caller: ", closes.back()->reply, ".");
  } else {
    judgement.verdict = Verdict::kFail;
    judgement.finding = kDropped;
    judgement.message =
        absl::StrCat("close(2) failed with EIO, and the library's close reported ", closes.back()->reply, ".");
  }
  judgement.observed = judgement.message;
  judgement.expected = "an error from the library's close";
  for (const TracedEvent* event : fired) judgement.evidence.push_back(DescribeEvent(*event));
  for (const DriverReply* close : closes) judgement.evidence.push_back(Describe(*close));
  return judgement;
}

}  // namespace

Case CheckCloseErrorReturned() {
  return {
      .id = "check-close/error-returned",
      .requirement = "check-close/error-returned",
      .scenario = Scenario::kOrdinary,
      .faults = {"close:fd=tcp:when=1:after=connected:error=EIO"},
      .findings = {{kDropped, "The library's close kept the error of close(2) to itself."}},
      .defects = {"ignores-close-error"},
      .core = false,
      .inapplicable = NeverCloses,
      .judge = Judge,
  };
}

}  // namespace lastack
