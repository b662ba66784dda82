#include "harness/agent/environment.h"

#include <string.h>
#include <unistd.h>

#include "harness/trace/trace_file.h"

namespace lastack {
namespace {

constexpr char kPreloadVariable[] = "LD_PRELOAD";
constexpr char kPreload[] = "LD_PRELOAD=";
constexpr size_t kPreloadLength = sizeof(kPreload) - 1;
constexpr size_t kLongest = 1024;
constexpr char kFileName[] = "liblastack_agent";  // as the runner names the file

char trace_variable[kLongest];  // "LASTACK_TRACE=/path"
char agent_path[kLongest];

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

// Where the text goes on behind `prefix`; nullptr if it does not start so.
const char* Behind(const char* prefix, const char* text) {
  while (*prefix != 0 && *prefix == *text) ++prefix, ++text;
  return *prefix == 0 ? text : nullptr;
}

// The value of a variable, or nullptr.
const char* Value(const char* name) {
  for (char* const* variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const char* const end = Behind(name, *variable);
    if (end != nullptr && *end == '=') return end + 1;
  }
  return nullptr;
}

// ld.so(8): what stands between the entries of LD_PRELOAD.
constexpr bool EndsEntry(char c) { return c == 0 || c == ':' || c == ' '; }
constexpr bool EndsValue(char c) { return c == 0; }

// Our own entry of the list, or nullptr. dladdr(3) would know it, too, and take as long as all else here.
const char* OwnEntry(const char* list) {
  const char* entry = list;
  for (const char* at = list; at != nullptr && *at != 0; ++at) {
    if (EndsEntry(*at)) entry = at + 1;
    if (Behind(kFileName, at) != nullptr) return entry;
  }
  return nullptr;
}

// Copies up to where the text ends; false if there is no room for it.
template <typename Ends>
bool Copy(const char* from, Ends ends, char (&to)[kLongest]) {
  for (size_t i = 0; i < kLongest; ++i) {
    to[i] = ends(from[i]) ? '\0' : from[i];
    if (to[i] == 0) return true;
  }
  return false;
}

}  // namespace

const char* KeepEnvironment() {
  const char* const path = Value(kTraceVariable);
  const char* const entry = OwnEntry(Value(kPreloadVariable));
  if (path == nullptr || entry == nullptr) return path;
  const char* const variable = path - sizeof(kTraceVariable);
  if (!Copy(variable, EndsValue, trace_variable) || !Copy(entry, EndsEntry, agent_path)) agent_path[0] = 0;
  return path;
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
