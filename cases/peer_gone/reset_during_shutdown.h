// peer-gone/reset-during-shutdown: a reset between the last send and shutdown does no harm beyond the exchange.
#ifndef LASTACK_CASES_PEER_GONE_RESET_DURING_SHUTDOWN_H_
#define LASTACK_CASES_PEER_GONE_RESET_DURING_SHUTDOWN_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case PeerGoneResetDuringShutdown();

}  // namespace lastack

#endif  // LASTACK_CASES_PEER_GONE_RESET_DURING_SHUTDOWN_H_
