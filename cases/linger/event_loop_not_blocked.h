// linger/event-loop-not-blocked: no SO_LINGER {on, n} where its wait in close would stall other connections.
#ifndef LASTACK_CASES_LINGER_EVENT_LOOP_NOT_BLOCKED_H_
#define LASTACK_CASES_LINGER_EVENT_LOOP_NOT_BLOCKED_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case LingerEventLoopNotBlocked();

}  // namespace lastack

#endif  // LASTACK_CASES_LINGER_EVENT_LOOP_NOT_BLOCKED_H_
