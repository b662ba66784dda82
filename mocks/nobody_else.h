// Whether a wait for real descriptors is in vain: whether nobody but the waiting thread could ever make one ready.
//
// That is sure of event loops' own descriptors, by which other threads and signal handlers wake them: eventfds, and
// pipes with both ends in this process, if it has no other thread, no child and no interval timer. Signals that
// somebody sends from outside are left out of account. Threads, signals: no. Allocates.
#ifndef LASTACK_MOCKS_NOBODY_ELSE_H_
#define LASTACK_MOCKS_NOBODY_ELSE_H_

#include <vector>

namespace lastack {

[[nodiscard]] bool NobodyElseWakes(const std::vector<int>& descriptors);

}  // namespace lastack

#endif  // LASTACK_MOCKS_NOBODY_ELSE_H_
