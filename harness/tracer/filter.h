// The seccomp filter that decides which calls stop: those of the call table, and nothing else.
//
// The kernel remembers for each number whether a filter always allows it (Linux 5.11), so that all other calls cost
// next to nothing. Installed by the child before its exec; whoever is not traced finds ENOSYS at the calls that stop.
//
// Source: seccomp(2) "SECCOMP_RET_TRACE".
#ifndef LASTACK_HARNESS_TRACER_FILTER_H_
#define LASTACK_HARNESS_TRACER_FILTER_H_

#include <linux/filter.h>

#include <vector>

namespace lastack {

// PTRACE_GETEVENTMSG at the stop of a call by another architecture's convention (32-bit, x32): its numbers mean other
// calls.
inline constexpr unsigned long kForeignCall = 1;

// io_uring_setup fails with ENOSYS, as under the agent.
[[nodiscard]] std::vector<sock_filter> TracerFilter();

}  // namespace lastack

#endif  // LASTACK_HARNESS_TRACER_FILTER_H_
