// Lets a stopped thread make calls of ours, between the moment when it entered a call of its own and the moment when
// that begins, or is over. All signals wait meanwhile.
//
//   InjectedCalls calls(thread.tid, registers);          // at the stop before its own call
//   int64_t fd;
//   if (calls.Make(SYS_eventfd2, {0, EFD_CLOEXEC}, &fd) && ...
//   calls.Return(0);                                      // instead of its own call; or calls.MakeOwn()
//
// Threads: the tracing thread. Allocation: none. Source: ptrace(2) "Syscall-stops"; the kernel looks at a changed
// number anew, and does not stop there twice (seccomp(2)).
#ifndef LASTACK_HARNESS_TRACER_INJECTED_CALLS_H_
#define LASTACK_HARNESS_TRACER_INJECTED_CALLS_H_

#include <stdint.h>
#include <sys/types.h>

#include <initializer_list>

#include "harness/tracer/registers.h"

namespace lastack {

class InjectedCalls {
 public:
  InjectedCalls(pid_t thread, Registers& registers);
  InjectedCalls(const InjectedCalls&) = delete;
  InjectedCalls& operator=(const InjectedCalls&) = delete;
  ~InjectedCalls();

  // False if the thread is gone. `result` as the kernel gives it.
  [[nodiscard]] bool Make(long number, std::initializer_list<uint64_t> arguments, int64_t* result);

  // The thread's own call is not made any more, and returns `result`: the thread is at the stop after it.
  void Return(int64_t result);
  // The thread is again at the stop before its own call. False if it is gone.
  [[nodiscard]] bool MakeOwn();

  // The thread has ended meanwhile: its status as waitpid(2) gives it.
  bool ended() const { return ended_; }
  int status() const { return status_; }

 private:
  bool NextStop(bool to_entry);

  const pid_t thread_;
  Registers& registers_;  // as the thread's own call needs them
  const Registers own_;
  uint64_t mask_ = 0;
  bool before_ = true;  // at the stop before a call, not after it
  bool ended_ = false;
  bool stopped_ = false;  // it was told to stop (SIGSTOP), which waits until we are done
  int status_ = 0;
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_TRACER_INJECTED_CALLS_H_
