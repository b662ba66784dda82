// peer-gone/truncation-reported: FIN before a promised length is an error.
#ifndef LASTACK_CASES_PEER_GONE_TRUNCATION_REPORTED_H_
#define LASTACK_CASES_PEER_GONE_TRUNCATION_REPORTED_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case PeerGoneTruncationReported();

}  // namespace lastack

#endif  // LASTACK_CASES_PEER_GONE_TRUNCATION_REPORTED_H_
