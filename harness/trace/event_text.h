// One event in words, as strace(1) would write it.
//
//   DescribeEvent(traced)    close(5) = -1 EINTR  [injected: decoy, posix]
//                            recv(5, 4096 bytes) (did not return)
//                            close_range closed 5
//
// A pure function of the event: no times and no process numbers, so that equal events of two runs read alike.
// Threads: safe. Not async-signal-safe; allocates.
#ifndef LASTACK_HARNESS_TRACE_EVENT_TEXT_H_
#define LASTACK_HARNESS_TRACE_EVENT_TEXT_H_

#include <string>

#include "harness/trace/event.h"
#include "harness/trace/trace.h"

namespace lastack {

// In three columns; the last two may be empty.
struct EventText {
  std::string what;     // close(5)
  std::string outcome;  // = -1 EINTR
  std::string notes;    // [injected: decoy, posix]
};

[[nodiscard]] EventText TextOf(const Event& event);
[[nodiscard]] std::string DescribeEvent(const TracedEvent& traced);

// 127.0.0.1:8080, of an address word (event.h).
[[nodiscard]] std::string AddressText(uint64_t word);

}  // namespace lastack

#endif  // LASTACK_HARNESS_TRACE_EVENT_TEXT_H_
