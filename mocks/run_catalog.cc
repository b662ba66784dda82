#include "mocks/run_catalog.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cases/case.h"
#include "cases/conversation.h"
#include "cases/judge.h"
#include "cases/judge_facts.h"

namespace lastack {
namespace {

// Why the case cannot be judged in process; empty: it can.
std::string WhyNotInProcess(const Case& one) {
  switch (one.scenario) {
    case Scenario::kChild:
      return "a program would have to be started";
    case Scenario::kConcurrent:
    case Scenario::kBesideStrangers:
      return "it takes threads, or sockets that are inherited";
    default:
      break;
  }
  return "";
}

// Why a pass would say too much; empty: it would not.
std::string WhyNoPass(const Case& one) {
  if (one.id != std::string("peer-gone/sigpipe-left-alone")) return "";
  return "SIGPIPE was left as it was after each request, but what was changed and undone within one is not seen";
}

InProcessRun RunOf(const LibraryMaker& make, const CatalogOptions& options, const Profile& profile, const Case* one) {
  const Scenario scenario = one == nullptr ? Scenario::kOrdinary : one->scenario;
  InProcessRun run;
  run.make = make;
  run.stage = options.stage;
  run.network = options.network;
  run.timeout = options.timeout;
  if (scenario == Scenario::kSecondAddress) run.host = "localhost";
  run.profile = profile.name;
  run.scenario = ScenarioName(scenario);
  run.scripts = profile.scripts(scenario);
  run.driver_script = profile.driver_script(scenario);
  run.refuses = scenario == Scenario::kRefused;
  if (one == nullptr) return run;
  run.case_id = one->id;
  run.faults = one->faults;
  return run;
}

CaseResult Unimplemented(const Case& one, const std::string& why) {
  CaseResult result = HarnessError(one, absl::UnimplementedError(absl::StrCat("Not in process: ", why, ".")));
  result.verdict = Verdict::kUnimplemented;
  result.backend = "fake";
  return result;
}

}  // namespace

std::vector<CaseResult> RunCatalog(const LibraryMaker& make, const CatalogOptions& options) {
  const Profile& profile = *FindProfile("driver");
  Rounds rounds(1);
  Outcomes& outcomes = rounds.front();
  outcomes.emplace(nullptr, ObserveInProcess(RunOf(make, options, profile, nullptr)));
  const Evidence clean(*outcomes.at(nullptr));
  std::vector<CaseResult> results;
  for (const Case* one : CasesMatching(options.cases)) {
    if (!Concerns(*one, profile)) continue;
    if (const std::string why = WhyNotInProcess(*one); !why.empty()) {
      results.push_back(Unimplemented(*one, why));
      continue;
    }
    if (NeedsRun(*one, clean)) outcomes.emplace(one, ObserveInProcess(RunOf(make, options, profile, one)));
    results.push_back(JudgeAll({one}, rounds).front());
    const std::string too_much = results.back().verdict == Verdict::kPass ? WhyNoPass(*one) : "";
    if (!too_much.empty()) results.back() = Unimplemented(*one, too_much);
    results.back().replay = absl::StrCat("RunCatalog(..., {.cases = \"", one->id, "\"})");
    outcomes.erase(one);
  }
  return results;
}

}  // namespace lastack
