// linger/time-wait-respected: a server starts again on its port by SO_REUSEADDR, and not because it aborts its
// connections.
#ifndef LASTACK_CASES_LINGER_TIME_WAIT_RESPECTED_H_
#define LASTACK_CASES_LINGER_TIME_WAIT_RESPECTED_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case LingerTimeWaitRespected();

}  // namespace lastack

#endif  // LASTACK_CASES_LINGER_TIME_WAIT_RESPECTED_H_
