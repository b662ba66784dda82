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
// higher number than the one before, this one among them, and another one that is nobody's: who closes only what it
// owns may have begun with a retry.
bool IsPartOfSweep(const Evidence& run, const TracedEvent& fired, const TracedEvent& close) {
  int in_a_row = 0;
  int last_fd = -1;
  bool contains = false;
  bool closes_nothing = false;
  const auto is_sweep = [&] { return contains && closes_nothing && in_a_row >= 3; };
  for (const TracedEvent& event : run.run().trace.events) {
    if (&event == &fired || !IsClose(event) || event.tid != close.tid || event.start_ns < fired.start_ns) continue;
    if (event.event.fd <= last_fd) {
      if (is_sweep()) return true;
      in_a_row = 0;
      contains = false;
      closes_nothing = false;
    }
    ++in_a_row;
    last_fd = event.event.fd;
    contains = contains || &event == &close;
    closes_nothing = closes_nothing || (&event != &close && event.event.error == EBADF);
  }
  return is_sweep();
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
std::string ResultInWords(uint16_t error) {
  return error == 0 ? "had succeeded" : absl::StrCat("had reported ", ErrnoName(error));
}

Judgement ClosedAgain(const TracedEvent& fired, const TracedEvent& again, const char* whose) {
  Judgement judgement;
  judgement.verdict = Verdict::kFail;
  judgement.finding = CodeFor(fired.event.error);
  judgement.message = absl::StrCat("closed ", fired.event.fd, " again after close ", ResultInWords(fired.event.error),
                                   ", when the number was already free.");
  judgement.observed = absl::StrCat("a second close of ", fired.event.fd, ", ",
                                    (again.start_ns - fired.start_ns) / 1000, " us after the first");
  judgement.evidence = {DescribeEvent(fired), absl::StrCat(DescribeEvent(again), "  (", whose, ")")};
  return judgement;
}

// The close of `fired`'s number once more, in the same process; nullptr if there was none.
const TracedEvent* SecondClose(const Evidence& run, const TracedEvent& fired) {
  for (const TracedEvent& event : run.run().trace.events) {
    const bool again = ClosesAgain(event) && event.pid == fired.pid && event.event.socket == fired.event.socket;
    if (again && !IsPartOfSweep(run, fired, event)) return &event;
  }
  return nullptr;
}

Judgement Judge(const Evidence&, const Evidence& run) {
  Judgement judgement;
  uint16_t error = 0;
  for (const TracedEvent* fired : run.run().Fired()) {
    error = fired->event.error;
    if (const TracedEvent* again = SecondClose(run, *fired); again != nullptr) {
      judgement = ClosedAgain(*fired, *again, "the number belongs to a decoy");
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
  judgement.message =
      error == 0 ? "closed the number once and not again."
                 : absl::StrCat("took ", ErrnoName(error), " from close as done and did not close the number again.");
  judgement.observed = absl::StrCat("one close only; the subject ", run.EndInWords());
  return judgement;
}

// The number closed once more while it was nobody's, as the kernel said: by the next call of the thread, so that
// nothing unseen can have taken the number and given it back in between.
const TracedEvent* SecondCloseOfNothing(const Evidence& run, const TracedEvent& close) {
  for (const TracedEvent& event : run.run().trace.events) {
    const bool is_call = event.event.kind == EventKind::kCall || event.event.kind == EventKind::kInFlight;
    if (!is_call || event.tid != close.tid || &event == &close || event.start_ns < close.start_ns) continue;
    const bool again =
        IsClose(event) && event.event.fd == close.event.fd && event.event.socket == 0 && event.event.error == EBADF;
    return again && !IsPartOfSweep(run, close, event) ? &event : nullptr;
  }
  return nullptr;
}

// Those of TCP sockets, listeners among them, by which a number became free.
std::vector<const TracedEvent*> Closes(const Evidence& run) {
  std::vector<const TracedEvent*> closes;
  for (const TracedEvent& event : run.run().trace.events) {
    const bool done =
        event.event.kind == EventKind::kCall && (event.event.flags & kOnDecoy) == 0 && event.event.error != EBADF;
    if (!IsClose(event) || !done) continue;
    const SocketLife* socket = run.ledger().Find(event.event.socket);
    const bool is_tcp =
        socket != nullptr && (socket->kind == SocketKind::kTcp || socket->kind == SocketKind::kListener);
    if (is_tcp) closes.push_back(&event);
  }
  return closes;
}

// A decoy watches the first number only. What is done with all others, copies among them, shows where nobody takes the
// number meanwhile.
Judgement JudgeEach(const Evidence&, const Evidence& run) {
  const std::vector<const TracedEvent*> closes = run.run().faults.empty() ? Closes(run) : run.run().Fired();
  const uint16_t error = closes.empty() ? uint16_t{0} : closes.front()->event.error;
  const std::string expected = absl::StrCat("no second close of a number after close ", ResultInWords(error));
  Judgement judgement;
  for (const TracedEvent* close : closes) {
    const TracedEvent* again = SecondCloseOfNothing(run, *close);
    if (again == nullptr) continue;
    judgement = ClosedAgain(*close, *again, "the number is nobody's");
    judgement.expected = expected;
    return judgement;
  }
  if (closes.empty() || (error != 0 && FiredOnExchanges(run).empty())) {
    judgement.verdict = Verdict::kUnexercised;
    judgement.message = "No close of a connection with the peer was seen.";
    judgement.expected = expected;
    return judgement;
  }
  judgement = Passed(absl::StrCat("closed no number again after close ", ResultInWords(error), ": ", closes.size(),
                                  closes.size() == 1 ? " close was seen." : " closes were seen."));
  judgement.by_absence = true;
  judgement.expected = expected;
  judgement.observed = absl::StrCat("one close of each; the subject ", run.EndInWords());
  return judgement;
}

Case EachClosedCase(const char* id, const char* requirement, std::vector<std::string> faults,
                    std::vector<Finding> findings, std::vector<std::string> defects) {
  return {
      .id = id,
      .requirement = requirement,
      .scenario = Scenario::kOrdinary,
      .faults = std::move(faults),
      .findings = std::move(findings),
      .defects = std::move(defects),
      .core = false,
      .inapplicable = NeverCloses,
      .judge = JudgeEach,
  };
}

Case ClosedAgainCase(const char* id, const char* fault, std::vector<Finding> findings,
                     std::vector<std::string> defects) {
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

Case CheckCloseEintrNotRetriedEach() {
  return EachClosedCase("check-close/eintr-not-retried/each", "check-close/eintr-not-retried",
                        {"close:fd=tcp:after=connected:effect=full:error=EINTR"},
                        {{kRetried, "close was called again with the same number after it had reported EINTR."}},
                        {"retries-close-on-eintr", "double-closes", "closes-copies-twice"});
}

Case CheckCloseErrorNotRetried() {
  return ClosedAgainCase(
      "check-close/error-not-retried", "close:fd=tcp:when=1:effect=decoy:error=EIO",
      {{kRetriedAfterError, "close was called again with the same number after it had reported an error."}},
      {"retries-close-on-error", "double-closes"});
}

Case CheckCloseErrorNotRetriedEach() {
  return EachClosedCase(
      "check-close/error-not-retried/each", "check-close/error-not-retried",
      {"close:fd=tcp:after=connected:effect=full:error=EIO"},
      {{kRetriedAfterError, "close was called again with the same number after it had reported an error."}},
      {"retries-close-on-error", "double-closes", "closes-copies-twice"});
}

Case AlwaysCloseExactlyOnce() {
  return ClosedAgainCase("always-close/exactly-once", "close:fd=tcp:when=1:effect=decoy",
                         {{kClosedTwice, "close was called again with the same number after it had succeeded."}},
                         {"double-closes"});
}

Case AlwaysCloseExactlyOnceEach() {
  return EachClosedCase("always-close/exactly-once/each", "always-close/exactly-once", {},
                        {{kClosedTwice, "close was called again with the same number after it had succeeded."}},
                        {"double-closes", "closes-copies-twice"});
}

}  // namespace lastack
