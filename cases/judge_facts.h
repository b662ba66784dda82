// From the facts of all runs of an audit to its results: once, as the audit ends, and again whenever somebody wants to
// know, from facts.jsonl, without running anything.
#ifndef LASTACK_CASES_JUDGE_FACTS_H_
#define LASTACK_CASES_JUDGE_FACTS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cases/case.h"
#include "harness/run/observation.h"
#include "reports/results.h"

namespace lastack {

// What the run for a case brought; of nullptr, the clean run.
using Outcomes = std::map<const Case*, absl::StatusOr<Observation>>;
// The same of each round, where everything was run repeatedly.
using Rounds = std::vector<Outcomes>;

// Clean runs beside those of the rounds.
using MoreCleanRuns = std::vector<Observation>;

// Whether the case needs a run of its own, beside the clean one.
[[nodiscard]] bool NeedsRun(const Case& one, const Evidence& clean);

// In the order of `cases`. At least one round, and the clean run's facts of each, must be there. A case that needs a
// run and has none was not reached: a harness-error. Where rounds contradict each other about a violation, the case is
// flaky. Where one of `more` lost the answer, no fault is blamed for such a loss: inconclusive.
[[nodiscard]] std::vector<CaseResult> JudgeAll(const std::vector<const Case*>& cases, const Rounds& rounds,
                                               const MoreCleanRuns& more = {});

// Whether the result says that a fault cost the subject its answer. Before it is believed, the subject must have shown
// by more clean runs that it does not lose answers by itself.
[[nodiscard]] bool BlamesLossOnFault(const CaseResult& result);

// Judges the lines of a facts.jsonl: the cases that were run, and those that the clean run alone decides.
// InvalidArgumentError names the line: not an observation, a case that is not known, no clean run.
[[nodiscard]] absl::StatusOr<Results> JudgeFacts(const std::vector<std::string>& lines,
                                                 const std::string& program = "lastack");

}  // namespace lastack

#endif  // LASTACK_CASES_JUDGE_FACTS_H_
