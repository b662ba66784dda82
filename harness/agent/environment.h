// Keeps the agent in the programs that the subject starts, also when it hands them an environment without it.
#ifndef LASTACK_HARNESS_AGENT_ENVIRONMENT_H_
#define LASTACK_HARNESS_AGENT_ENVIRONMENT_H_

#include <stddef.h>

namespace lastack {

// At start: remembers the agent's own path and the trace file's, and returns the latter; nullptr if there is none. It
// calls nothing in libc: a first call costs more than all that is done here.
const char* KeepEnvironment();

// `environment` with the two variables put right where they are missing: LD_PRELOAD keeps what else is in it, behind
// the agent. If nothing is missing (EnvironmentSpace is 0), that is `environment` itself; else it is built in `space`,
// which holds EnvironmentSpace(environment) bytes.
size_t EnvironmentSpace(char* const* environment);
char* const* EnvironmentWithAgent(char* const* environment, void* space);

}  // namespace lastack

#endif  // LASTACK_HARNESS_AGENT_ENVIRONMENT_H_
