#include "cases/check_close/error_noticed.h"

#include "absl/strings/str_cat.h"
#include "cases/reported.h"
#include "cases/site.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kIgnored[] = "close-error-ignored";

Judgement Judge(const Evidence& clean, const Evidence& run) {
  Judgement judgement;
  judgement.expected =
      run.of_driver() ? "the error shows: in a reply or on stderr" : "the error shows: in the exit status or on stderr";
  const std::vector<const TracedEvent*> fired = FiredOnExchanges(run);
  if (const std::string mute = WhyReportsAreMute(clean); !mute.empty()) {
    judgement.verdict = Verdict::kInconclusive;
    judgement.message = mute;
    return judgement;
  }
  if (fired.empty()) {
    judgement.verdict = Verdict::kUnexercised;
    judgement.message = "The error was delivered, but not on a connection with the peer.";
    return judgement;
  }
  for (const TracedEvent* event : fired) judgement.evidence.push_back(DescribeEvent(*event));
  std::string report = HowReported(clean, run);
  if (report.empty() && run.of_driver()) {
    const std::string line = NewComplaint(clean, run);
    report = line.empty() ? "" : absl::StrCat("a line on stderr: ", line);
  }
  judgement.verdict = report.empty() ? Verdict::kFail : Verdict::kPass;
  judgement.finding = report.empty() ? kIgnored : "";
  judgement.message =
      report.empty() ? absl::StrCat("was told by close that it had failed, and ", run.EndInWords(), " without a word.")
                     : absl::StrCat("noticed that close had failed: ", report, ".");
  judgement.observed = report.empty() ? judgement.message : report;
  return judgement;
}

}  // namespace

Case CheckCloseErrorNoticed() {
  return {
      .id = "check-close/error-noticed",
      .requirement = "check-close/error-noticed",
      .scenario = Scenario::kOrdinary,
      .faults = {"close:fd=tcp:when=1:after=connected:error=EIO"},
      .findings = {{kIgnored, "An error from close was ignored."}},
      .defects = {"ignores-close-error"},
      .core = false,
      .inapplicable = NeverCloses,
      .judge = Judge,
  };
}

}  // namespace lastack
