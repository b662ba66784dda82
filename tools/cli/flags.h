// The flags of all commands. Which command takes which is part of the command (command.h).
#ifndef LASTACK_TOOLS_CLI_FLAGS_H_
#define LASTACK_TOOLS_CLI_FLAGS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/flags/declare.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tools/cli/command.h"

ABSL_DECLARE_FLAG(std::string, case);
ABSL_DECLARE_FLAG(std::string, profile);
ABSL_DECLARE_FLAG(absl::Duration, timeout);
ABSL_DECLARE_FLAG(int, jobs);
ABSL_DECLARE_FLAG(std::string, out);
ABSL_DECLARE_FLAG(bool, json);
ABSL_DECLARE_FLAG(bool, strict);
ABSL_DECLARE_FLAG(std::string, env);

namespace lastack {

// Sets the command's flags and returns the rest. InvalidArgumentError names the flag, and the remedy. `--env` may be given
// several times.
[[nodiscard]] absl::StatusOr<Invocation> ParseArguments(const Command& command, const std::vector<std::string>& arguments);

// `--env=NAME=VALUE`, each.
[[nodiscard]] absl::StatusOr<std::vector<std::pair<std::string, std::string>>> ExtraEnvironment();

// "  --timeout=10s   ..." for the command's help.
[[nodiscard]] std::string FlagsHelp(const Command& command);

}  // namespace lastack

#endif  // LASTACK_TOOLS_CLI_FLAGS_H_
