#include "harness/agent/real.h"

#include <errno.h>

#include <type_traits>

#include "harness/agent/next_symbol.h"

namespace lastack {
namespace {

// Stands where nobody defines the call.
template <typename Result, typename... Parameters>
Result Missing(Parameters...) {
  errno = ENOSYS;
  if constexpr (std::is_pointer_v<Result>) return nullptr;
  if constexpr (std::is_integral_v<Result>) return -1;
}

// Whose own errors a program handles. Libraries such as libbsd bring functions of the other families that only libc
// lacked.
constexpr bool IsAboutSockets(CallFamily family) {
  return family <= CallFamily::poll && family != CallFamily::sweep && family != CallFamily::control;
}

// Out of line: it is used once for each call of the table.
__attribute__((noinline)) void* Next(const SymbolName& symbol, CallFamily family) {
  for (NextLibrary library; library.exists(); library.Advance()) {
    void* const found = library.Find(symbol);
    if (found == nullptr) continue;
    const char* const path = library.PathOf(found);
    if (IsAboutSockets(family) && !IsLibcsPath(path)) FoundOutsideLibc(symbol.name, path);
    return found;
  }
  return nullptr;
}

template <typename Result, typename... Parameters>
void Find(const SymbolName& symbol, CallFamily family, Result (*&function)(Parameters...)) {
  using Function = Result (*)(Parameters...);
  void* const found = Next(symbol, family);
  const Function next = found == nullptr ? &Missing<Result, Parameters...> : reinterpret_cast<Function>(found);
  __atomic_store_n(&function, next, __ATOMIC_RELAXED);
}

// What each pointer leads to at first: it puts the definition in its own place, and goes on there.
#define LASTACK_CALL(name, result, parameters, arguments, number, family, ...) \
  result First_##name parameters {                                             \
    Find(#name, CallFamily::family, real.name);                                \
    return real.name arguments;                                                \
  }
#include "harness/sys/syscalls.inc"

long First_syscall(long number, long a, long b, long c, long d, long e, long f) {
  Find("syscall", CallFamily::control, real.syscall);
  return real.syscall(number, a, b, c, d, e, f);
}

}  // namespace

constinit Real real = {
#define LASTACK_CALL(name, ...) .name = &First_##name,
#include "harness/sys/syscalls.inc"
    .syscall = &First_syscall,
};

void LookUp(Call call) {
  switch (call) {
#define LASTACK_CALL(name, result, parameters, arguments, number, family, ...)  \
  case Call::name:                                                              \
    if (real.name == &First_##name) Find(#name, CallFamily::family, real.name); \
    return;
#include "harness/sys/syscalls.inc"
    default:
      return;
  }
}

void PrepareRealCalls() {
  if (NextLibrary::EndWithLoaded()) return;
#define LASTACK_CALL(name, result, parameters, arguments, number, family, ...) \
  Find(#name, CallFamily::family, real.name);
#include "harness/sys/syscalls.inc"
  Find("syscall", CallFamily::control, real.syscall);
}

}  // namespace lastack
