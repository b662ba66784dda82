#ifndef LASTACK_CASES_PEER_GONE_RESET_ON_RECV_REPORTED_H_
#define LASTACK_CASES_PEER_GONE_RESET_ON_RECV_REPORTED_H_

#include "cases/case.h"

namespace lastack {

// A connection that is reset in the middle of an answer is an error, not the end of the answer.
[[nodiscard]] Case PeerGoneResetOnRecvReported();

}  // namespace lastack

#endif  // LASTACK_CASES_PEER_GONE_RESET_ON_RECV_REPORTED_H_
