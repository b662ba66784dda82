#include "cases/check_close/eintr_not_retried.h"

#include "absl/strings/str_cat.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kRetried[] = "retried-after-eintr";
constexpr char kExpected[] = "no second close of the number after close reported EINTR";

bool IsClose(const TracedEvent& event) {
  const bool is_call = event.event.kind == EventKind::kCall || event.event.kind == EventKind::kInFlight;
  return is_call && (event.event.call == Call::close || event.event.call == Call::fclose);
}

std::string Inapplicable(const Evidence& clean) {
  for (const Exchange& exchange : clean.exchanges()) {
    for (const TracedEvent* event : clean.EventsOn(*exchange.socket)) {
      if (event->event.call == Call::close && event->event.fd > 2) return "";
    }
  }
  return "the subject never calls close(2) on its connection, or only where it is a standard stream";
}

// A loop over all numbers, as daemons close what they inherited, is no retry: at least three closes in a row, each of a
// higher number than the one before, this one among them.
bool IsPartOfSweep(const Evidence& run, const TracedEvent& fired, const TracedEvent& close) {
  int in_a_row = 0;
  int last_fd = -1;
  bool contains = false;
  for (const TracedEvent& event : run.run().trace.events) {
    if (&event == &fired || !IsClose(event) || event.tid != close.tid || event.start_ns < fired.start_ns) continue;
    if (event.event.fd <= last_fd) {
      if (contains && in_a_row >= 3) return true;
      in_a_row = 0;
      contains = false;
    }
    ++in_a_row;
    last_fd = event.event.fd;
    contains = contains || &event == &close;
  }
  return contains && in_a_row >= 3;
}

// The number closed once more: by close or fclose, or by a range that is just this number.
bool ClosesAgain(const TracedEvent& event) {
  if ((event.event.flags & kOnDecoy) == 0) return false;
  return IsClose(event) || (event.event.kind == EventKind::kClosed && event.event.a == 0);
}

bool IsOnAnExchange(const Evidence& run, const TracedEvent& event) {
  for (const Exchange& exchange : run.exchanges()) {
    if (exchange.socket->socket == event.event.socket) return true;
  }
  return false;
}

Judgement Retried(const TracedEvent& fired, const TracedEvent& again) {
  Judgement judgement;
  judgement.verdict = Verdict::kFail;
  judgement.finding = kRetried;
  judgement.message = absl::StrCat("closed ", fired.event.fd, " again after close had reported EINTR, when the number was already free.");
  judgement.observed =
      absl::StrCat("a second close of ", fired.event.fd, ", ", (again.start_ns - fired.start_ns) / 1000, " us after the first");
  judgement.evidence = {DescribeEvent(fired), absl::StrCat(DescribeEvent(again), "  (the number belongs to a decoy)")};
  return judgement;
}

Judgement Judge(const Evidence&, const Evidence& run) {
  Judgement judgement;
  bool exercised = false;
  for (const TracedEvent* fired : run.run().Fired()) {
    exercised = exercised || IsOnAnExchange(run, *fired);
    for (const TracedEvent& event : run.run().trace.events) {
      const bool again = ClosesAgain(event) && event.pid == fired->pid && event.event.socket == fired->event.socket;
      if (!again || (IsClose(event) && IsPartOfSweep(run, *fired, event))) continue;
      judgement = Retried(*fired, event);
      judgement.expected = kExpected;
      return judgement;
    }
    judgement.evidence.push_back(DescribeEvent(*fired));
  }
  judgement.expected = kExpected;
  if (!exercised) {
    judgement.verdict = Verdict::kUnexercised;
    judgement.message = "EINTR was delivered, but not on a connection with the peer.";
    return judgement;
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
