// The processes below a process: finding them in /proc, and ending them all.
//
//   BecomeReaper();                                      // whatever detaches below us comes back to us
//   ... fork, exec, wait for the main process ...
//   StatusOr<int> killed = EndDescendants(main_process); // afterwards nothing below us exists, dead or alive
//
// A reaper without children has no descendants: that waitpid(2) answers ECHILD is the proof, not the walk through
// /proc. Processes are known by number and start time and signalled through a pidfd, so that a number that has been
// given away in the meantime never costs a stranger its life.
//
// Threads: BecomeReaper and EndDescendants concern the whole process; call them where no other thread waits for
// children. Allocates. Sources: proc(5) "/proc/pid/stat", prctl(2) PR_SET_CHILD_SUBREAPER, pidfd_send_signal(2).
#ifndef LASTACK_HARNESS_RUN_DESCENDANTS_H_
#define LASTACK_HARNESS_RUN_DESCENDANTS_H_

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace lastack {

struct ProcessEntry {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t group = 0;
  uint64_t start_ticks = 0;  // since boot; with the number it is the process's identity
  bool alive = false;        // not a zombie
};

// One line of /proc/<pid>/stat; false if it is none. The program's name may hold spaces, parentheses and newlines.
[[nodiscard]] bool ParseProcessEntry(absl::string_view line, ProcessEntry* entry);

// The living processes below `ancestor`, not itself. A snapshot: what forks meanwhile may be missing.
[[nodiscard]] std::vector<ProcessEntry> LivingDescendants(pid_t ancestor);

// Sends a signal to exactly this process; does nothing if it is gone.
void SignalProcess(const ProcessEntry& process, int signal);

// Makes this process the reaper of all that will descend from it, and lets waitpid(2) see its children even if it was
// started with SIGCHLD ignored. For good.
[[nodiscard]] absl::Status BecomeReaper();

// Kills and reaps everything below this process, which has become a reaper. Returns how many were alive when it began,
// or were born while it worked; `main` is killed like the others but not counted, and so is its process group.
// DeadlineExceededError if something is still there after `patience` (a process in uninterruptible sleep).
[[nodiscard]] absl::StatusOr<int> EndDescendants(pid_t main, absl::Duration patience = absl::Seconds(10));

}  // namespace lastack

#endif  // LASTACK_HARNESS_RUN_DESCENDANTS_H_
