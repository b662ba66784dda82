// Starts one subject, bounds it, and ends everything that it started.
//
// The subject gets a process group of its own, a clean environment, its output collected up to a limit (the rest is
// read and counted, so that a flood neither blocks it nor fills our memory), no standard input, and a deadline. When it
// ends, or the deadline passes, every descendant is killed and reaped: the calling process becomes a child subreaper
// (PR_SET_CHILD_SUBREAPER), so that daemons that detach come back to it. Call it in a process that has no other
// children; Isolated (isolate.h) makes such a process.
//
//   LaunchOptions options;
//   options.argv = {"curl", "-sS", url};
//   options.environment = {{"PATH", "/usr/bin:/bin"}};
//   absl::StatusOr<SubjectExit> exit = Launch(options);
//   if (exit.ok() && exit->how == SubjectExit::How::kTimedOut) ...
//
// io_uring_setup answers ENOSYS in the subject (seccomp; implies no_new_privs), so that programs fall back to calls
// that can be seen.
//
// Threads: call it before the process has threads; `on_started` may start some. The subject dies with the thread that
// called. Allocates. Sources: prctl(2), setpgid(2), seccomp(2), wait(2), system(3).
#ifndef LASTACK_HARNESS_RUN_LAUNCHER_H_
#define LASTACK_HARNESS_RUN_LAUNCHER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "harness/run/find_program.h"

namespace lastack {

class Tracer;

struct LaunchOptions {
  // argv[0]: a path, relative to our own working directory, or looked up in the PATH of `environment` (without one:
  // /bin:/usr/bin). The subject sees it as it is written here.
  std::vector<std::string> argv;
  std::vector<std::pair<std::string, std::string>> environment;  // all of it
  std::string directory;                                         // working directory; empty: ours
  absl::Duration timeout = absl::Seconds(10);                    // absl::InfiniteDuration(): none
  uint64_t output_limit = 1 << 20;                               // kept bytes, of each stream
  // `inject` and `trace`: the subject uses our terminal; nothing is collected. It stays in our process group, so that
  // Ctrl-C reaches it; meanwhile we ignore SIGINT and SIGQUIT, as system(3) does, and live to report its end.
  bool inherit_stdio = false;
  // A driver: its descriptors 0 and 1, which stay the caller's. Its `out` is not collected then.
  int in = -1;
  int out = -1;
  // A server: the run ends when nothing of the subject is alive, not when its first process ends, as a daemon's does.
  bool until_all_ended = false;
  unsigned descriptor_limit = 0;     // how many descriptors a process of the subject may have; 0: as many as we
  bool strangers = false;            // the subject inherits sockets that are not its own (strangers.h)
  Tracer* tracer = nullptr;          // follows the subject, from its exec on
  std::function<void()> on_started;  // in the caller, when the program has been executed
};

struct SubjectExit {
  enum class How : uint8_t { kExited, kSignaled, kTimedOut };
  How how = How::kExited;
  int status = 0;   // exit status, of kExited
  int signal = 0;   // of kSignaled
  std::string out;  // the first output_limit bytes of each stream
  std::string err;
  uint64_t out_bytes = 0;  // all that was written
  uint64_t err_bytes = 0;
  uint64_t ended_ns = 0;  // CLOCK_MONOTONIC when it was seen to be dead; with until_all_ended: all of it
  uint64_t duration_ns = 0;
  int survivors_killed = 0;  // descendants that were still alive when it ended, or at the deadline; not itself
};

// NotFoundError: no such program. PermissionDeniedError: not executable. InvalidArgumentError: not a program (ENOEXEC),
// no such directory. Their messages name the program and the remedy. FailedPreconditionError: it must be traced, and
// may not be. InternalError: our own failure.
[[nodiscard]] absl::StatusOr<SubjectExit> Launch(const LaunchOptions& options);

}  // namespace lastack

#endif  // LASTACK_HARNESS_RUN_LAUNCHER_H_
