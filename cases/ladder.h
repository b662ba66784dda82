// The timeline of a run's connections, both ends side by side: what the report draws as a ladder.
#ifndef LASTACK_CASES_LADDER_H_
#define LASTACK_CASES_LADDER_H_

#include <vector>

#include "cases/evidence.h"
#include "reports/results.h"

namespace lastack {

// By time. Of a long conversation the beginning and the end are kept, and a rung between them says how much is left
// out.
[[nodiscard]] std::vector<Rung> LadderOf(const Evidence& run);

}  // namespace lastack

#endif  // LASTACK_CASES_LADDER_H_
