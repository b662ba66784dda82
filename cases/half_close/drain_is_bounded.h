// half-close/drain-is-bounded: a client that never finishes does not hold the server that waits for its FIN.
#ifndef LASTACK_CASES_HALF_CLOSE_DRAIN_IS_BOUNDED_H_
#define LASTACK_CASES_HALF_CLOSE_DRAIN_IS_BOUNDED_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case HalfCloseDrainIsBounded();

}  // namespace lastack

#endif  // LASTACK_CASES_HALF_CLOSE_DRAIN_IS_BOUNDED_H_
