#include "cases/judge_facts.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cases/harm.h"
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

struct Recorded {
  Rounds rounds;
  MoreCleanRuns more;
};

absl::StatusOr<Recorded> RecordedIn(const std::vector<std::string>& lines) {
  std::map<int, Outcomes> by_number;
  Recorded recorded;
  for (size_t i = 0; i < lines.size(); ++i) {
    absl::StatusOr<Observation> observation = ObservationFromJson(lines[i]);
    if (!observation.ok()) return AtLine(i + 1, observation.status().message());
    const absl::StatusOr<const Case*> one = CaseOf(*observation, i + 1);
    if (!one.ok()) return one.status();
    if (observation->again != 0) {
      recorded.more.push_back(*std::move(observation));
      continue;
    }
    Outcomes& outcomes = by_number[observation->round];
    if (!outcomes.emplace(*one, *std::move(observation)).second) return AtLine(i + 1, "these facts are there twice");
  }
  for (auto& [number, outcomes] : by_number) {
    if (outcomes.contains(nullptr)) recorded.rounds.push_back(std::move(outcomes));
  }
  if (recorded.rounds.empty()) {
    return absl::InvalidArgumentError("the facts of the clean run, without which nothing can be judged, are missing");
  }
  return recorded;
}

// Of a profile that is not known here, as one from a file, only the ordinary conversation is sure to be there.
bool ConcernsSubjectOf(const Case& one, const Observation& clean) {
  const Profile* profile = FindProfile(clean.profile);
  return profile != nullptr ? Concerns(one, *profile)
                            : IsRuleFor(one, clean.role) && one.scenario == Scenario::kOrdinary;
}

// Those that were run, and those of the profile that the clean runs alone decide.
std::vector<const Case*> CasesIn(const Rounds& rounds) {
  std::vector<const Case*> cases;
  for (const Case& one : Cases()) {
    const bool was_run = rounds.front().contains(&one);
    const bool concerned = ConcernsSubjectOf(one, *rounds.front().at(nullptr));
    const bool decided = std::all_of(rounds.begin(), rounds.end(), [&](const Outcomes& outcomes) {
      return outcomes.contains(&one) || !NeedsRun(one, Evidence(*outcomes.at(nullptr)));
    });
    if (was_run || (concerned && decided)) cases.push_back(&one);
  }
  return cases;
}

CaseResult JudgeIn(const Outcomes& outcomes, const Evidence& clean, const Case& one) {
  const auto outcome = outcomes.find(&one);
  if (outcome != outcomes.end()) {
    return outcome->second.ok() ? JudgeCase(one, clean, Evidence(*outcome->second))
                                : HarnessError(one, outcome->second.status());
  }
  if (!NeedsRun(one, clean)) return JudgeCase(one, clean, clean);
  return HarnessError(one, absl::CancelledError("The audit was interrupted before this case was run."));
}

std::vector<RoundTally> Tallied(const std::vector<CaseResult>& rounds) {
  std::map<std::pair<std::string, std::string>, RoundTally> tallies;  // by the words, which is the order of the message
  for (const CaseResult& round : rounds) {
    RoundTally& tally = tallies[{VerdictWord(round.verdict), round.finding}];
    tally = {.verdict = round.verdict, .finding = round.finding, .count = tally.count + 1};
  }
  std::vector<RoundTally> sorted;
  for (auto& [words, tally] : tallies) sorted.push_back(std::move(tally));
  return sorted;
}

// "2 fail [leak], 3 pass"
std::string TallyPhrase(const std::vector<RoundTally>& tallies) {
  return absl::StrJoin(tallies, ", ", [](std::string* out, const RoundTally& tally) {
    absl::StrAppend(out, tally.count, " ", VerdictWord(tally.verdict),
                    tally.finding.empty() ? "" : absl::StrCat(" [", tally.finding, "]"));
  });
}

// One record of what the rounds say about a case: the worst, and how the others differ from it.
CaseResult Combine(const std::vector<CaseResult>& rounds) {
  const auto worse = [](const CaseResult& a, const CaseResult& b) { return StandingOf(a) < StandingOf(b); };
  CaseResult worst = *std::min_element(rounds.begin(), rounds.end(), worse);
  const bool agree = std::all_of(rounds.begin(), rounds.end(), [&](const CaseResult& round) {
    return round.verdict == worst.verdict && round.finding == worst.finding;
  });
  if (agree) return worst;
  worst.rounds = Tallied(rounds);
  const std::string tally = absl::StrCat("In ", rounds.size(), " rounds: ", TallyPhrase(worst.rounds), ". ");
  const bool contested = StandingOf(worst) == Standing::kViolated || StandingOf(worst) == Standing::kUndecided;
  if (contested && worst.verdict != Verdict::kHarnessError) worst.verdict = Verdict::kFlaky;
  worst.message = absl::StrCat(tally, "In one of them: ", worst.message);
  return worst;
}

// How many of the further clean runs lost the answer that a round's clean run got.
size_t CountLosses(const Rounds& rounds, const MoreCleanRuns& more) {
  return static_cast<size_t>(std::count_if(more.begin(), more.end(), [&](const Observation& again) {
    const Evidence run(again);
    return std::any_of(rounds.begin(), rounds.end(),
                       [&](const Outcomes& outcomes) { return LostAnswer(Evidence(*outcomes.at(nullptr)), run); });
  }));
}

void AcquitFaults(const Rounds& rounds, const MoreCleanRuns& more, std::vector<CaseResult>& results) {
  if (std::none_of(results.begin(), results.end(), BlamesLossOnFault)) return;
  const size_t losses = CountLosses(rounds, more);
  if (losses == 0) return;
  for (CaseResult& result : results) {
    if (!BlamesLossOnFault(result)) continue;
    result.evidence.push_back(absl::StrCat("with the fault, the subject ", result.message));
    result.verdict = Verdict::kInconclusive;
    result.finding.clear();
    result.message =
        absl::StrCat("The subject does not always get its answer without any fault either (", losses, " of ",
                     more.size(), " more clean runs lost it), so that a loss says nothing about this fault.");
  }
}

}  // namespace

bool BlamesLossOnFault(const CaseResult& result) {
  const bool blames =
      result.verdict == Verdict::kFail || result.verdict == Verdict::kAdvisory || result.verdict == Verdict::kFlaky;
  return blames && result.finding == kAnswerLost.code;
}

bool NeedsRun(const Case& one, const Evidence& clean) {
  return !JudgedOnCleanRun(one) && clean.unusable().empty() && WhyInapplicable(one, clean).empty();
}

std::vector<CaseResult> JudgeAll(const std::vector<const Case*>& cases, const Rounds& rounds,
                                 const MoreCleanRuns& more) {
  std::map<const Case*, std::vector<CaseResult>> by_case;
  for (const Outcomes& outcomes : rounds) {
    const Evidence clean(*outcomes.at(nullptr));
    for (const Case* one : cases) by_case[one].push_back(JudgeIn(outcomes, clean, *one));
  }
  std::vector<CaseResult> results;
  for (const Case* one : cases) results.push_back(Combine(by_case.at(one)));
  AcquitFaults(rounds, more, results);
  return results;
}

absl::StatusOr<Results> JudgeFacts(const std::vector<std::string>& lines, const std::string& program) {
  const absl::StatusOr<Recorded> recorded = RecordedIn(lines);
  if (!recorded.ok()) return recorded.status();
  const Rounds& rounds = recorded->rounds;
  const Observation& clean_facts = *rounds.front().at(nullptr);
  Results results;
  results.subject = clean_facts.subject;
  results.profile = clean_facts.profile;
  results.environment = {{"backend", clean_facts.backend}, {"judged", "again, from recorded facts"}};
  results.results = JudgeAll(CasesIn(rounds), rounds, recorded->more);
  for (CaseResult& result : results.results) {
    result.replay = absl::StrCat(program, " audit --case=", result.case_id, " --profile=", clean_facts.profile, " -- ",
                                 clean_facts.subject);
  }
  return results;
}

}  // namespace lastack
