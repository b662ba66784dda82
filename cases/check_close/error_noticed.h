// check-close/error-noticed: an error from close shows somewhere.
#ifndef LASTACK_CASES_CHECK_CLOSE_ERROR_NOTICED_H_
#define LASTACK_CASES_CHECK_CLOSE_ERROR_NOTICED_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case CheckCloseErrorNoticed();

}  // namespace lastack

#endif  // LASTACK_CASES_CHECK_CLOSE_ERROR_NOTICED_H_
