// always-close/no-use-after: a socket is not used after its close.
#ifndef LASTACK_CASES_ALWAYS_CLOSE_NO_USE_AFTER_H_
#define LASTACK_CASES_ALWAYS_CLOSE_NO_USE_AFTER_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case AlwaysCloseNoUseAfter();

}  // namespace lastack

#endif  // LASTACK_CASES_ALWAYS_CLOSE_NO_USE_AFTER_H_
