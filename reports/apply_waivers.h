// What waivers do to results. A waived case has been run like any other; a waiver changes only what its verdict is
// called.
//
// An entry concerns records (reports/match_waivers.h). Then:
//
//   the record shows exactly the waived finding      known-failure, with the reason (an advisory, too)
//   it fails with another finding                    stale-waiver: the failure has changed
//   the waived finding, after the day of expiry      stale-waiver
//   two entries concern it                           stale-waiver: they overlap
//   it has no answer (inconclusive, unexercised)     stays as it is
//   flaky                                            stays flaky; known-failure if every round passed or showed
//                                                    the finding
//
// An entry that waives nothing is stale, once every case that it concerns was run and none shows its finding: one case
// turns into stale-waiver; for a pattern with several, which keep their verdicts, a record of its own is added. The
// same for a pattern that matches no case at all. A finding that none of its cases can have is told as such. A run of
// some cases (--case, --shard) says nothing of entries about the others.
//
// Waivers that were applied before are taken back first: applying is idempotent, and merged parts can be waived as a
// whole.
//
//   ApplyWaivers(results, *waivers, absl::CivilDay(2026, 11, 21), scope);
//
// Pure functions. Allocate.
#ifndef LASTACK_REPORTS_APPLY_WAIVERS_H_
#define LASTACK_REPORTS_APPLY_WAIVERS_H_

#include "absl/time/civil_time.h"
#include "reports/match_waivers.h"
#include "reports/results.h"
#include "reports/waivers.h"

namespace lastack {

[[nodiscard]] Results ApplyWaivers(Results results, const Waivers& waivers, absl::CivilDay today,
                                   const CaseScope& scope);

// The results as they were before any waiver.
[[nodiscard]] Results WithoutWaivers(Results results);

}  // namespace lastack

#endif  // LASTACK_REPORTS_APPLY_WAIVERS_H_
