// The rows of `interrupted`: EINTR and short transfers that must change nothing.
#ifndef LASTACK_CASES_INTERRUPTED_INTERRUPTIONS_H_
#define LASTACK_CASES_INTERRUPTED_INTERRUPTIONS_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case InterruptedSend();
[[nodiscard]] Case InterruptedRecv();
[[nodiscard]] Case InterruptedConnect();
[[nodiscard]] Case InterruptedPoll();
[[nodiscard]] Case InterruptedEpoll();
[[nodiscard]] Case InterruptedPartialSend();
[[nodiscard]] Case InterruptedShortRecv();

}  // namespace lastack

#endif  // LASTACK_CASES_INTERRUPTED_INTERRUPTIONS_H_
