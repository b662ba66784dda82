// `lastack audit`.
#ifndef LASTACK_TOOLS_CLI_AUDIT_COMMAND_H_
#define LASTACK_TOOLS_CLI_AUDIT_COMMAND_H_

#include "tools/cli/command.h"

namespace lastack {

int RunAudit(const Invocation& invocation);

}  // namespace lastack

#endif  // LASTACK_TOOLS_CLI_AUDIT_COMMAND_H_
