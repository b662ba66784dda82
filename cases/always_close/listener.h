#ifndef LASTACK_CASES_ALWAYS_CLOSE_LISTENER_H_
#define LASTACK_CASES_ALWAYS_CLOSE_LISTENER_H_

#include "cases/case.h"

namespace lastack {

// A server that was stopped can start again at once on its port.
[[nodiscard]] Case AlwaysCloseListener();

}  // namespace lastack

#endif  // LASTACK_CASES_ALWAYS_CLOSE_LISTENER_H_
