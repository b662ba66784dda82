// check-close/error-returned: the library's close hands the error of close(2) to its caller.
#ifndef LASTACK_CASES_CHECK_CLOSE_ERROR_RETURNED_H_
#define LASTACK_CASES_CHECK_CLOSE_ERROR_RETURNED_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case CheckCloseErrorReturned();

}  // namespace lastack

#endif  // LASTACK_CASES_CHECK_CLOSE_ERROR_RETURNED_H_
