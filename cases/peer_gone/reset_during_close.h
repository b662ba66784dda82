// peer-gone/reset-during-close: a reset between the last call on a socket and its close does no harm beyond the
// exchange.
#ifndef LASTACK_CASES_PEER_GONE_RESET_DURING_CLOSE_H_
#define LASTACK_CASES_PEER_GONE_RESET_DURING_CLOSE_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case PeerGoneResetDuringClose();

}  // namespace lastack

#endif  // LASTACK_CASES_PEER_GONE_RESET_DURING_CLOSE_H_
