// peer-gone/reset-during-drain: a reset where the subject, which has sent its FIN, waits for the peer's.
#ifndef LASTACK_CASES_PEER_GONE_RESET_DURING_DRAIN_H_
#define LASTACK_CASES_PEER_GONE_RESET_DURING_DRAIN_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case PeerGoneResetDuringDrain();

}  // namespace lastack

#endif  // LASTACK_CASES_PEER_GONE_RESET_DURING_DRAIN_H_
