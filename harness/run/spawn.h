// Starts a program in a child process that inherits nothing but what is given here.
//
// The child has no descriptors beyond the three standard ones (and strangers), all signals at their defaults and
// unblocked, no core dumps, no new privileges, no io_uring (io_uring_setup answers ENOSYS, by seccomp), and dies with
// the thread that called Spawn.
//
// Threads: call it before the process has threads. Allocates. Linux 5.11 or later (close_range with CLOEXEC).
// Sources: execve(2), prctl(2), close_range(2), seccomp(2), setpgid(2).
#ifndef LASTACK_HARNESS_RUN_SPAWN_H_
#define LASTACK_HARNESS_RUN_SPAWN_H_

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace lastack {

class Tracer;

struct SpawnOptions {
  std::string program;                                           // a path; nothing is looked up
  std::vector<std::string> argv;                                 // at least argv[0]
  std::vector<std::pair<std::string, std::string>> environment;  // all of it
  std::string directory;                                         // entered before the exec; empty: ours
  bool own_group = true;                                         // a process group of its own, led by it
  int out = -1;                                                  // becomes its descriptor 1; -1: it inherits ours
  int err = -1;                                                  // likewise descriptor 2
  bool inherit_input = false;                                    // else descriptor 0 is `in`
  int in = -1;                                                   // -1: /dev/null
  unsigned descriptor_limit = 0;                                 // its RLIMIT_NOFILE; 0: ours
  bool strangers = false;                                        // it inherits sockets, too (strangers.h)
  Tracer* tracer = nullptr;                                      // follows it, from the exec on
};

// The process, once execve(2) has succeeded in it. NotFoundError (also: its interpreter), PermissionDeniedError,
// InvalidArgumentError (ENOEXEC, E2BIG, no such directory); FailedPreconditionError where it must be traced and may not
// be; InternalError for our own failures.
[[nodiscard]] absl::StatusOr<pid_t> Spawn(const SpawnOptions& options);

}  // namespace lastack

#endif  // LASTACK_HARNESS_RUN_SPAWN_H_
