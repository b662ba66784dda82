// From the facts of two runs to a result record. Pure: no clock, no file, no environment.
//
// The rules that hold for every case stand here, before and after its own judge: the clean run decides whether the case
// applies; a fault that never fired is never a pass; a verdict that rests on something not seen does not stand against
// a doubt; a violation under a fault that neither this kernel nor POSIX allows there is an advisory.
#ifndef LASTACK_CASES_JUDGE_H_
#define LASTACK_CASES_JUDGE_H_

#include "absl/status/status.h"
#include "cases/case.h"
#include "cases/evidence.h"
#include "reports/results.h"

namespace lastack {

// Whether its requirement is one for subjects of this role: client, server or library.
[[nodiscard]] bool IsRuleFor(const Case& one, const std::string& role);

// Whether the requirement is one for the profile's role, and the profile has the conversation that the case needs.
[[nodiscard]] bool Concerns(const Case& one, const Profile& profile);

// Why the case does not apply to this subject: by its role, by its profile, or as the clean run shows; empty if it
// does.
[[nodiscard]] std::string WhyInapplicable(const Case& one, const Evidence& clean);

// How a case differs from its requirement's others: "injected %send:fd=tcp:when=1:error=EPIPE", "conversation
// reset-mid-answer"; empty if there are none.
[[nodiscard]] std::string VariantText(const Case& one);

// The record without subject-independent fields of the environment (`replay`), which the caller adds.
[[nodiscard]] CaseResult JudgeCase(const Case& one, const Evidence& clean, const Evidence& run);

// The record of a case that could not be run: our fault or the environment's.
[[nodiscard]] CaseResult HarnessError(const Case& one, const absl::Status& why);

}  // namespace lastack

#endif  // LASTACK_CASES_JUDGE_H_
