// How we were called, so that the command that repeats a case can be pasted where the user stands.
//
//   LASTACK_PROGRAM   what the user typed to start us, where that is not our argv[0]: set by tools/lastack
//   LASTACK_TARGET    the test whose launcher starts us, by tools/defs.bzl: "//:client_close_test"; of a comparison
//                     "//:clients_{name}", with the name of each subject
//
// Threads: none may run yet at RememberCaller, which changes the environment: no subject finds these variables there.
// Allocates.
#ifndef LASTACK_TOOLS_CLI_REPEAT_H_
#define LASTACK_TOOLS_CLI_REPEAT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace lastack {

// Once, first of all. Started by `bazel run` and by no launcher, we also go to where the user stands: so do the paths
// of the command line.
void RememberCaller(const std::string& argv0);

// "lastack", "tools/lastack", "./bazel-bin/tools/cli/lastack": as one word of the shell.
[[nodiscard]] const std::string& ProgramName();

// The label of the test, {name} replaced; empty: no launcher started us.
[[nodiscard]] std::string TargetName(absl::string_view subject);

// "bazel run //:client_close_test.report -- --case=linger/a", with the flags that say how a subject is run.
[[nodiscard]] std::string RepeatByTarget(const std::string& target, const std::string& case_id);

// Flags that decide a verdict and are no part of how a subject is run: " --waivers=FILE --strict"; empty for none.
[[nodiscard]] std::string JudgingFlags();

}  // namespace lastack

#endif  // LASTACK_TOOLS_CLI_REPEAT_H_
