#include "cases/check_close/errno_preserved.h"

#include <errno.h>
#include <string.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cases/driver_facts.h"
#include "cases/reported.h"
#include "cases/site.h"
#include "harness/sys/errno_names.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kHidden[] = "first-error-hidden";
constexpr int kLater = EIO;  // of the close; as the faults below say

// What runtimes call an error in place of strerror's words for it: Python's classes, Rust's kinds, Java's text.
std::vector<std::string> OtherWords(int error) {
  switch (error) {
    case ECONNRESET:
      return {"connection reset", "connectionreset"};
    case EPIPE:
      return {"brokenpipe"};
    case ECONNREFUSED:
      return {"connectionrefused"};
    case EIO:
      return {"i/o error"};
    default:
      return {};
  }
}

// `number` behind `before`, and behind it the text's end or one of `ends`.
bool HasNumber(absl::string_view text, absl::string_view before, int number, absl::string_view ends) {
  const std::string sought = absl::StrCat(before, number);
  for (size_t at = text.find(sought); at != absl::string_view::npos; at = text.find(sought, at + 1)) {
    const size_t end = at + sought.size();
    if (end == text.size() || absl::StrContains(ends, text.substr(end, 1))) return true;
  }
  return false;
}

// In parentheses alone, small numbers are often a program's own, as curl's are.
bool NamesNumber(const std::string& lower, int error) {
  constexpr char kEnds[] = " \t\r\n])}>,:;.";
  for (const char* before : {"errno ", "errno=", "errno: ", "os error "}) {
    if (HasNumber(lower, before, error, kEnds)) return true;
  }
  return error != kLater && HasNumber(lower, "(", error, "),:");
}

// In strerror's words, in those that other runtimes have for it, by name or by number.
bool Names(const std::string& text, int error) {
  const std::string lower = absl::AsciiStrToLower(text);
  std::vector<std::string> words = OtherWords(error);
  words.push_back(absl::AsciiStrToLower(strerror(error)));
  const bool in_words =
      std::any_of(words.begin(), words.end(), [&](const std::string& word) { return absl::StrContains(lower, word); });
  return in_words || absl::StrContains(text, ErrnoName(error)) || NamesNumber(lower, error);
}

// How a call failed, 0 if it did not. A connect that was in progress failed later, where the peer refuses all.
int ErrorOf(const Evidence& run, const TracedEvent& traced) {
  const Event& event = traced.event;
  if (event.kind != EventKind::kCall) return 0;
  const bool refused = run.run().scenario == ScenarioName(Scenario::kRefused) && event.call == Call::connect;
  return refused && event.error == EINPROGRESS ? ECONNREFUSED : event.error;
}

// A call that failed on a connection with the peer, or on the attempt to make one; null if none did.
const TracedEvent* FirstFailure(const Evidence& run, const SocketLife& socket) {
  for (const TracedEvent* event : run.EventsOn(socket)) {
    const int error = event->event.call == Call::close ? 0 : ErrorOf(run, *event);
    if (error == ECONNRESET || error == EPIPE || error == ECONNREFUSED) return event;
  }
  return nullptr;
}

// What failed first on a socket, and the close of it that failed by our fault.
struct Failures {
  const TracedEvent* first = nullptr;
  const TracedEvent* close = nullptr;
};

// The first socket with both; else the first with a failure, if there is one.
Failures FailuresIn(const Evidence& run) {
  Failures found;
  for (const SocketLife& socket : run.ledger().sockets) {
    const TracedEvent* first = socket.kind == SocketKind::kTcp ? FirstFailure(run, socket) : nullptr;
    if (first == nullptr) continue;
    for (const TracedEvent* fired : run.run().Fired()) {
      const bool behind = fired->event.socket == socket.socket && fired->start_ns > first->start_ns;
      if (behind && fired->event.call == Call::close && fired->event.error == kLater) return {first, fired};
    }
    if (found.first == nullptr) found.first = first;
  }
  return found;
}

std::string NeverCleansUp(const Evidence& run) {
  const Failures failures = FailuresIn(run);
  const bool left = failures.first != nullptr && failures.close == nullptr;
  return left ? absl::StrCat("the subject does not close the socket on which ", CallName(failures.first->event.call),
                             " has failed")
              : "";
}

// What the caller, or whoever reads the output, was told. The reply to a driver's `close` is that call's own.
std::string Told(const Evidence& clean, const Evidence& run) {
  if (!run.of_driver()) {
    return absl::StrCat(run.run().exit.err, "\n", absl::StrJoin(NewComplaintsInOutput(clean, run), "\n"));
  }
  std::string told;
  for (const char* verb : {"connect", "send", "recv"}) {
    for (const DriverReply* reply : RepliesTo(run.run(), verb)) {
      if (IsError(*reply)) absl::StrAppend(&told, Describe(*reply), "\n");
    }
  }
  return told;
}

Judgement Judge(const Evidence& clean, const Evidence& run) {
  Judgement judgement;
  const Failures failures = FailuresIn(run);
  if (failures.close == nullptr) {
    judgement.verdict = Verdict::kUnexercised;
    judgement.message = "No close failed behind another failure on the same socket.";
    return judgement;
  }
  const std::string told = Told(clean, run);
  const int error = ErrorOf(run, *failures.first);
  const std::string first = absl::StrCat(ErrnoName(error), " from ", CallName(failures.first->event.call));
  judgement.expected = absl::StrCat("who is told of an error is told of ", first, ", the first");
  judgement.evidence = {DescribeEvent(*failures.first), DescribeEvent(*failures.close)};
  if (!told.empty()) judgement.evidence.push_back(absl::StrCat("told: ", told.substr(0, 300)));
  if (Names(told, error)) {
    judgement.verdict = Verdict::kPass;
    judgement.message = absl::StrCat("reported ", first, ", although the close behind it failed, too.");
  } else if (Names(told, kLater) && !Names(Told(clean, clean), kLater)) {
    judgement.verdict = Verdict::kFail;
    judgement.finding = kHidden;
    judgement.message = absl::StrCat("reported ", ErrnoName(kLater), " from the close that cleaned up, and not ", first,
                                     ", which came first.");
  } else {
    judgement.verdict = Verdict::kObserved;
    judgement.message = "names neither the first error nor that of the close.";
  }
  judgement.observed = judgement.message;
  return judgement;
}

std::string NeverSendsAndCloses(const Evidence& clean) {
  const std::string never_sends = NeverTransfers(clean, CallFamily::send);
  return never_sends.empty() ? NeverCloses(clean) : never_sends;
}

Case ErrnoPreserved(const char* id, Scenario scenario, std::vector<std::string> faults,
                    std::string (*inapplicable)(const Evidence&)) {
  return {
      .id = id,
      .requirement = "check-close/errno-preserved",
      .scenario = scenario,
      .faults = std::move(faults),
      .findings = {{kHidden, "The error of the close that cleaned up hid the error before it."}},
      .defects = {"reports-cleanup-error"},
      .core = false,
      .inapplicable = inapplicable,
      .moot = NeverCleansUp,
      .judge = Judge,
  };
}

}  // namespace

Case CheckCloseErrnoPreserved() {
  return ErrnoPreserved("check-close/errno-preserved", Scenario::kOrdinary,
                        {"%send:fd=tcp:when=1:effect=reset", "close:fd=tcp:when=1:after=connected:error=EIO"},
                        NeverSendsAndCloses);
}

Case CheckCloseErrnoPreservedOnConnect() {
  return ErrnoPreserved("check-close/errno-preserved/connect", Scenario::kRefused,
                        {"close:fd=tcp:when=1:after=attempted:error=EIO"}, NeverCloses);
}

}  // namespace lastack
