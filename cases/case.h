// A case: one executable check of a requirement, as data and one pure function.
//
// A case says what the peer plays, which faults are injected, and how the facts are judged. Whether it applies is
// decided by the clean run, and whether its fault was delivered by the run itself, before the judge is asked (judge.h).
#ifndef LASTACK_CASES_CASE_H_
#define LASTACK_CASES_CASE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "cases/conversation.h"
#include "cases/evidence.h"
#include "reports/results.h"

namespace lastack {

// What a judge says.
struct Judgement {
  Verdict verdict = Verdict::kHarnessError;
  std::string finding;  // one of the case's finding codes; empty for pass
  std::string message;  // one sentence: who did what, with descriptor and time
  std::string expected;
  std::string observed;
  std::vector<std::string> evidence;  // a line a fact
  // The verdict rests on something not having been seen, and falls if the evidence is incomplete.
  bool by_absence = false;
};

inline Judgement Passed(std::string message) {
  Judgement judgement;
  judgement.verdict = Verdict::kPass;
  judgement.message = std::move(message);
  return judgement;
}

// Of the case with this finding code.
inline Judgement Violation(const char* finding, std::string message) {
  Judgement judgement;
  judgement.verdict = Verdict::kFail;
  judgement.finding = finding;
  judgement.message = std::move(message);
  return judgement;
}

struct Finding {
  const char* code;      // "leak": stable, part of waivers
  const char* sentence;  // what it means
};

struct Case {
  const char* id;           // unique; the requirement's id, with more behind it where a requirement has several cases
  const char* requirement;  // id
  Scenario scenario;
  std::vector<std::string> faults;   // rules of the fault grammar; each must fire
  std::vector<Finding> findings;     // what it can find
  std::vector<std::string> defects;  // of known_bad subjects that it must fail, by its own finding
  const char* verb = nullptr;        // what a driver must implement for it: a verb, or several with a space between
  size_t more_clients = 0;           // of a server, like the scenario's last and behind it
  bool core;  // every subject of the role must show it: if it seems not to apply, something was not seen
  // Why the case does not apply, as the clean run shows; empty if it applies.
  std::string (*inapplicable)(const Evidence& clean);
  // Why there is nothing to judge in a run of the case's own, which never came to what the case is about; empty if it
  // did. Asked before it is asked whether all faults fired: a subject may be right never to reach the site of the last.
  std::string (*moot)(const Evidence& run) = nullptr;
  // For a case without faults in the ordinary scenario, `run` is the clean run.
  Judgement (*judge)(const Evidence& clean, const Evidence& run);
};

// A case that the clean run itself shows.
inline bool JudgedOnCleanRun(const Case& one) { return one.faults.empty() && one.scenario == Scenario::kOrdinary; }

// All cases, in the catalog's order. The one place where they are registered.
[[nodiscard]] const std::vector<Case>& Cases();

// Those whose id matches one of the patterns (cases/patterns.h): "linger/*,peer-gone/*", or "*" for all.
[[nodiscard]] std::vector<const Case*> CasesMatching(absl::string_view patterns);

// For Case::inapplicable: it always applies.
std::string AlwaysApplies(const Evidence& clean);

}  // namespace lastack

#endif  // LASTACK_CASES_CASE_H_
