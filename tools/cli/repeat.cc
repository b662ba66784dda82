#include "tools/cli/repeat.h"

#include <stdlib.h>
#include <unistd.h>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "cases/audit.h"
#include "tools/cli/flags.h"

namespace lastack {
namespace {

struct Caller {
  std::string program = "lastack";
  std::string target;
};

Caller& TheCaller() {
  static auto* caller = new Caller();
  return *caller;
}

std::string Taken(const char* variable) {
  const char* value = getenv(variable);
  std::string text = value == nullptr ? "" : value;
  unsetenv(variable);
  return text;
}

}  // namespace

void RememberCaller(const std::string& argv0) {
  const std::string program = Taken("LASTACK_PROGRAM");
  TheCaller() = {.program = ShellLine({program.empty() ? argv0 : program}), .target = Taken("LASTACK_TARGET")};
  const char* stands = getenv("BUILD_WORKING_DIRECTORY");
  if (!TheCaller().target.empty() || stands == nullptr) return;
  // Where that fails, a path of the command line is not found, and an error says so.
  if (chdir(stands) != 0) return;
}

const std::string& ProgramName() { return TheCaller().program; }

std::string TargetName(absl::string_view subject) {
  return absl::StrReplaceAll(TheCaller().target, {{"{name}", subject}});
}

std::string RepeatByTarget(const std::string& target, const std::string& case_id) {
  const std::string backend = absl::GetFlag(FLAGS_backend);
  const std::optional<absl::Duration> timeout = absl::GetFlag(FLAGS_timeout);
  return absl::StrCat("bazel run ", target, ".report -- --case=", case_id,
                      backend == "auto" ? "" : absl::StrCat(" --backend=", backend),
                      timeout.has_value() ? absl::StrCat(" --timeout=", absl::FormatDuration(*timeout)) : "");
}

std::string JudgingFlags() {
  const std::string& written = absl::GetFlag(FLAGS_update_waivers);
  const std::string waivers = written.empty() ? absl::GetFlag(FLAGS_waivers) : written;
  return absl::StrCat(waivers.empty() ? "" : absl::StrCat(" ", ShellLine({absl::StrCat("--waivers=", waivers)})),
                      absl::GetFlag(FLAGS_strict) ? " --strict" : "");
}

}  // namespace lastack
