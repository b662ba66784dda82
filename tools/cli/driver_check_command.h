// `lastack driver-check`: whether a driver is written correctly, in words.
#ifndef LASTACK_TOOLS_CLI_DRIVER_CHECK_COMMAND_H_
#define LASTACK_TOOLS_CLI_DRIVER_CHECK_COMMAND_H_

#include "tools/cli/command.h"

namespace lastack {

int RunDriverCheck(const Invocation& invocation);

}  // namespace lastack

#endif  // LASTACK_TOOLS_CLI_DRIVER_CHECK_COMMAND_H_
