// The flags of all commands. Which command takes which is part of the command (command.h).
#ifndef LASTACK_TOOLS_CLI_FLAGS_H_
#define LASTACK_TOOLS_CLI_FLAGS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/declare.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "harness/run/observe.h"
#include "tools/cli/command.h"

ABSL_DECLARE_FLAG(std::string, case);
ABSL_DECLARE_FLAG(std::string, profile);
ABSL_DECLARE_FLAG(bool, driver);
ABSL_DECLARE_FLAG(std::optional<absl::Duration>, timeout);  // empty: not given
ABSL_DECLARE_FLAG(int, jobs);
ABSL_DECLARE_FLAG(std::optional<int>, repeat);     // empty: not given
ABSL_DECLARE_FLAG(std::optional<uint32_t>, seed);  // empty: not given
ABSL_DECLARE_FLAG(bool, bazel);
ABSL_DECLARE_FLAG(std::string, out);
ABSL_DECLARE_FLAG(std::string, tier);
ABSL_DECLARE_FLAG(std::string, backend);
ABSL_DECLARE_FLAG(std::string, format);
ABSL_DECLARE_FLAG(std::string, shard);
ABSL_DECLARE_FLAG(std::string, waivers);
ABSL_DECLARE_FLAG(std::string, update_waivers);
ABSL_DECLARE_FLAG(std::string, reason);
ABSL_DECLARE_FLAG(std::string, matrix);
ABSL_DECLARE_FLAG(std::string, notes);
ABSL_DECLARE_FLAG(bool, json);
ABSL_DECLARE_FLAG(bool, strict);
ABSL_DECLARE_FLAG(bool, calls);
ABSL_DECLARE_FLAG(std::string, env);  // the last one: all of them stand in Invocation::environment

namespace lastack {

// Sets the command's flags and returns the rest. InvalidArgumentError names the flag, and the remedy.
[[nodiscard]] absl::StatusOr<Invocation> ParseArguments(const Command& command,
                                                        const std::vector<std::string>& arguments);

// Each `--env=NAME=VALUE`, taken apart.
[[nodiscard]] absl::StatusOr<std::vector<std::pair<std::string, std::string>>> ExtraEnvironment(
    const Invocation& invocation);

// --backend: nullopt for auto.
[[nodiscard]] absl::StatusOr<std::optional<Backend>> ChosenBackend();

// --out, or `by_default`. Started by `bazel run`, we are far from where the user stands: a relative path begins there.
[[nodiscard]] std::string OutPath(const std::string& by_default);

// A flag, for those who describe it.
struct FlagText {
  std::string name;   // "case"
  std::string value;  // if it is not given: "*"; may be empty
  std::string help;
  bool is_switch;  // it takes no value
};
[[nodiscard]] std::vector<FlagText> FlagTexts(const Command& command);

// "  --case=*   ..." for the command's help.
[[nodiscard]] std::string FlagsHelp(const Command& command);

}  // namespace lastack

#endif  // LASTACK_TOOLS_CLI_FLAGS_H_
