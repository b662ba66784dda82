// peer-gone/sigpipe-left-alone: a library does not change what SIGPIPE does to the process that it is a guest of.
#ifndef LASTACK_CASES_PEER_GONE_SIGPIPE_LEFT_ALONE_H_
#define LASTACK_CASES_PEER_GONE_SIGPIPE_LEFT_ALONE_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case PeerGoneSigpipeLeftAlone();

}  // namespace lastack

#endif  // LASTACK_CASES_PEER_GONE_SIGPIPE_LEFT_ALONE_H_
