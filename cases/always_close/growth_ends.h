// always-close/growth-ends-in-emfile: what a leak costs.
//
// The server may have 64 descriptors, and gets twice as many clients, one after the other, until one is not served. Who
// closes serves them all; who leaks serves none from some client on, and the facts say from which. Nothing is asked of
// anybody here: the leak itself is judged by always-close/accepted.
#ifndef LASTACK_CASES_ALWAYS_CLOSE_GROWTH_ENDS_H_
#define LASTACK_CASES_ALWAYS_CLOSE_GROWTH_ENDS_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case AlwaysCloseGrowthEndsInEmfile();

}  // namespace lastack

#endif  // LASTACK_CASES_ALWAYS_CLOSE_GROWTH_ENDS_H_
