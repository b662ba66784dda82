// The rows about an error from shutdown that must do no harm.
#ifndef LASTACK_CASES_HALF_CLOSE_SHUTDOWN_ERROR_H_
#define LASTACK_CASES_HALF_CLOSE_SHUTDOWN_ERROR_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case HalfCloseShutdownInterrupted();
[[nodiscard]] Case HalfCloseShutdownNotConnected();

}  // namespace lastack

#endif  // LASTACK_CASES_HALF_CLOSE_SHUTDOWN_ERROR_H_
