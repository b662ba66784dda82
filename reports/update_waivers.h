// Writes a file of waivers anew, so that it fits what an audit found.
//
//   const Waivers updated = UpdatedWaivers(results, *waivers, scope, "the vendor knows");
//
// Pure functions. Allocate.
#ifndef LASTACK_REPORTS_UPDATE_WAIVERS_H_
#define LASTACK_REPORTS_UPDATE_WAIVERS_H_

#include <cstddef>
#include <string>

#include "reports/match_waivers.h"
#include "reports/results.h"
#include "reports/waivers.h"

namespace lastack {

// The waivers after which the same results have no failure and no stale entry but what has expired: what is stale goes,
// a failure that is not waived gets an entry of its own, for this subject, with `reason`, and everything else stays. An
// entry that is too wide (it overlaps, or one of its cases fails otherwise) is replaced by one for each case that still
// shows its finding, has no answer, or was not run.
//
// With `strict` an advisory is a failure, too, as it is for the exit status.
//
// An expired entry stays as it is, and stale, while its finding is there: whoever set the day wanted to be asked.
[[nodiscard]] Waivers UpdatedWaivers(const Results& results, const Waivers& waivers, const CaseScope& scope,
                                     const std::string& reason, bool strict = false);

// What an update does, in entries. One that was narrowed is removed, and what stands in its place is new.
struct WaiverChanges {
  size_t added = 0;
  size_t removed = 0;
  size_t kept = 0;
};
[[nodiscard]] WaiverChanges ChangesBetween(const Waivers& before, const Waivers& after);

}  // namespace lastack

#endif  // LASTACK_REPORTS_UPDATE_WAIVERS_H_
