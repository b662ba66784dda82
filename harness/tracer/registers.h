// The registers of a stopped thread at a system call: the one place that knows the architecture.
//
// Threads: the tracing thread only; the traced thread must be stopped. Allocation: none.
// Source: ptrace(2), syscall(2) "Architecture calling conventions".
#ifndef LASTACK_HARNESS_TRACER_REGISTERS_H_
#define LASTACK_HARNESS_TRACER_REGISTERS_H_

#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/user.h>

namespace lastack {

#if !defined(__x86_64__)
#error "the tracer knows no registers of this architecture: write this file for it"
#endif

class Registers {
 public:
  // False if the thread is gone.
  [[nodiscard]] static bool Read(pid_t thread, Registers* registers) {
    return ptrace(PTRACE_GETREGS, thread, nullptr, &registers->regs_) == 0;
  }
  void Write(pid_t thread) { ptrace(PTRACE_SETREGS, thread, nullptr, &regs_); }

  long number() const { return static_cast<long>(regs_.orig_rax); }
  void set_number(long number) { regs_.orig_rax = static_cast<uint64_t>(number); }
  uint64_t argument(int index) const { return *const_cast<Registers*>(this)->ArgumentPlace(index); }
  void set_argument(int index, uint64_t value) { *ArgumentPlace(index) = value; }
  int64_t result() const { return static_cast<int64_t>(regs_.rax); }  // as the kernel gives it: -errno for failure
  void set_result(int64_t result) { regs_.rax = static_cast<uint64_t>(result); }
  uint64_t instruction() const { return regs_.rip; }
  uint64_t stack() const { return regs_.rsp; }

  // At the stop before a call: the call is not made, and the thread finds `result`.
  void Skip(int64_t result) {
    set_number(-1);
    set_result(result);
  }

  // At the stop after a call: the thread makes another one when it goes on, from the same instruction.
  void CallAgain(long number) {
    regs_.rip -= 2;  // the length of `syscall`
    regs_.rax = static_cast<uint64_t>(number);
  }

 private:
  uint64_t* ArgumentPlace(int index) {
    using Word = decltype(regs_.rdi);
    static constexpr Word user_regs_struct::*kPlaces[] = {&user_regs_struct::rdi, &user_regs_struct::rsi, &user_regs_struct::rdx,
                                                          &user_regs_struct::r10, &user_regs_struct::r8,  &user_regs_struct::r9};
    return reinterpret_cast<uint64_t*>(&(regs_.*kPlaces[index]));
  }

  user_regs_struct regs_{};
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_TRACER_REGISTERS_H_
