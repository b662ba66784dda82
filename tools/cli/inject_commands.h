// `lastack inject` and `lastack trace`: one run of a program, with its own terminal and environment, without a verdict.
#ifndef LASTACK_TOOLS_CLI_INJECT_COMMANDS_H_
#define LASTACK_TOOLS_CLI_INJECT_COMMANDS_H_

#include "tools/cli/command.h"

namespace lastack {

int RunInject(const Invocation& invocation);
int RunTrace(const Invocation& invocation);

}  // namespace lastack

#endif  // LASTACK_TOOLS_CLI_INJECT_COMMANDS_H_
