#ifndef LASTACK_CASES_LINGER_NO_ABORT_BY_DEFAULT_H_
#define LASTACK_CASES_LINGER_NO_ABORT_BY_DEFAULT_H_

#include "cases/case.h"

namespace lastack {

// An ordinary close is not made abortive by SO_LINGER {on, 0}.
[[nodiscard]] Case LingerNoAbortByDefault();

}  // namespace lastack

#endif  // LASTACK_CASES_LINGER_NO_ABORT_BY_DEFAULT_H_
