// The names of errors and signals, as plans, traces, drivers and reports write them.
//
//   ErrnoName(EINTR)               "EINTR"
//   ErrnoName(999)                 "errno 999"
//   ErrnoFromName("EWOULDBLOCK")   EAGAIN: aliases are understood, and never written
//   ErrnoFromName("eintr")         nothing: names are spelled as in the C headers
//   SignalName(SIGTERM)            "SIGTERM"
//   SignalName(34)                 "signal 34": real-time signals have no name
//
// The names are libc's own (strerrorname_np, sigabbrev_np). Threads: safe. Not async-signal-safe; allocates.
#ifndef LASTACK_HARNESS_SYS_ERRNO_NAMES_H_
#define LASTACK_HARNESS_SYS_ERRNO_NAMES_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace lastack {

[[nodiscard]] std::string ErrnoName(int error);
[[nodiscard]] std::optional<int> ErrnoFromName(absl::string_view name);

[[nodiscard]] std::string SignalName(int signal);
[[nodiscard]] std::optional<int> SignalFromName(absl::string_view name);

}  // namespace lastack

#endif  // LASTACK_HARNESS_SYS_ERRNO_NAMES_H_
