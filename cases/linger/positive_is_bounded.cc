#include "cases/linger/positive_is_bounded.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cases/driver_facts.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kTooLong[] = "close-outlasts-linger";
constexpr uint64_t kBoundNs = 4'000'000'000;  // a second, and much slack for a busy machine

Judgement Unexercised(std::string why) {
  Judgement judgement;
  judgement.verdict = Verdict::kUnexercised;
  judgement.message = std::move(why);
  return judgement;
}

std::string Milliseconds(uint64_t ns) { return absl::FormatDuration(absl::Milliseconds(ns / 1'000'000)); }

// Whether a linger with some patience was set on a connection with the peer.
bool LingerWasSet(const Evidence& run) {
  const auto sets = [](const TracedEvent* event) {
    return event->event.call == Call::setsockopt && event->event.result == 0 &&
           OptionWordLevel(event->event.a) == SOL_SOCKET && OptionWordOption(event->event.a) == SO_LINGER &&
           static_cast<uint32_t>(event->event.b) != 0 && event->event.b >> 32 != 0;
  };
  return std::any_of(run.exchanges().begin(), run.exchanges().end(), [&](const Exchange& exchange) {
    const std::vector<const TracedEvent*> events = run.EventsOn(*exchange.socket);
    return std::any_of(events.begin(), events.end(), sets);
  });
}

Judgement Judge(const Evidence&, const Evidence& run) {
  const std::vector<const DriverReply*> asked = RepliesTo(run.run(), "set-linger");
  const std::vector<const DriverReply*> closes = RepliesTo(run.run(), "close");
  if (asked.empty() || !IsOk(*asked.front()) || closes.empty()) {
    return Unexercised(asked.empty() ? "The driver never came to its set-linger."
                                     : absl::StrCat("The linger was not set: ", asked.front()->reply, "."));
  }
  if (!LingerWasSet(run)) {
    return Unexercised("The driver said that the linger was set, and no SO_LINGER {on, n} was seen on its connection.");
  }
  const DriverReply& close = *closes.front();
  const bool returned = close.replied_ns != 0;
  const uint64_t took_ns =
      (returned ? close.replied_ns : std::max(run.run().timeout_ns, close.asked_ns)) - close.asked_ns;
  Judgement judgement;
  judgement.expected = absl::StrCat("with a linger of 1s, close returns within ", Milliseconds(kBoundNs),
                                    " though the peer reads nothing");
  judgement.observed = absl::StrCat("close returned ", returned ? "after " : "not within ", Milliseconds(took_ns));
  judgement.evidence = {Describe(*asked.front()), Describe(close)};
  if (took_ns > kBoundNs) {
    judgement.verdict = Verdict::kFail;
    judgement.finding = kTooLong;
    judgement.message = absl::StrCat(
        "was to wait for a second in close, while the peer read nothing, and did ",
        returned ? absl::StrCat("for ", Milliseconds(took_ns)) : absl::StrCat("not return in ", Milliseconds(took_ns)),
        ".");
  } else if (!returned) {
    judgement.verdict = Verdict::kInconclusive;
    judgement.message =
        absl::StrCat("The run ended ", Milliseconds(took_ns), " after the close began, which is too soon to tell.");
  } else {
    judgement.verdict = Verdict::kPass;
    judgement.message = absl::StrCat("close with a linger of 1s returned after ", Milliseconds(took_ns),
                                     ", though the peer read nothing.");
  }
  return judgement;
}

}  // namespace

Case LingerPositiveIsBounded() {
  return {
      .id = "linger/positive-is-bounded",
      .requirement = "linger/positive-is-bounded",
      .scenario = Scenario::kLinger,
      .faults = {},
      .findings = {{kTooLong, "A close with SO_LINGER {on, n} took much longer than n seconds."}},
      .defects = {"lingers-for-a-minute"},
      .verb = "set-linger",
      .core = false,
      .inapplicable = AlwaysApplies,
      .judge = Judge,
  };
}

}  // namespace lastack
