#include "cases/peer_gone/reset_on_recv_reported.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "absl/strings/str_cat.h"
#include "cases/reported.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kTruncated[] = "truncated-as-eof";
constexpr char kHangs[] = "hangs-after-reset";
constexpr char kCrashed[] = "crashed-after-reset";

std::string Inapplicable(const Evidence& clean) {
  for (const Exchange& exchange : clean.exchanges()) {
    for (const TracedEvent* event : clean.EventsOn(*exchange.socket)) {
      if (event->event.call != Call::none && FamilyOf(event->event.call) == CallFamily::recv &&
          event->event.result > 0) {
        return "";
      }
    }
  }
  return "the subject never receives on its connection";
}

// Whether the call told the subject of the reset: by its error, by readiness that poll(2) reports for an error only, or
// as the answer to the question for SO_ERROR.
bool TellsOfReset(const Event& event) {
  if (event.error == ECONNRESET) return true;
  const bool polls = event.call == Call::poll || event.call == Call::ppoll;
  if (polls && event.result > 0 && (event.substitute & POLLERR) != 0) return true;
  return event.call == Call::getsockopt && OptionWordLevel(event.a) == SOL_SOCKET &&
         OptionWordOption(event.a) == SO_ERROR;
}

// The call by which the subject learned of the reset.
const TracedEvent* Delivered(const Evidence& run, const Exchange& exchange) {
  for (const TracedEvent* event : run.EventsOn(*exchange.socket)) {
    const bool later = event->start_ns + event->duration_ns >= exchange.record->our_reset_ns;
    if (event->event.kind == EventKind::kCall && later && TellsOfReset(event->event)) return event;
  }
  return nullptr;
}

const Exchange* Broken(const Evidence& run) {
  for (const Exchange& exchange : run.exchanges()) {
    if (exchange.record != nullptr && exchange.record->our_reset_ns != 0 && exchange.record->script_done) {
      return &exchange;
    }
  }
  return nullptr;
}

Judgement Judge(const Evidence& clean, const Evidence& run) {
  Judgement judgement;
  judgement.expected = "the reset is reported: by exit status, on stderr, or by asking again";
  if (const std::string mute = WhyReportsAreMute(clean); !mute.empty()) {
    judgement.verdict = Verdict::kInconclusive;
    judgement.message = mute;
    return judgement;
  }
  const Exchange* broken = Broken(run);
  const TracedEvent* delivered = broken == nullptr ? nullptr : Delivered(run, *broken);
  if (delivered == nullptr) {
    judgement.verdict = Verdict::kUnexercised;
    judgement.message = broken == nullptr ? "The peer could not reset the connection at the agreed point."
                                          : "The subject did not receive from the connection after it was reset.";
    for (const ConnectionRecord& record : run.run().connections) {
      if (!record.trouble.empty()) judgement.evidence.push_back(absl::StrCat("peer: ", record.trouble));
    }
    return judgement;
  }
  judgement.evidence.push_back(DescribeEvent(*delivered));
  judgement.evidence.push_back(
      absl::StrCat("the peer sent RST after ", broken->record->bytes_sent, " bytes, all of them read"));
  judgement.evidence.push_back(absl::StrCat("the subject ", run.EndInWords()));
  const std::string report = HowReported(clean, run);
  if (!report.empty()) {
    judgement.verdict = Verdict::kPass;
    judgement.message = absl::StrCat("took the reset for an error: ", report, ".");
    judgement.observed = report;
    return judgement;
  }
  const SubjectExit& exit = run.run().exit;
  judgement.verdict = Verdict::kFail;
  judgement.finding = DeathOf(run.run()) != 0                   ? kCrashed
                      : exit.how == SubjectExit::How::kTimedOut ? kHangs
                                                                : kTruncated;
  const std::string then = judgement.finding != kTruncated ? run.EndInWords()
                           : run.of_driver()               ? "told its caller that the answer was complete"
                                                           : "exited with status 0, as if the answer were complete";
  judgement.message =
      absl::StrCat("was told of the reset after ", broken->record->bytes_sent, " bytes of an answer and ", then, ".");
  judgement.observed = judgement.message;
  return judgement;
}

}  // namespace

Case PeerGoneResetOnRecvReported() {
  return {
      .id = "peer-gone/reset-on-recv-reported",
      .requirement = "peer-gone/reset-on-recv-reported",
      .scenario = Scenario::kResetMidAnswer,
      .faults = {},
      .findings = {{kTruncated, "A reset in the middle of an answer was taken for its end."},
                   {kHangs, "The subject did not end after the reset."},
                   {kCrashed, "The subject died by a signal after the reset."}},
      .defects = {"truncates-silently"},
      .core = true,
      .inapplicable = Inapplicable,
      .judge = Judge,
  };
}

}  // namespace lastack
