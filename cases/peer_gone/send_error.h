// The rows about a send that fails because the peer is gone.
#ifndef LASTACK_CASES_PEER_GONE_SEND_ERROR_H_
#define LASTACK_CASES_PEER_GONE_SEND_ERROR_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case PeerGoneResetOnSendReported();
[[nodiscard]] Case PeerGoneEpipeReported();
[[nodiscard]] Case PeerGoneSigpipeSurvivedInjected();
// interrupted/partial-send-then-reset: the send that fails goes on with one that was short.
[[nodiscard]] Case InterruptedPartialSendThenReset();

}  // namespace lastack

#endif  // LASTACK_CASES_PEER_GONE_SEND_ERROR_H_
