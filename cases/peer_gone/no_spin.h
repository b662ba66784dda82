// peer-gone/no-spin: a connection that has ended does not keep a process busy.
#ifndef LASTACK_CASES_PEER_GONE_NO_SPIN_H_
#define LASTACK_CASES_PEER_GONE_NO_SPIN_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case PeerGoneNoSpin();

// The same when the peer ends the connection in order.
[[nodiscard]] Case PeerGoneNoSpinAfterEnd();

inline constexpr Finding kSpinsAfterEnd = {"spins-after-end", "The subject kept asking a connection that had ended."};

// Of connections that the peer has reset: fails by kSpinsAfterEnd, or passes; unexercised if there is none.
[[nodiscard]] Judgement JudgeNoSpin(const Evidence& clean, const Evidence& run);

}  // namespace lastack

#endif  // LASTACK_CASES_PEER_GONE_NO_SPIN_H_
