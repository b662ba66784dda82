// A trace as text, for people: what `lastack trace` prints.
//
//   fd 5 of process 4711: tcp, connected to 127.0.0.1:8080 from port 40112, closed at 14.002 ms
//        0.012 ms  socket(AF_INET, SOCK_STREAM)                 = 5
//        0.050 ms  connect(5, 127.0.0.1:8080)                   = -1 EINPROGRESS  [from port 40112]
//        0.200 ms  setsockopt(5, SOL_SOCKET, SO_LINGER, {1, 5}) = 0
//        0.400 ms  recv × 812, 1,048,576 bytes, poll × 811, until 13.102 ms
//       14.002 ms  close(5)                                     = -1 EINTR  [injected: full, posix]
//
// Socket by socket, by birth; then process by process what concerns no socket; then what was not seen. One line an
// event, but long runs of receives, or of sends, on one descriptor are counted, and so is what is repeated unchanged.
// Times are since the start of the run.
//
// Pure. Threads: safe. Allocates.
#ifndef LASTACK_HARNESS_TRACE_TIMELINE_H_
#define LASTACK_HARNESS_TRACE_TIMELINE_H_

#include <string>

#include "harness/trace/event_text.h"
#include "harness/trace/ledger.h"
#include "harness/trace/trace.h"

namespace lastack {

// `ledger` must be that of `trace`.
[[nodiscard]] std::string FormatTimeline(const Trace& trace, const Ledger& ledger);

}  // namespace lastack

#endif  // LASTACK_HARNESS_TRACE_TIMELINE_H_
