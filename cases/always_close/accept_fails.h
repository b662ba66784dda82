#ifndef LASTACK_CASES_ALWAYS_CLOSE_ACCEPT_FAILS_H_
#define LASTACK_CASES_ALWAYS_CLOSE_ACCEPT_FAILS_H_

#include "cases/case.h"

namespace lastack {

// A server whose accept fails for want of descriptors goes on serving.
[[nodiscard]] Case AlwaysCloseAcceptFails();

// A server whose accept reports that a client went away goes on serving.
[[nodiscard]] Case AlwaysCloseAcceptAborted();

// A server whose accept fails and fails does not spin.
[[nodiscard]] Case AlwaysCloseAcceptSpins();

}  // namespace lastack

#endif  // LASTACK_CASES_ALWAYS_CLOSE_ACCEPT_FAILS_H_
