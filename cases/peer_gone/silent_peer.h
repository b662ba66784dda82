// peer-gone/silent-peer: a peer that says nothing more, and does not end, does not hold the subject for ever, nor is it
// taken for one that has ended.
#ifndef LASTACK_CASES_PEER_GONE_SILENT_PEER_H_
#define LASTACK_CASES_PEER_GONE_SILENT_PEER_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case PeerGoneSilentPeer();

}  // namespace lastack

#endif  // LASTACK_CASES_PEER_GONE_SILENT_PEER_H_
