#include "cases/check_close/eintr_not_retried.h"

#include <errno.h>

#include "absl/strings/str_cat.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kRetried[] = "retried-after-eintr";

bool IsClose(const TracedEvent& event) {
  return (event.event.call == Call::close || event.event.call == Call::fclose) && event.event.kind != EventKind::kOpen &&
         event.event.kind != EventKind::kClosed;
}

std::string Inapplicable(const Evidence& clean) {
  for (const Exchange& exchange : clean.exchanges()) {
    for (const TracedEvent* event : clean.EventsOn(*exchange.socket)) {
      if (event->event.call == Call::close && event->event.fd > 2) return "";
    }
  }
  return "the subject never calls close(2) on its connection, or only where it is a standard stream";
}

// A loop over all numbers, as daemons close what they inherited, is no retry: it closes numbers that were never open, too.
bool IsPartOfSweep(const Evidence& run, const TracedEvent& close) {
  int neighbours = 0;
  for (const TracedEvent& other : run.run().trace.events) {
    const bool empty = other.event.socket == 0 && other.event.error == EBADF && IsClose(other);
    const int distance = other.event.fd - close.event.fd;
    if (empty && other.pid == close.pid && distance >= -8 && distance <= 8) ++neighbours;
  }
  return neighbours >= 3;
}

Judgement Judge(const Evidence&, const Evidence& run) {
  Judgement judgement;
  judgement.expected = "no second close of the number after close reported EINTR";
  for (const TracedEvent* fired : run.run().Fired()) {
    judgement.evidence.push_back(DescribeEvent(*fired));
    for (const TracedEvent& event : run.run().trace.events) {
      const bool again = IsClose(event) && (event.event.flags & kOnDecoy) != 0 && event.pid == fired->pid;
      if (!again || event.event.socket != fired->event.socket || IsPartOfSweep(run, event)) continue;
      judgement.verdict = Verdict::kFail;
      judgement.finding = kRetried;
      judgement.message = absl::StrCat("called close(", fired->event.fd, ") again after it had reported EINTR, when the number was ",
                                       "already free.");
      judgement.observed = absl::StrCat("a second close(", fired->event.fd, "), ",
                                        (event.start_ns - fired->start_ns) / 1000, " us after the first");
      judgement.evidence.push_back(absl::StrCat(DescribeEvent(event), "  (the number belongs to a decoy)"));
      return judgement;
    }
  }
  judgement.verdict = Verdict::kPass;
  judgement.by_absence = true;
  judgement.message = "took EINTR from close as done and did not close the number again.";
  judgement.observed = absl::StrCat("one close only; the subject ", run.EndInWords());
  return judgement;
}

}  // namespace

Case CheckCloseEintrNotRetried() {
  return {
      .id = "check-close/eintr-not-retried",
      .requirement = "check-close/eintr-not-retried",
      .scenario = Scenario::kOrdinary,
      .faults = {"close:fd=tcp:when=1:effect=decoy:error=EINTR"},
      .findings = {{kRetried, "close was called again with the same number after it had reported EINTR."}},
      .defects = {"retries-close-on-eintr"},
      .core = false,
      .inapplicable = Inapplicable,
      .judge = Judge,
  };
}

}  // namespace lastack
