// Runs a function in a process of its own and brings back the text that it returns.
//
// One run of a subject is one such process: it is the reaper of all that the subject starts, may use threads, and takes
// nothing with it if it crashes. The parent stays without threads, so that forking is safe. A child dies with its parent
// (PR_SET_PDEATHSIG), and its own subject with it.
//
//   Isolated run = Isolated::Start([&] { return Observe(...); });     // runs now, beside others
//   absl::StatusOr<std::string> text = run.Wait(absl::Seconds(30));   // killed, with all its descendants, at the deadline
//
// Threads: the caller must have none. Allocates.
#ifndef LASTACK_HARNESS_RUN_ISOLATE_H_
#define LASTACK_HARNESS_RUN_ISOLATE_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace lastack {

class Isolated {
 public:
  // `function` returns what Wait gives: a text, or an error with its code and message.
  [[nodiscard]] static absl::StatusOr<Isolated> Start(const std::function<absl::StatusOr<std::string>()>& function);

  Isolated(Isolated&& other) noexcept;
  Isolated& operator=(Isolated&& other) noexcept;
  ~Isolated();  // kills it and its descendants if it is still running

  // A readable descriptor: poll it to wait for several at once; it is readable when text has come or the process ended.
  int descriptor() const { return pipe_; }

  // InternalError if the process died without an answer (with its signal or status); DeadlineExceededError.
  [[nodiscard]] absl::StatusOr<std::string> Wait(absl::Duration timeout);

 private:
  Isolated(int pid, int pipe) : pid_(pid), pipe_(pipe) {}

  int pid_ = -1;
  int pipe_ = -1;
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_RUN_ISOLATE_H_
