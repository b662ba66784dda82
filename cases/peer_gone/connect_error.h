// The rows about a connect that fails: the peer refuses.
#ifndef LASTACK_CASES_PEER_GONE_CONNECT_ERROR_H_
#define LASTACK_CASES_PEER_GONE_CONNECT_ERROR_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case PeerGoneConnectErrorReported();
[[nodiscard]] Case AlwaysCloseConnectFails();

}  // namespace lastack

#endif  // LASTACK_CASES_PEER_GONE_CONNECT_ERROR_H_
