#ifndef LASTACK_CASES_ALWAYS_CLOSE_ORDERLY_H_
#define LASTACK_CASES_ALWAYS_CLOSE_ORDERLY_H_

#include "cases/case.h"

namespace lastack {

// Every socket that the subject opened is closed once its exchange is over.
[[nodiscard]] Case AlwaysCloseOrderly();

}  // namespace lastack

#endif  // LASTACK_CASES_ALWAYS_CLOSE_ORDERLY_H_
