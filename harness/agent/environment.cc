#include "harness/agent/environment.h"

#include <stdlib.h>
#include <string.h>

#include "harness/trace/trace_file.h"

namespace lastack {
namespace {

constexpr char kPreload[] = "LD_PRELOAD=";
constexpr size_t kPreloadLength = sizeof(kPreload) - 1;
constexpr size_t kLongest = 1024;
constexpr char kFileName[] = "liblastack_agent";  // as the runner names the file

char trace_variable[kLongest];  // "LASTACK_TRACE=/path"
char agent_path[kLongest];

void Append(char* to, const char* text) {
  if (strlen(to) + strlen(text) < kLongest) strcat(to, text);
}

bool IsTrace(const char* variable) { return strncmp(variable, trace_variable, sizeof(kTraceVariable)) == 0; }
bool IsPreload(const char* variable) { return strncmp(variable, kPreload, kPreloadLength) == 0; }

bool Complete(char* const* environment) {
  bool traced = false;
  bool preloaded = false;
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    if (IsTrace(*environment)) traced = strcmp(*environment, trace_variable) == 0;
    if (IsPreload(*environment)) preloaded = strstr(*environment, agent_path) != nullptr;
  }
  return traced && preloaded;
}

}  // namespace

void KeepEnvironment(const char* trace_path) {
  // Our own entry of the list. dladdr(3) would know it, too, and take as long as all else here.
  const char* const list = getenv("LD_PRELOAD");
  const char* entry = list == nullptr ? nullptr : strstr(list, kFileName);
  if (entry == nullptr) return;
  while (entry > list && entry[-1] != ':' && entry[-1] != ' ') --entry;
  const size_t length = strcspn(entry, ": ");
  if (length >= kLongest) return;
  memcpy(agent_path, entry, length);
  Append(trace_variable, kTraceVariable);
  Append(trace_variable, "=");
  Append(trace_variable, trace_path);
}

size_t EnvironmentSpace(char* const* environment) {
  if (agent_path[0] == 0 || Complete(environment)) return 0;
  size_t count = 0;
  size_t theirs = 0;
  for (; environment != nullptr && environment[count] != nullptr; ++count) {
    if (IsPreload(environment[count])) theirs = strlen(environment[count]);
  }
  return (count + 3) * sizeof(char*) + kPreloadLength + strlen(agent_path) + theirs + 2;
}

char* const* EnvironmentWithAgent(char* const* environment, void* space) {
  if (EnvironmentSpace(environment) == 0) return environment;
  size_t count = 0;
  while (environment != nullptr && environment[count] != nullptr) ++count;
  auto** const variables = static_cast<char**>(space);
  auto* const preload = reinterpret_cast<char*>(variables + count + 3);
  strcpy(preload, kPreload);
  strcat(preload, agent_path);
  char** out = variables;
  for (size_t i = 0; i < count; ++i) {
    if (IsPreload(environment[i])) {
      if (environment[i][kPreloadLength] != 0) strcat(strcat(preload, ":"), environment[i] + kPreloadLength);
    } else if (!IsTrace(environment[i])) {
      *out++ = environment[i];
    }
  }
  *out++ = trace_variable;
  *out++ = preload;
  *out = nullptr;
  return variables;
}

}  // namespace lastack
