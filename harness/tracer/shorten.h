// Shortens what a vector or a message call of a stopped thread may transfer: by a copy in a page of ours, since the
// caller's may be shared or read-only.
//
// Threads: the tracing thread; the traced one must be stopped. Allocation: none.
#ifndef LASTACK_HARNESS_TRACER_SHORTEN_H_
#define LASTACK_HARNESS_TRACER_SHORTEN_H_

#include <stdint.h>
#include <sys/types.h>

namespace lastack {

// Writes to `scratch` an iovec array of at most `limit` bytes' worth of the one at `vector`; returns the number of its
// parts.
uint64_t CopyShortVector(pid_t process, uint64_t vector, uint64_t count, uint64_t limit, uint64_t scratch);

// The same for a msghdr, which is at `scratch` then.
void CopyShortMessage(pid_t process, uint64_t message, uint64_t limit, uint64_t scratch);
// After the call: what the kernel has written into the copy's header reaches the caller's.
void GiveBackMessage(pid_t process, uint64_t scratch, uint64_t message);

}  // namespace lastack

#endif  // LASTACK_HARNESS_TRACER_SHORTEN_H_
