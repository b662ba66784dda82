// peer-gone/no-spin: a connection that has ended does not keep a process busy.
#ifndef LASTACK_CASES_PEER_GONE_NO_SPIN_H_
#define LASTACK_CASES_PEER_GONE_NO_SPIN_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case PeerGoneNoSpin();

}  // namespace lastack

#endif  // LASTACK_CASES_PEER_GONE_NO_SPIN_H_
