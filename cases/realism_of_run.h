// How real the faults of a run were. The agent judges each at its site by the calling process; what the whole run tells
// about a program makes that narrower.
#ifndef LASTACK_CASES_REALISM_OF_RUN_H_
#define LASTACK_CASES_REALISM_OF_RUN_H_

#include "cases/evidence.h"

namespace lastack {

// Of the least real fault that fired; kKernel if none did.
[[nodiscard]] Realism RealismOfRun(const Evidence& run);

}  // namespace lastack

#endif  // LASTACK_CASES_REALISM_OF_RUN_H_
