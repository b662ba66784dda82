#ifndef LASTACK_CASES_PEER_GONE_OTHERS_UNHARMED_H_
#define LASTACK_CASES_PEER_GONE_OTHERS_UNHARMED_H_

#include "cases/case.h"

namespace lastack {

// Resets of some clients do not keep others from being served.
[[nodiscard]] Case PeerGoneOthersUnharmed();

}  // namespace lastack

#endif  // LASTACK_CASES_PEER_GONE_OTHERS_UNHARMED_H_
