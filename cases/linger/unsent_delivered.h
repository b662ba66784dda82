// linger/unsent-delivered, linger/exit-after-close: what was accepted for sending reaches a peer that reads late, then
// FIN.
#ifndef LASTACK_CASES_LINGER_UNSENT_DELIVERED_H_
#define LASTACK_CASES_LINGER_UNSENT_DELIVERED_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case LingerUnsentDelivered();
// The same where the process ends right after its close.
[[nodiscard]] Case LingerExitAfterClose();

}  // namespace lastack

#endif  // LASTACK_CASES_LINGER_UNSENT_DELIVERED_H_
