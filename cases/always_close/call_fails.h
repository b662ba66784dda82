// The rows of always-close whose stimulus is a call that fails: the socket it was made on is closed all the same.
#ifndef LASTACK_CASES_ALWAYS_CLOSE_CALL_FAILS_H_
#define LASTACK_CASES_ALWAYS_CLOSE_CALL_FAILS_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case AlwaysCloseSetupFails();
[[nodiscard]] Case AlwaysCloseSendFails();
[[nodiscard]] Case AlwaysCloseSendFailsByEpipe();
[[nodiscard]] Case AlwaysCloseShutdownFails();

}  // namespace lastack

#endif  // LASTACK_CASES_ALWAYS_CLOSE_CALL_FAILS_H_
