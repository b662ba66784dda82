// Finds a program as execvp(3) would.
//
//   FindProgram("curl", "/usr/local/bin:/usr/bin")    "/usr/bin/curl"
//   FindProgram("./server", "")                       "./server": a name with a slash is not looked up
//
// Threads: any. Allocates.
#ifndef LASTACK_HARNESS_RUN_FIND_PROGRAM_H_
#define LASTACK_HARNESS_RUN_FIND_PROGRAM_H_

#include <string>

#include "absl/status/statusor.h"

namespace lastack {

// Where execvp(3) would find `program` with this PATH; an empty element of it is the working directory.
// NotFoundError: no such program. PermissionDeniedError: found only what may not be executed, or a directory.
// The messages name the program and the remedy.
[[nodiscard]] absl::StatusOr<std::string> FindProgram(const std::string& program, const std::string& path);

}  // namespace lastack

#endif  // LASTACK_HARNESS_RUN_FIND_PROGRAM_H_
