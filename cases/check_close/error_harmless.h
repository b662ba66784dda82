// The rows about an error from close that must do no harm.
#ifndef LASTACK_CASES_CHECK_CLOSE_ERROR_HARMLESS_H_
#define LASTACK_CASES_CHECK_CLOSE_ERROR_HARMLESS_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case CheckCloseEintrHarmless();
[[nodiscard]] Case CheckCloseResetTolerated();

}  // namespace lastack

#endif  // LASTACK_CASES_CHECK_CLOSE_ERROR_HARMLESS_H_
