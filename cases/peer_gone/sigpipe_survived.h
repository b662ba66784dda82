#ifndef LASTACK_CASES_PEER_GONE_SIGPIPE_SURVIVED_H_
#define LASTACK_CASES_PEER_GONE_SIGPIPE_SURVIVED_H_

#include "cases/case.h"

namespace lastack {

// Sending to a peer that is gone does not end the process that serves others.
[[nodiscard]] Case PeerGoneSigpipeSurvived();

}  // namespace lastack

#endif  // LASTACK_CASES_PEER_GONE_SIGPIPE_SURVIVED_H_
