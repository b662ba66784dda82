// Keeps the agent in the programs that the subject starts, also when it hands them an environment without it.
#ifndef LASTACK_HARNESS_AGENT_ENVIRONMENT_H_
#define LASTACK_HARNESS_AGENT_ENVIRONMENT_H_

#include <stddef.h>

namespace lastack {

// At start: remembers the trace file's path and LD_PRELOAD.
void KeepEnvironment(const char* trace_path);

// `environment` with the two variables put back where they are missing, or `environment` itself. A new array is built in
// `space`, which holds EnvironmentSpace(environment) pointers.
size_t EnvironmentSpace(char* const* environment);
char* const* EnvironmentWithAgent(char* const* environment, char** space);

}  // namespace lastack

#endif  // LASTACK_HARNESS_AGENT_ENVIRONMENT_H_
