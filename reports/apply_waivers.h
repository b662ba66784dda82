// What waivers do to results. A waived case has been run like any other; a waiver changes only what its verdict is called.
//
// An entry concerns a record if the patterns of the case, the subject and the platform match. Then:
//
//   the record shows exactly the waived finding      known-failure, with the reason (an advisory, too)
//   it fails with another finding                    stale-waiver: the failure has changed
//   the waived finding, after the day of expiry      stale-waiver
//   two entries concern it                           stale-waiver: they overlap
//   it has no answer (inconclusive, unexercised)     stays as it is
//   flaky                                            stays flaky; known-failure if every round passed or showed the finding
//
// An entry that waives nothing is stale, once every case that it concerns was run and none shows its finding: one case turns
// into stale-waiver; for a pattern with several, which keep their verdicts, a record of its own is added. The same for a pattern
// that matches no case at all. A run of some cases (--case, --shard) says nothing of entries about the others.
//
// Waivers that were applied before are taken back first: applying is idempotent, and merged parts can be waived as a whole.
//
//   ApplyWaivers(results, *waivers, absl::CivilDay(2026, 11, 21), scope);
//
// Pure functions. Allocate.
#ifndef LASTACK_REPORTS_APPLY_WAIVERS_H_
#define LASTACK_REPORTS_APPLY_WAIVERS_H_

#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "reports/results.h"
#include "reports/waivers.h"

namespace lastack {

// Ids of cases: an entry is judged by what could have been run.
struct CaseScope {
  std::vector<std::string> known;       // all that there are
  std::vector<std::string> applicable;  // those that a full audit of such a subject would run
};

[[nodiscard]] Results ApplyWaivers(Results results, const Waivers& waivers, absl::CivilDay today, const CaseScope& scope);

// The results as they were before any waiver.
[[nodiscard]] Results WithoutWaivers(Results results);

// The waivers after which the same results have no failure and no stale entry but what has expired: what is stale goes, a
// failure that is not waived gets an entry of its own, for this subject, with `reason`, and everything else stays. An entry that
// is too wide (it overlaps, or one of its cases fails otherwise) is replaced by one for each case that still shows its finding,
// has no answer, or was not run.
//
// With `strict` an advisory is a failure, too, as it is for the exit status.
//
// An expired entry stays as it is, and stale, while its finding is there: whoever set the day wanted to be asked.
[[nodiscard]] Waivers UpdatedWaivers(const Results& results, const Waivers& waivers, const CaseScope& scope, const std::string& reason,
                                     bool strict = false);

}  // namespace lastack

#endif  // LASTACK_REPORTS_APPLY_WAIVERS_H_
