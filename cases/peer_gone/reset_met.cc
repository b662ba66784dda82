#include "cases/peer_gone/reset_met.h"

#include <signal.h>

#include "absl/strings/str_cat.h"
#include "cases/server_facts.h"
#include "cases/site.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kCrashed[] = "crashed-after-reset";
constexpr char kHangs[] = "hangs-after-reset";
constexpr char kLeak[] = "leak-after-reset";

std::string Sentence(const Evidence& run, const std::string& where) {
  const std::string death = run.of_server() ? HowItDied(run) : "";
  return absl::StrCat("met a reset ", where, ", and ", death.empty() ? run.EndInWords() : death, ".");
}

Judgement ViolationAt(const char* code, const Evidence& run, const std::string& where) {
  Judgement judgement = Violation(code, Sentence(run, where));
  judgement.observed = judgement.message;
  return judgement;
}

Judgement EndedOrdinarily(const Evidence& run, const std::string& where) {
  Judgement judgement;
  judgement.verdict = Verdict::kPass;
  judgement.by_absence = true;
  judgement.message = Sentence(run, where);
  judgement.observed = judgement.message;
  return judgement;
}

// A server is told to end by a signal, and may die of that one.
bool Crashed(const Evidence& run) { return run.of_server() ? !HowItDied(run).empty() : DeathOf(run.run()) != 0; }

bool Hangs(const Evidence& clean, const Evidence& run) {
  const auto timed_out = [](const Evidence& one) { return one.run().exit.how == SubjectExit::How::kTimedOut; };
  return !run.of_server() && timed_out(run) && !timed_out(clean);
}

}  // namespace

std::vector<Finding> ResetMetFindings() {
  return {{kCrashed, "The subject died when the peer reset the connection."},
          {kHangs, "The subject did not end when the peer had reset the connection."},
          {kLeak, "A socket stayed open after the reset although the process lived on."}};
}

Judgement JudgeResetMet(const Evidence& clean, const Evidence& run, const std::vector<Due>& met,
                        const std::string& where) {
  Judgement judgement;
  if (met.empty()) {
    judgement.verdict = Verdict::kUnexercised;
    judgement.message = absl::StrCat("No connection with the peer met a reset ", where, ".");
  } else if (Crashed(run)) {
    judgement = ViolationAt(kCrashed, run, where);
  } else if (Hangs(clean, run)) {
    judgement = ViolationAt(kHangs, run, where);
  } else {
    judgement = JudgeRelease(run, met, kLeak, "after the peer had reset it");
    // What is left to the exit has cases of its own.
    if (judgement.verdict == Verdict::kAdvisory) judgement = EndedOrdinarily(run, where);
  }
  judgement.expected = "an ordinary end, whatever it reports, and the socket closed";
  return judgement;
}

Judgement JudgeResetFired(const Evidence& clean, const Evidence& run, const std::string& where) {
  const std::vector<const TracedEvent*> fired = FiredOnExchanges(run);
  std::vector<Due> met;
  for (const TracedEvent* event : fired) {
    met.push_back({run.ledger().Find(event->event.socket), event->start_ns + event->duration_ns});
  }
  Judgement judgement = JudgeResetMet(clean, run, met, where);
  for (const TracedEvent* event : fired) judgement.evidence.push_back(DescribeEvent(*event));
  return judgement;
}

}  // namespace lastack
