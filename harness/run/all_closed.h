// Whether a subject that lives on is done with its connections, as far as its trace tells so far.
#ifndef LASTACK_HARNESS_RUN_ALL_CLOSED_H_
#define LASTACK_HARNESS_RUN_ALL_CLOSED_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "harness/trace/trace.h"

namespace lastack {

// No living process holds a connection with the peer at `peer_port` (0: none but the accepted ones count), nor is one
// about to get copies by a fork that is under way. `living` is asked for the subject's processes only where it matters.
// Pure but for that.
[[nodiscard]] bool AllClosed(const Trace& trace, uint16_t peer_port, const std::function<std::vector<int>()>& living);

}  // namespace lastack

#endif  // LASTACK_HARNESS_RUN_ALL_CLOSED_H_
