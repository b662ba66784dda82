// The places of an audit outside the report: a directory for what must be executable (the agent, the subject's home and
// temporary files) and one for what must be fast (traces). Both are removed with all they hold when the object dies.
//
// Threads: one owner. Allocates. A forked child that ends by _exit(2) leaves the directories to its parent.
#ifndef LASTACK_HARNESS_RUN_SCRATCH_H_
#define LASTACK_HARNESS_RUN_SCRATCH_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace lastack {

// Less than this free in /dev/shm does not hold an audit's traces: a page that finds no memory kills the subject.
inline constexpr uint64_t kSharedMemoryMegabytes = 64;

class Scratch {
 public:
  // The agent goes to the first of $TMPDIR, /tmp, /var/tmp and /dev/shm from which files can be executed and whose name
  // LD_PRELOAD can carry (no space, no colon); traces go to /dev/shm, for its speed, if
  // kSharedMemoryMegabytes are free there, else to the same place.
  // FailedPreconditionError names what was tried and the remedy.
  [[nodiscard]] static absl::StatusOr<Scratch> Create();

  Scratch(Scratch&& other) noexcept;
  Scratch& operator=(Scratch&& other) noexcept;
  ~Scratch();

  const std::string& agent() const { return agent_; }  // path of the agent's file
  const std::string& home() const { return home_; }    // an empty directory

  // A new directory for one run's trace. Its name cannot be guessed or listed by others; root's can be entered by all
  // who know it, because what root starts may become somebody else.
  [[nodiscard]] absl::StatusOr<std::string> NewTraceDirectory() const;

 private:
  Scratch() = default;

  std::string base_;
  std::string agent_;
  std::string home_;
  std::string fast_;
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_RUN_SCRATCH_H_
