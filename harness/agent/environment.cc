#include "harness/agent/environment.h"

#include <stdlib.h>
#include <string.h>

#include "harness/trace/trace_file.h"

namespace lastack {
namespace {

constexpr char kPreload[] = "LD_PRELOAD=";
constexpr size_t kLongest = 1024;

char trace_variable[kLongest];    // "LASTACK_TRACE=/path"
char preload_variable[kLongest];  // "LD_PRELOAD=/path/agent.so"

void Join(char* to, const char* name, const char* equals, const char* value) {
  if (strlen(name) + strlen(equals) + strlen(value) >= kLongest) return;
  strcpy(to, name);
  strcat(to, equals);
  strcat(to, value);
}

// Whether the environment has a variable of the same name as `variable` ("NAME=value") with our value in it.
bool Has(char* const* environment, const char* variable, bool list) {
  const size_t name = static_cast<size_t>(strchr(variable, '=') - variable) + 1;
  for (; *environment != nullptr; ++environment) {
    if (strncmp(*environment, variable, name) != 0) continue;
    return list ? strstr(*environment + name, variable + name) != nullptr : strcmp(*environment, variable) == 0;
  }
  return false;
}

bool Complete(char* const* environment) {
  return Has(environment, trace_variable, false) && Has(environment, preload_variable, true);
}

}  // namespace

void KeepEnvironment(const char* trace_path) {
  Join(trace_variable, kTraceVariable, "=", trace_path);
  const char* preload = getenv("LD_PRELOAD");
  if (preload != nullptr) Join(preload_variable, kPreload, "", preload);
}

size_t EnvironmentSpace(char* const* environment) {
  size_t count = 0;
  while (environment != nullptr && environment[count] != nullptr) ++count;
  return count + 3;
}

char* const* EnvironmentWithAgent(char* const* environment, char** space) {
  static char* const none[] = {nullptr};
  if (environment == nullptr) environment = none;
  if (trace_variable[0] == 0 || preload_variable[0] == 0 || Complete(environment)) return environment;
  char** out = space;
  for (; *environment != nullptr; ++environment) {
    const bool ours = strncmp(*environment, trace_variable, sizeof(kTraceVariable)) == 0 ||
                      strncmp(*environment, kPreload, sizeof(kPreload) - 1) == 0;
    if (!ours) *out++ = *environment;
  }
  *out++ = trace_variable;
  *out++ = preload_variable;
  *out = nullptr;
  return space;
}

}  // namespace lastack
