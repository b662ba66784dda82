// Files that the user names.
#ifndef LASTACK_TOOLS_CLI_READ_FILE_H_
#define LASTACK_TOOLS_CLI_READ_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "reports/results.h"

namespace lastack {

// All of it. Errors (absl::ErrnoToStatus) name the file.
[[nodiscard]] absl::StatusOr<std::string> ReadFile(const std::string& path);

// A results.json. InvalidArgumentError names the file and every place that is wrong.
[[nodiscard]] absl::StatusOr<Results> ReadResults(const std::string& path);

}  // namespace lastack

#endif  // LASTACK_TOOLS_CLI_READ_FILE_H_
