#include "mocks/next_calls.h"

#include <dlfcn.h>
#include <errno.h>
#include <sys/auxv.h>

#include <cstdarg>
#include <type_traits>

#include "harness/agent/raw.h"

namespace lastack {
namespace {

long WithErrno(long result) {
  if (result >= 0 || result < -4095) return result;
  errno = static_cast<int>(-result);
  return -1;
}

// The kernel's own call, for a program that has no libc behind us.
template <long kNumber, typename Function>
struct Direct;

template <long kNumber, typename Result, typename... Parameters>
struct Direct<kNumber, Result(Parameters...)> {
  static Result Make(Parameters... parameters) {
    const long returned = kNumber < 0 ? WithErrno(-ENOSYS) : WithErrno(raw::Call(kNumber, (long)parameters...));
    if constexpr (!std::is_void_v<Result>) return (Result)returned;
  }
};

long DirectSyscall(long number, ...) {
  va_list words;
  va_start(words, number);
  long word[6];
  for (long& each : word) each = va_arg(words, long);
  va_end(words);
  return WithErrno(raw::Call(number, word[0], word[1], word[2], word[3], word[4], word[5]));
}

bool IsStatic() { return getauxval(AT_BASE) == 0; }

// A sanitizer's own wrapper sees what happens to memory and to descriptors; ours stands in its place, so we call it.
void* FindNext(const char* interceptor, const char* name) {
  if (IsStatic()) return nullptr;
  void* found = dlsym(RTLD_DEFAULT, interceptor);
  return found != nullptr ? found : dlsym(RTLD_NEXT, name);
}

template <typename Function>
void Set(Function*& call, void* found, Function* direct) {
  call = found != nullptr ? reinterpret_cast<Function*>(found) : direct;
}

// Before there are threads.
__attribute__((constructor)) void FindEarly() { NextCalls::Get(); }

}  // namespace

constinit NextCalls NextCalls::calls_ = {};
constinit std::atomic<bool> NextCalls::found_ = false;

void NextCalls::Find() {
#define LASTACK_INTERPOSED_CALL(name, result, parameters, ...) \
  Set(calls_.name, FindNext("__interceptor_" #name, #name),    \
      &Direct<NumberOf(KernelCallOf(Call::name)), result parameters>::Make);
#define LASTACK_INTERPOSED_TIME_CALL(name, result, parameters, arguments, number) \
  Set(calls_.name, FindNext("__interceptor_" #name, #name), &Direct<number, result parameters>::Make);
#include "mocks/interposed_calls.inc"
  Set(calls_.syscall, FindNext("__interceptor_syscall", "syscall"), &DirectSyscall);
  found_.store(true, std::memory_order_release);
}

}  // namespace lastack
