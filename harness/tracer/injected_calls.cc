#include "harness/tracer/injected_calls.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lastack {
namespace {

const Registers& Completed(pid_t thread, Registers& registers) {
  registers.Complete(thread);
  return registers;
}

}  // namespace

InjectedCalls::InjectedCalls(pid_t thread, Registers& registers)
    : thread_(thread), registers_(registers), own_(Completed(thread, registers)) {
  const uint64_t all = ~uint64_t{0};
  ptrace(PTRACE_GETSIGMASK, thread_, sizeof(mask_), &mask_);
  ptrace(PTRACE_SETSIGMASK, thread_, sizeof(all), &all);
}

InjectedCalls::~InjectedCalls() {
  if (ended_) return;
  ptrace(PTRACE_SETSIGMASK, thread_, sizeof(mask_), &mask_);
  if (stopped_) syscall(SYS_tkill, thread_, SIGSTOP);
}

// Runs to the next stop at a call's entry (by the filter), or at a call's begin or end.
bool InjectedCalls::NextStop(bool to_entry) {
  for (;;) {
    if (ptrace(to_entry ? PTRACE_CONT : PTRACE_SYSCALL, thread_, nullptr, nullptr) != 0) return false;
    pid_t waited;
    do {
      waited = waitpid(thread_, &status_, __WALL);
    } while (waited < 0 && errno == EINTR);
    if (waited != thread_ || !WIFSTOPPED(status_)) {
      ended_ = true;
      return false;
    }
    const bool at_entry = status_ >> 16 == PTRACE_EVENT_SECCOMP;
    if (to_entry ? at_entry : WSTOPSIG(status_) == (SIGTRAP | 0x80)) return true;
    stopped_ = stopped_ || (!at_entry && WSTOPSIG(status_) == SIGSTOP);  // all others are blocked, or kill
  }
}

bool InjectedCalls::Make(long number, std::initializer_list<uint64_t> arguments, int64_t* result) {
  Registers call = own_;
  int index = 0;
  for (const uint64_t argument : arguments) call.set_argument(index++, argument);
  if (before_) {
    call.set_number(number);
    call.Write(thread_);
  } else {
    call.CallAgain(number);
    call.Write(thread_);
    if (!NextStop(false)) return false;
  }
  if (!NextStop(false)) return false;
  before_ = false;
  Registers after;
  if (!Registers::Read(thread_, &after)) return false;
  *result = after.result();
  return true;
}

void InjectedCalls::Return(int64_t result) {
  registers_ = own_;
  registers_.set_result(result);
  registers_.Write(thread_);
}

bool InjectedCalls::MakeOwn() {
  if (before_) return true;
  Registers again = own_;
  again.CallAgain(own_.number());
  again.Write(thread_);
  if (!NextStop(true)) return false;
  before_ = true;
  return Registers::Read(thread_, &registers_);
}

}  // namespace lastack
