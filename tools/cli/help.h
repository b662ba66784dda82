// The help texts, made from the table of commands, and the commands `help` and `version`.
#ifndef LASTACK_TOOLS_CLI_HELP_H_
#define LASTACK_TOOLS_CLI_HELP_H_

#include <string>

#include "tools/cli/command.h"

namespace lastack {

inline constexpr char kVersion[] = "0.1.0";

// nullptr if there is none.
[[nodiscard]] const Command* FindCommand(const std::string& name);

[[nodiscard]] std::string GeneralHelp();
[[nodiscard]] std::string CommandHelp(const Command& command);

int RunHelp(const Invocation& invocation);
int RunVersion(const Invocation& invocation);

}  // namespace lastack

#endif  // LASTACK_TOOLS_CLI_HELP_H_
