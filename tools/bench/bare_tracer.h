// The least that any tracer by ptrace(2) costs on a machine: it stops its subject before and after every call of the
// tracer's filter, looks at nothing, and lets it go on; both on one processor.
#ifndef LASTACK_TOOLS_BENCH_BARE_TRACER_H_
#define LASTACK_TOOLS_BENCH_BARE_TRACER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace lastack {

// What the subject, one process with one thread, wrote to its standard output (at most what a pipe holds). Pins the
// calling thread, and takes the end of any child of its process.
[[nodiscard]] absl::StatusOr<std::string> RunUnderBareTracer(const std::vector<std::string>& argv, int processor);

}  // namespace lastack

#endif  // LASTACK_TOOLS_BENCH_BARE_TRACER_H_
