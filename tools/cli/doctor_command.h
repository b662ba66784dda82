// `lastack doctor`: what this machine can do.
#ifndef LASTACK_TOOLS_CLI_DOCTOR_COMMAND_H_
#define LASTACK_TOOLS_CLI_DOCTOR_COMMAND_H_

#include "tools/cli/command.h"

namespace lastack {

int RunDoctor(const Invocation& invocation);

}  // namespace lastack

#endif  // LASTACK_TOOLS_CLI_DOCTOR_COMMAND_H_
