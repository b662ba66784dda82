// `lastack platform`: what the document says of the operating system, measured on this one.
#ifndef LASTACK_TOOLS_CLI_PLATFORM_COMMAND_H_
#define LASTACK_TOOLS_CLI_PLATFORM_COMMAND_H_

#include "tools/cli/command.h"

namespace lastack {

int RunPlatform(const Invocation& invocation);

}  // namespace lastack

#endif  // LASTACK_TOOLS_CLI_PLATFORM_COMMAND_H_
