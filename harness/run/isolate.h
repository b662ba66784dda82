// Runs a function in a process of its own and brings back the text that it returns.
//
// One run of a subject is one such process: it is the reaper of all that the subject starts, may use threads, and takes
// nothing with it if it crashes. The parent stays without threads, so that forking is safe.
//
//   absl::StatusOr<Isolated> run = Isolated::Start([&] { return Observe(...); });  // runs now, beside others
//   absl::StatusOr<std::string> text = run->Wait(absl::Seconds(30));               // at the deadline it is killed
//
// Between the parent and the function's process stands a guard, a process that does nothing but wait. Whatever ends the
// function's process (return, crash, deadline, the parent's death, Ctrl-C), the guard, to which all orphans come back,
// then kills every process that descends from it. So nothing outlives a run, and runs beside it are not touched.
//
// Threads: the caller must have none. Buffered stdio output of the caller is flushed. Allocates.
// Sources: prctl(2) PR_SET_CHILD_SUBREAPER, PR_SET_PDEATHSIG; pidfd_open(2).
#ifndef LASTACK_HARNESS_RUN_ISOLATE_H_
#define LASTACK_HARNESS_RUN_ISOLATE_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace lastack {

class Isolated {
 public:
  // `function` returns what Wait gives: a text, or an error with its code and message. An exception that leaves it is a
  // crash. It runs with SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD and SIGPIPE at their defaults.
  [[nodiscard]] static absl::StatusOr<Isolated> Start(const std::function<absl::StatusOr<std::string>()>& function);

  Isolated(Isolated&& other) noexcept;
  Isolated& operator=(Isolated&& other) noexcept;
  ~Isolated();  // kills it and its descendants if it is still running

  // A readable descriptor: poll it to wait for several at once; it is readable when text has come or the process ended.
  // -1 after Wait.
  int descriptor() const { return pipe_; }

  // Afterwards the process and all that it started are gone. InternalError if it died without an answer (with its
  // signal or status); DeadlineExceededError. A second call is a FailedPreconditionError.
  [[nodiscard]] absl::StatusOr<std::string> Wait(absl::Duration timeout);

 private:
  Isolated(int pid, int pipe) : pid_(pid), pipe_(pipe) {}
  void End();

  int pid_ = -1;   // the guard; -1 when it has been reaped
  int pipe_ = -1;  // the answer comes through it
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_RUN_ISOLATE_H_
