#include "cases/check_close/closed_again.h"

#include <errno.h>

#include "absl/strings/str_cat.h"
#include "cases/site.h"
#include "harness/sys/errno_names.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kRetried[] = "retried-after-eintr";
constexpr char kRetriedAfterError[] = "retried-after-error";
constexpr char kClosedTwice[] = "closed-twice";

bool IsClose(const TracedEvent& event) {
  const bool is_call = event.event.kind == EventKind::kCall || event.event.kind == EventKind::kInFlight;
  return is_call && (event.event.call == Call::close || event.event.call == Call::fclose);
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

const char* CodeFor(uint16_t error) {
  if (error == 0) return kClosedTwice;
  return error == EINTR ? kRetried : kRetriedAfterError;
}

// "had reported EINTR", "had succeeded"
std::string ResultInWords(uint16_t error) { return error == 0 ? "had succeeded" : absl::StrCat("had reported ", ErrnoName(error)); }

Judgement ClosedAgain(const TracedEvent& fired, const TracedEvent& again) {
  Judgement judgement;
  judgement.verdict = Verdict::kFail;
  judgement.finding = CodeFor(fired.event.error);
  judgement.message = absl::StrCat("closed ", fired.event.fd, " again after close ", ResultInWords(fired.event.error),
                                   ", when the number was already free.");
  judgement.observed =
      absl::StrCat("a second close of ", fired.event.fd, ", ", (again.start_ns - fired.start_ns) / 1000, " us after the first");
  judgement.evidence = {DescribeEvent(fired), absl::StrCat(DescribeEvent(again), "  (the number belongs to a decoy)")};
  return judgement;
}

// The close of `fired`'s number once more, in the same process; nullptr if there was none.
const TracedEvent* SecondClose(const Evidence& run, const TracedEvent& fired) {
  for (const TracedEvent& event : run.run().trace.events) {
    const bool again = ClosesAgain(event) && event.pid == fired.pid && event.event.socket == fired.event.socket;
    if (again && !(IsClose(event) && IsPartOfSweep(run, fired, event))) return &event;
  }
  return nullptr;
}

Judgement Judge(const Evidence&, const Evidence& run) {
  Judgement judgement;
  uint16_t error = 0;
  for (const TracedEvent* fired : run.run().Fired()) {
    error = fired->event.error;
    if (const TracedEvent* again = SecondClose(run, *fired); again != nullptr) {
      judgement = ClosedAgain(*fired, *again);
      judgement.expected = absl::StrCat("no second close of the number after close ", ResultInWords(error));
      return judgement;
    }
    judgement.evidence.push_back(DescribeEvent(*fired));
  }
  judgement.expected = absl::StrCat("no second close of the number after close ", ResultInWords(error));
  if (FiredOnExchanges(run).empty()) {
    judgement.verdict = Verdict::kUnexercised;
    judgement.message = "The fault was delivered, but not on a connection with the peer.";
    return judgement;
  }
  judgement.verdict = Verdict::kPass;
  judgement.by_absence = true;
  judgement.message = error == 0 ? "closed the number once and not again."
                                 : absl::StrCat("took ", ErrnoName(error), " from close as done and did not close the number again.");
  judgement.observed = absl::StrCat("one close only; the subject ", run.EndInWords());
  return judgement;
}

Case ClosedAgainCase(const char* id, const char* fault, std::vector<Finding> findings, std::vector<std::string> defects) {
  return {
      .id = id,
      .requirement = id,
      .scenario = Scenario::kOrdinary,
      .faults = {fault},
      .findings = std::move(findings),
      .defects = std::move(defects),
      .core = false,
      .inapplicable = NeverCloses,
      .judge = Judge,
  };
}

}  // namespace

Case CheckCloseEintrNotRetried() {
  return ClosedAgainCase("check-close/eintr-not-retried", "close:fd=tcp:when=1:effect=decoy:error=EINTR",
                         {{kRetried, "close was called again with the same number after it had reported EINTR."}},
                         {"retries-close-on-eintr", "double-closes"});
}

Case CheckCloseErrorNotRetried() {
  return ClosedAgainCase("check-close/error-not-retried", "close:fd=tcp:when=1:effect=decoy:error=EIO",
                         {{kRetriedAfterError, "close was called again with the same number after it had reported an error."}},
                         {"retries-close-on-error", "double-closes"});
}

Case AlwaysCloseExactlyOnce() {
  return ClosedAgainCase("always-close/exactly-once", "close:fd=tcp:when=1:effect=decoy",
                         {{kClosedTwice, "close was called again with the same number after it had succeeded."}}, {"double-closes"});
}

}  // namespace lastack
