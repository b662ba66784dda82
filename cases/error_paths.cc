#include "cases/error_paths.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cases/always_close/no_use_after.h"
#include "cases/always_close/release.h"
#include "cases/check_close/closed_again.h"
#include "cases/site.h"

namespace lastack {
namespace {

constexpr char kLeak[] = "leak-after-truncation";

std::string NeverReceives(const Evidence& clean) { return NeverTransfers(clean, CallFamily::recv); }

// The sockets that the scenario made fail, and since when.
std::vector<Due> Failed(const Evidence& run) {
  if (run.run().scenario == ScenarioName(Scenario::kResetMidAnswer)) return DueAfterReset(run);
  if (run.run().scenario == ScenarioName(Scenario::kTruncatedAnswer)) return DueAfterTruncation(run);
  return DueAfterRefusal(run);
}

// By a call that a decoy could take the place of.
bool ClosesSince(const Evidence& run, const Due& failed) {
  const auto events = run.EventsOn(*failed.socket);
  return std::any_of(events.begin(), events.end(), [&](const TracedEvent* event) {
    return event->event.call == Call::close && event->event.fd > STDERR_FILENO && event->start_ns >= failed.since_ns;
  });
}

// By a call on the socket; what epoll_wait(2) tells, it tells of no descriptor that we know.
bool WasToldByACall(const Evidence& run, const Due& failed) {
  const auto events = run.EventsOn(*failed.socket);
  return std::any_of(events.begin(), events.end(), [](const TracedEvent* traced) {
    const Event& event = traced->event;
    if (event.kind != EventKind::kCall || event.call == Call::none) return false;
    const CallFamily family = FamilyOf(event.call);
    const bool ended = family == CallFamily::recv && event.result == 0 && event.a > 0;
    const bool polled = family == CallFamily::poll && event.result > 0 && (event.substitute & POLLERR) != 0;
    return ended || polled || event.error == ECONNRESET || event.error == EPIPE;
  });
}

std::string NeverClosesWhatFailed(const Evidence& run) {
  const std::vector<Due> failed = Failed(run);
  const auto closes = [&](const Due& one) { return ClosesSince(run, one); };
  const auto told = [&](const Due& one) { return ClosesSince(run, one) && WasToldByACall(run, one); };
  if (failed.empty() || std::any_of(failed.begin(), failed.end(), told)) return "";
  if (run.run().scenario != ScenarioName(Scenario::kRefused) && std::any_of(failed.begin(), failed.end(), closes)) {
    return "the subject closes the connection that failed, and no call on it has told of that before";
  }
  if (std::any_of(failed.begin(), failed.end(), closes)) return "";
  return "the subject never calls close(2) on the connection that failed, or only where it is a standard stream";
}

bool FiredOnWhatFailed(const Evidence& run) {
  const std::vector<Due> failed = Failed(run);
  const std::vector<const TracedEvent*> fired = run.run().Fired();
  return std::any_of(fired.begin(), fired.end(), [&](const TracedEvent* event) {
    return std::any_of(failed.begin(), failed.end(), [&](const Due& one) {
      return event->event.socket == one.socket->socket && event->start_ns >= one.since_ns;
    });
  });
}

Judgement Unexercised(const char* why) {
  Judgement judgement;
  judgement.verdict = Verdict::kUnexercised;
  judgement.message = why;
  return judgement;
}

Judgement JudgeIfExercised(const Case& ordinary, const Evidence& clean, const Evidence& run) {
  if (FiredOnWhatFailed(run)) return ordinary.judge(clean, run);
  return Unexercised("The decoy was planted, but not at the close of a connection that had failed.");
}

Judgement JudgeClosedOnce(const Evidence& clean, const Evidence& run) {
  return JudgeIfExercised(AlwaysCloseExactlyOnce(), clean, run);
}
Judgement JudgeNotRetried(const Evidence& clean, const Evidence& run) {
  return JudgeIfExercised(CheckCloseEintrNotRetried(), clean, run);
}
Judgement JudgeNotUsed(const Evidence& clean, const Evidence& run) {
  return JudgeIfExercised(AlwaysCloseNoUseAfter(), clean, run);
}

// No decoy: what is closed again shows where nobody takes the number meanwhile.
Judgement JudgeRefusedClosedOnce(const Evidence& clean, const Evidence& run) {
  if (Failed(run).empty()) return Unexercised("The subject did not try to connect to the peer that refuses.");
  return AlwaysCloseExactlyOnceEach().judge(clean, run);
}

Judgement JudgeRefusedNotUsed(const Evidence&, const Evidence& run) {
  if (FiredOnWhatFailed(run)) return JudgeUsesOfDecoys(run);
  return Unexercised("The decoy was planted, but not at the close of a socket that the peer had refused.");
}

// The first close of a connection may be that of a copy, long before anything failed.
std::string CloseOfWhatFailed(Scenario scenario, const char* effect) {
  return absl::StrCat("close:fd=tcp:when=1:after=", scenario == Scenario::kResetMidAnswer ? "reset" : "eof", ":",
                      effect);
}

Case ExactlyOnce(const char* id, Scenario scenario) {
  Case one = AlwaysCloseExactlyOnce();
  one.faults = {CloseOfWhatFailed(scenario, "effect=decoy")};
  one.id = id;
  one.scenario = scenario;
  one.defects = {"closes-twice-after-error", "double-closes"};
  one.moot = NeverClosesWhatFailed;
  one.judge = JudgeClosedOnce;
  return one;
}

Case NoUseAfter(const char* id, Scenario scenario) {
  Case one = AlwaysCloseNoUseAfter();
  one.faults = {CloseOfWhatFailed(scenario, "effect=decoy")};
  one.id = id;
  one.scenario = scenario;
  one.defects = {"uses-after-close-on-error", "uses-after-close"};
  one.moot = NeverClosesWhatFailed;
  one.judge = JudgeNotUsed;
  return one;
}

Judgement JudgeTruncated(const Evidence&, const Evidence& run) {
  const std::vector<Due> due = DueAfterTruncation(run);
  if (due.empty()) return Unexercised("The peer could not finish within the answer at the agreed point.");
  Judgement judgement = JudgeRelease(run, due, kLeak, "after its answer had ended too early");
  judgement.expected = "the socket whose answer ended too early is closed by a call";
  return judgement;
}

}  // namespace

Case AlwaysCloseOrderlyAfterTruncation() {
  return {
      .id = "always-close/orderly/after-truncation",
      .requirement = "always-close/orderly",
      .scenario = Scenario::kTruncatedAnswer,
      .faults = {},
      .findings = {{kLeak, "A socket stayed open after its answer had ended too early although the process lived on."},
                   kLeftToExitFinding},
      .defects = {"leaks-after-truncation", "forgets-close", "only-shuts-down"},
      .core = false,
      .inapplicable = NeverReceives,
      .judge = JudgeTruncated,
  };
}

Case AlwaysCloseExactlyOnceAfterReset() {
  return ExactlyOnce("always-close/exactly-once/after-reset", Scenario::kResetMidAnswer);
}
Case AlwaysCloseExactlyOnceAfterTruncation() {
  return ExactlyOnce("always-close/exactly-once/after-truncation", Scenario::kTruncatedAnswer);
}

Case AlwaysCloseExactlyOnceAfterRefusal() {
  Case one = AlwaysCloseExactlyOnceEach();
  one.id = "always-close/exactly-once/after-refusal";
  one.scenario = Scenario::kRefused;
  one.defects = {"closes-twice-after-error", "double-closes", "closes-copies-twice"};
  one.moot = NeverClosesWhatFailed;
  one.judge = JudgeRefusedClosedOnce;
  return one;
}

Case AlwaysCloseNoUseAfterReset() {
  return NoUseAfter("always-close/no-use-after/after-reset", Scenario::kResetMidAnswer);
}
Case AlwaysCloseNoUseAfterTruncation() {
  return NoUseAfter("always-close/no-use-after/after-truncation", Scenario::kTruncatedAnswer);
}

Case AlwaysCloseNoUseAfterRefusal() {
  Case one = NoUseAfter("always-close/no-use-after/after-refusal", Scenario::kRefused);
  one.faults = {"close:fd=tcp:when=1:after=attempted:effect=decoy"};
  one.judge = JudgeRefusedNotUsed;
  return one;
}

Case CheckCloseEintrNotRetriedAfterReset() {
  Case one = CheckCloseEintrNotRetried();
  one.id = "check-close/eintr-not-retried/after-reset";
  one.scenario = Scenario::kResetMidAnswer;
  one.faults = {CloseOfWhatFailed(one.scenario, "effect=decoy:error=EINTR")};
  one.defects = {"retries-close-after-reset", "retries-close-on-eintr", "closes-twice-after-error", "double-closes"};
  one.moot = NeverClosesWhatFailed;
  one.judge = JudgeNotRetried;
  return one;
}

}  // namespace lastack
