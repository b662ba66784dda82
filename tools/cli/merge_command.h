// `lastack merge`.
#ifndef LASTACK_TOOLS_CLI_MERGE_COMMAND_H_
#define LASTACK_TOOLS_CLI_MERGE_COMMAND_H_

#include "tools/cli/command.h"

namespace lastack {

int RunMerge(const Invocation& invocation);

}  // namespace lastack

#endif  // LASTACK_TOOLS_CLI_MERGE_COMMAND_H_
