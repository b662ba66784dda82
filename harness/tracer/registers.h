// The registers of a stopped thread at a system call: the one place that knows the architecture.
//
// Most calls are only looked at: what describes a call comes cheaply (ReadEntry, ReadResult); all registers are fetched
// where they must be written.
//
// Threads: the tracing thread only; the traced thread must be stopped. Allocation: none.
// Source: ptrace(2), syscall(2) "Architecture calling conventions".
#ifndef LASTACK_HARNESS_TRACER_REGISTERS_H_
#define LASTACK_HARNESS_TRACER_REGISTERS_H_

#include <errno.h>
#include <stddef.h>
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
  // Each is false if the thread is gone.
  [[nodiscard]] static bool Read(pid_t thread, Registers* registers) {
    registers->is_complete_ = ptrace(PTRACE_GETREGS, thread, nullptr, &registers->regs_) == 0;
    return registers->is_complete_;
  }
  // At the stop that a filter made before a call: the call, and what the filter says of it (SECCOMP_RET_DATA).
  [[nodiscard]] static bool ReadEntry(pid_t thread, Registers* registers, uint32_t* from_filter) {
    __ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof(info), &info) <= 0 || info.op != PTRACE_SYSCALL_INFO_SECCOMP) {
      return false;
    }
    *registers = {};
    registers->regs_.orig_rax = info.seccomp.nr;
    for (int i = 0; i < kArguments; ++i) registers->regs_.*kPlaces[i] = info.seccomp.args[i];
    registers->regs_.rip = info.instruction_pointer;
    registers->regs_.rsp = info.stack_pointer;
    *from_filter = info.seccomp.ret_data;
    return true;
  }
  // At the stop after the call that these registers made. Its arguments are where they were: a call changes none.
  [[nodiscard]] bool ReadResult(pid_t thread) {
    errno = 0;
    regs_.rax = static_cast<uint64_t>(ptrace(PTRACE_PEEKUSER, thread, offsetof(struct user, regs.rax), nullptr));
    is_complete_ = false;
    changed_ = 0;
    return errno == 0;
  }

  // Fetches what is not known yet. What was set stays set.
  void Complete(pid_t thread) {
    if (is_complete_) return;
    const user_regs_struct known = regs_;
    if (ptrace(PTRACE_GETREGS, thread, nullptr, &regs_) != 0) return;
    is_complete_ = true;
    if ((changed_ & kNumber) != 0) regs_.orig_rax = known.orig_rax;
    if ((changed_ & kResult) != 0) regs_.rax = known.rax;
    for (int i = 0; i < kArguments; ++i) {
      if ((changed_ & kFirstArgument << i) != 0) regs_.*kPlaces[i] = known.*kPlaces[i];
    }
  }
  void Write(pid_t thread) {
    Complete(thread);
    if (is_complete_) ptrace(PTRACE_SETREGS, thread, nullptr, &regs_);
  }

  long number() const { return static_cast<long>(regs_.orig_rax); }
  void set_number(long number) {
    regs_.orig_rax = static_cast<uint64_t>(number);
    changed_ |= kNumber;
  }
  uint64_t argument(int index) const { return regs_.*kPlaces[index]; }
  void set_argument(int index, uint64_t value) {
    regs_.*kPlaces[index] = value;
    changed_ |= kFirstArgument << index;
  }
  int64_t result() const { return static_cast<int64_t>(regs_.rax); }  // as the kernel gives it: -errno for failure
  void set_result(int64_t result) {
    regs_.rax = static_cast<uint64_t>(result);
    changed_ |= kResult;
  }
  uint64_t instruction() const { return regs_.rip; }
  uint64_t stack() const { return regs_.rsp; }

  // At the stop before a call: the call is not made, and the thread finds `result`.
  void Skip(int64_t result) {
    set_number(-1);
    set_result(result);
  }

  // At the stop after a call: the thread makes another one when it goes on, from the same instruction. Of complete
  // ones.
  void CallAgain(long number) {
    regs_.rip -= 2;  // the length of `syscall`
    regs_.rax = static_cast<uint64_t>(number);
  }

 private:
  using Word = decltype(user_regs_struct::rdi);
  static constexpr int kArguments = 6;
  static constexpr Word user_regs_struct::*kPlaces[kArguments] = {&user_regs_struct::rdi, &user_regs_struct::rsi,
                                                                  &user_regs_struct::rdx, &user_regs_struct::r10,
                                                                  &user_regs_struct::r8,  &user_regs_struct::r9};
  static constexpr unsigned kNumber = 1 << 0;
  static constexpr unsigned kResult = 1 << 1;
  static constexpr unsigned kFirstArgument = 1 << 2;

  user_regs_struct regs_{};
  bool is_complete_ = false;
  unsigned changed_ = 0;  // what was set while the others were not known
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_TRACER_REGISTERS_H_
