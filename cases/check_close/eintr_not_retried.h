#ifndef LASTACK_CASES_CHECK_CLOSE_EINTR_NOT_RETRIED_H_
#define LASTACK_CASES_CHECK_CLOSE_EINTR_NOT_RETRIED_H_

#include "cases/case.h"

namespace lastack {

// A close that failed with EINTR is not called again with the same number.
[[nodiscard]] Case CheckCloseEintrNotRetried();

}  // namespace lastack

#endif  // LASTACK_CASES_CHECK_CLOSE_EINTR_NOT_RETRIED_H_
