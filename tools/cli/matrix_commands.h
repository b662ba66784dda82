// `lastack audit --matrix` and `lastack matrix`: many subjects, side by side.
#ifndef LASTACK_TOOLS_CLI_MATRIX_COMMANDS_H_
#define LASTACK_TOOLS_CLI_MATRIX_COMMANDS_H_

#include "tools/cli/command.h"

namespace lastack {

// Audits the subjects of --matrix one after the other, each into a folder of its own below --out, and compares them.
int RunAuditMatrix(const Invocation& invocation);

// Compares audits that were made before, from their results.json.
int RunMatrix(const Invocation& invocation);

}  // namespace lastack

#endif  // LASTACK_TOOLS_CLI_MATRIX_COMMANDS_H_
