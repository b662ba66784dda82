// `lastack list` and `lastack explain`: the catalog, from its data.
#ifndef LASTACK_TOOLS_CLI_CATALOG_COMMANDS_H_
#define LASTACK_TOOLS_CLI_CATALOG_COMMANDS_H_

#include "tools/cli/command.h"

namespace lastack {

int RunList(const Invocation& invocation);
int RunExplain(const Invocation& invocation);

}  // namespace lastack

#endif  // LASTACK_TOOLS_CLI_CATALOG_COMMANDS_H_
