// The names and properties of the calls in the call table (syscalls.inc).
//
// Freestanding: constants and constexpr functions only, so that the agent and the tracer may use all of it anywhere.
// Threads, signals: safe. Allocation: none. errno: untouched.
//
//   CallName(Call::close)               "close"
//   FamilyOf(Call::sendmsg)             CallFamily::send
//   CallOfNumber(SYS_close)             Call::close
//   CallOfNumber(SYS_getpid)            Call::none
//   IsLegalErrno(Call::close, EINTR)    true
//   IsLegalErrno(Call::close, EAGAIN)   false: close(2) never reports it
#ifndef LASTACK_HARNESS_SYS_CALLS_H_
#define LASTACK_HARNESS_SYS_CALLS_H_

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

// Numbers that only older architectures have; elsewhere libc reaches the kernel by a newer call of the table.
#ifndef SYS_dup2
#define SYS_dup2 -1
#define SYS_epoll_create -1
#define SYS_epoll_wait -1
#define SYS_fork -1
#define SYS_poll -1
#define SYS_select -1
#define SYS_vfork -1
#endif

namespace lastack {

// One enumerator a row, named as the C function.
enum class Call : uint16_t {
#define LASTACK_CALL(name, ...) name,
#include "harness/sys/syscalls.inc"
  none,
};

inline constexpr size_t kCallCount = static_cast<size_t>(Call::none);

// What kind of site a call is. In a plan, `%send` names every call of the family.
enum class CallFamily : uint8_t {
  open,   // makes a socket
  setup,  // names, options, listen
  connect,
  accept,
  shutdown,
  close,    // closes one descriptor
  sweep,    // closes a range of descriptors
  dup,      // makes another descriptor of a socket
  control,  // fcntl, ioctl, epoll_ctl
  send,
  recv,
  splice,   // moves bytes between two descriptors
  poll,     // waits for readiness
  process,  // fork, exec, spawn
  exit,
  signal,  // signal dispositions
  kCount,
};

// Where a call says how much it may transfer; `partial=N` shortens it there.
enum class Extent : uint8_t {
  kNone,     // nowhere: the call cannot be partial
  kThird,    // its third argument counts bytes
  kFourth,   // its fourth argument counts bytes
  kVector,   // its second and third arguments are an iovec array and its size
  kMessage,  // its second argument is a msghdr
};

// Whether Linux has done the call's work although it reports an error: a failing close releases the descriptor, an
// interrupted connect goes on. A fault that names no effect is injected in that way.
enum class OnFailure : uint8_t { skip, full };

namespace internal {

struct CallRow {
  long number;
  CallFamily family;
  Extent extent;
  OnFailure on_failure;
  int errnos[16];  // ended by 0
};

inline constexpr CallRow kCallRows[] = {
// clang-format off
#define LASTACK_BRACED(...) {__VA_ARGS__ __VA_OPT__(, ) 0}
// clang-format on
#define LASTACK_CALL(name, result, parameters, arguments, number, family, extent, on_failure, errnos) \
  {number, CallFamily::family, Extent::extent, OnFailure::on_failure, LASTACK_BRACED errnos},
#include "harness/sys/syscalls.inc"
#undef LASTACK_BRACED
};

// Apart from the rows, so that those hold no address: the agent, which needs no names, is relocated in the subject at
// each start.
inline constexpr const char* kCallNames[] = {
#define LASTACK_CALL(name, ...) #name,
#include "harness/sys/syscalls.inc"
};

inline constexpr const char* kFamilyNames[] = {"open",  "setup",   "connect", "accept", "shutdown", "close",
                                               "sweep", "dup",     "control", "send",   "recv",     "splice",
                                               "poll",  "process", "exit",    "signal"};
static_assert(sizeof(kFamilyNames) / sizeof(*kFamilyNames) == static_cast<size_t>(CallFamily::kCount));

constexpr const CallRow& RowOf(Call call) { return kCallRows[static_cast<size_t>(call)]; }

}  // namespace internal

// "none" for Call::none, which no event carries.
constexpr const char* CallName(Call call) {
  return call == Call::none ? "none" : internal::kCallNames[static_cast<size_t>(call)];
}

constexpr const char* FamilyName(CallFamily family) { return internal::kFamilyNames[static_cast<size_t>(family)]; }

// The functions from here on require call != Call::none.
constexpr CallFamily FamilyOf(Call call) { return internal::RowOf(call).family; }
constexpr Extent ExtentOf(Call call) { return internal::RowOf(call).extent; }
constexpr OnFailure OnFailureOf(Call call) { return internal::RowOf(call).on_failure; }

// The call's number on this architecture; -1 where only libc knows it.
constexpr long NumberOf(Call call) { return internal::RowOf(call).number; }

// The errors that the call may legally report, ended by 0.
constexpr const int* LegalErrnos(Call call) { return internal::RowOf(call).errnos; }

constexpr bool IsLegalErrno(Call call, int error) {
  for (const int* legal = LegalErrnos(call); *legal != 0; ++legal) {
    if (*legal == error) return true;
  }
  return false;
}

// The table's call with this kernel number; Call::none if there is none.
constexpr Call CallOfNumber(long number) {
  if (number < 0) return Call::none;
  for (size_t i = 0; i < kCallCount; ++i) {
    if (internal::kCallRows[i].number == number) return static_cast<Call>(i);
  }
  return Call::none;
}

// The table's call by which glibc reaches the kernel: recvfrom for recv, pselect for select. Most are their own.
constexpr Call KernelCallOf(Call call) {
  switch (call) {
    case Call::send:
      return Call::sendto;
    case Call::recv:
      return Call::recvfrom;
    case Call::sendfile64:
      return Call::sendfile;
    case Call::fclose:
      return Call::close;
    case Call::closefrom:
      return Call::close_range;
    case Call::signal:
      return Call::sigaction;
    case Call::select:
      return Call::pselect;
    default:
      return call;
  }
}

}  // namespace lastack

#endif  // LASTACK_HARNESS_SYS_CALLS_H_
