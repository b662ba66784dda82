// half-close/shutdown-is-not-close: a socket that was shut down is also closed.
#ifndef LASTACK_CASES_HALF_CLOSE_SHUTDOWN_IS_NOT_CLOSE_H_
#define LASTACK_CASES_HALF_CLOSE_SHUTDOWN_IS_NOT_CLOSE_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case HalfCloseShutdownIsNotClose();

}  // namespace lastack

#endif  // LASTACK_CASES_HALF_CLOSE_SHUTDOWN_IS_NOT_CLOSE_H_
