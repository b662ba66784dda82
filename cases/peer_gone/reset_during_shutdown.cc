#include "cases/peer_gone/reset_during_shutdown.h"

#include <signal.h>

#include "absl/strings/str_cat.h"
#include "cases/always_close/release.h"
#include "cases/server_facts.h"
#include "cases/site.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kCrashed[] = "crashed-after-reset";
constexpr char kHangs[] = "hangs-after-reset";
constexpr char kLeak[] = "leak-after-reset";

std::string NeverShutsDown(const Evidence& clean) { return NeverCalls(clean, Call::shutdown); }

Judgement Violation(const char* code, const Evidence& run) {
  Judgement judgement;
  judgement.verdict = Verdict::kFail;
  judgement.finding = code;
  judgement.message = absl::StrCat("met a reset at shutdown, and ", run.EndInWords(), ".");
  judgement.observed = judgement.message;
  return judgement;
}

Judgement EndedOrdinarily(const Evidence& run) {
  Judgement judgement;
  judgement.verdict = Verdict::kPass;
  judgement.by_absence = true;
  judgement.message = absl::StrCat("met a reset at shutdown, and ", run.EndInWords(), ".");
  judgement.observed = judgement.message;
  return judgement;
}

// A server is told to end by a signal, and may die of that one.
bool Crashed(const Evidence& run) {
  return run.of_server() ? !HowItDied(run).empty() : run.run().exit.how == SubjectExit::How::kSignaled;
}

bool Hangs(const Evidence& clean, const Evidence& run) {
  const auto timed_out = [](const Evidence& one) { return one.run().exit.how == SubjectExit::How::kTimedOut; };
  return !run.of_server() && timed_out(run) && !timed_out(clean);
}

Judgement Judge(const Evidence& clean, const Evidence& run) {
  const std::vector<const TracedEvent*> fired = FiredOnExchanges(run);
  Judgement judgement;
  if (fired.empty()) {
    judgement.verdict = Verdict::kUnexercised;
    judgement.message = "The reset came, but not on a connection with the peer.";
  } else if (Crashed(run)) {
    judgement = Violation(kCrashed, run);
  } else if (Hangs(clean, run)) {
    judgement = Violation(kHangs, run);
  } else {
    std::vector<Due> due;
    for (const TracedEvent* event : fired) {
      due.push_back({run.ledger().Find(event->event.socket), event->start_ns + event->duration_ns});
    }
    judgement = JudgeRelease(run, due, kLeak, "after the peer had reset it");
    // What is left to the exit has cases of its own.
    if (judgement.verdict == Verdict::kAdvisory) judgement = EndedOrdinarily(run);
  }
  judgement.expected = "an ordinary end, whatever it reports, and the socket closed";
  for (const TracedEvent* event : fired) judgement.evidence.push_back(DescribeEvent(*event));
  return judgement;
}

}  // namespace

Case PeerGoneResetDuringShutdown() {
  return {
      .id = "peer-gone/reset-during-shutdown",
      .requirement = "peer-gone/reset-during-shutdown",
      .scenario = Scenario::kOrdinary,
      .faults = {"shutdown:fd=tcp:when=1:effect=reset"},
      .findings = {{kCrashed, "The subject died by a signal when the peer reset the connection before shutdown."},
                   {kHangs, "The subject did not end when the peer reset the connection before shutdown."},
                   {kLeak, "A socket stayed open after the reset although the process lived on."}},
      .defects = {"dies-on-shutdown-enotconn", "only-shuts-down", "never-closes", "forgets-close-on-reset", "forgets-first-close", "keeps-parents-copy",
                  "exits-on-reset"},
      .verb = "finish",
      .core = false,
      .inapplicable = NeverShutsDown,
      .judge = Judge,
  };
}

}  // namespace lastack
