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

// Out of line: it is used once for each call of the table.
__attribute__((noinline)) void* Next(const SymbolName& symbol) {
  void* found = nullptr;
  for (NextLibrary library; found == nullptr && library.exists(); library.Advance()) found = library.Find(symbol);
  return found;
}

template <typename Result, typename... Parameters>
void Find(const SymbolName& symbol, Result (*&function)(Parameters...)) {
  using Function = Result (*)(Parameters...);
  void* const found = Next(symbol);
  const Function next = found == nullptr ? &Missing<Result, Parameters...> : reinterpret_cast<Function>(found);
  __atomic_store_n(&function, next, __ATOMIC_RELAXED);
}

// What each pointer leads to at first: it puts the definition in its own place, and goes on there.
#define LASTACK_CALL(name, result, parameters, arguments, ...) \
  result First_##name parameters {                             \
    Find(#name, real.name);                                    \
    return real.name arguments;                                \
  }
#include "harness/sys/syscalls.inc"

long First_syscall(long number, long a, long b, long c, long d, long e, long f) {
  Find("syscall", real.syscall);
  return real.syscall(number, a, b, c, d, e, f);
}

}  // namespace

constinit Real real = {
#define LASTACK_CALL(name, ...) .name = &First_##name,
#include "harness/sys/syscalls.inc"
    .syscall = &First_syscall,
};

void PrepareRealCalls() {
  if (NextLibrary::EndWithLoaded()) return;
#define LASTACK_CALL(name, ...) Find(#name, real.name);
#include "harness/sys/syscalls.inc"
  Find("syscall", real.syscall);
}

}  // namespace lastack
