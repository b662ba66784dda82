#include "cases/judge_facts.h"

#include "absl/strings/str_cat.h"
#include "cases/judge.h"

namespace lastack {
namespace {

absl::Status AtLine(size_t line, absl::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat("line ", line, ": ", problem));
}

// nullptr for the clean run.
absl::StatusOr<const Case*> CaseOf(const Observation& observation, size_t line) {
  if (observation.case_id.empty()) return nullptr;
  for (const Case& one : Cases()) {
    if (observation.case_id == one.id) return &one;
  }
  return AtLine(line, absl::StrCat("this lastack knows no case ", observation.case_id));
}

absl::StatusOr<Outcomes> OutcomesOf(const std::vector<std::string>& lines) {
  Outcomes outcomes;
  for (size_t i = 0; i < lines.size(); ++i) {
    absl::StatusOr<Observation> observation = ObservationFromJson(lines[i]);
    if (!observation.ok()) return AtLine(i + 1, observation.status().message());
    const absl::StatusOr<const Case*> one = CaseOf(*observation, i + 1);
    if (!one.ok()) return one.status();
    if (!outcomes.emplace(*one, *std::move(observation)).second) return AtLine(i + 1, "these facts are there twice");
  }
  if (!outcomes.contains(nullptr)) return absl::InvalidArgumentError("the facts of the clean run, without which nothing can be judged, are missing");
  return outcomes;
}

}  // namespace

bool NeedsRun(const Case& one, const Evidence& clean) {
  return !JudgedOnCleanRun(one) && clean.unusable().empty() && WhyInapplicable(one, clean).empty();
}

std::vector<CaseResult> JudgeAll(const std::vector<const Case*>& cases, const Outcomes& outcomes) {
  const Evidence clean(*outcomes.at(nullptr));
  std::vector<CaseResult> results;
  for (const Case* one : cases) {
    const auto outcome = outcomes.find(one);
    if (outcome != outcomes.end() && outcome->second.ok()) {
      const Evidence run(*outcome->second);
      results.push_back(JudgeCase(*one, clean, run));
    } else if (outcome != outcomes.end()) {
      results.push_back(HarnessError(*one, outcome->second.status()));
    } else if (NeedsRun(*one, clean)) {
      results.push_back(HarnessError(*one, absl::CancelledError("The audit was interrupted before this case was run.")));
    } else {
      results.push_back(JudgeCase(*one, clean, clean));
    }
  }
  return results;
}

absl::StatusOr<Results> JudgeFacts(const std::vector<std::string>& lines) {
  const absl::StatusOr<Outcomes> outcomes = OutcomesOf(lines);
  if (!outcomes.ok()) return outcomes.status();
  const Observation& clean_facts = *outcomes->at(nullptr);
  const Evidence clean(clean_facts);
  std::vector<const Case*> cases;
  for (const Case& one : Cases()) {
    if (outcomes->contains(&one) || !NeedsRun(one, clean)) cases.push_back(&one);
  }
  Results results;
  results.subject = clean_facts.subject;
  results.profile = clean_facts.profile;
  results.environment = {{"backend", clean_facts.backend}, {"judged", "again, from recorded facts"}};
  results.results = JudgeAll(cases, *outcomes);
  for (CaseResult& result : results.results) {
    result.replay = absl::StrCat("lastack audit --case=", result.case_id, " --profile=", clean_facts.profile, " -- ", clean_facts.subject);
  }
  return results;
}

}  // namespace lastack
