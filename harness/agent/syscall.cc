// syscall(2): the same calls by number. Node, libuv and others close their sockets this way.
#include <stddef.h>

#include <type_traits>
#include <utility>

#include "harness/agent/wrap.h"

namespace lastack {
namespace {

// Calls whose kernel form differs from libc's, or that must not return twice through a wrapper, go to the kernel as
// they are; a child that they make is noticed at its next call.
constexpr bool SameInTheKernel(Call call) {
  const CallFamily family = FamilyOf(call);
  return family != CallFamily::process && family != CallFamily::signal && call != Call::pselect;
}

struct CallsByNumber {
  Call of[512];
};

constexpr CallsByNumber MakeCallsByNumber() {
  CallsByNumber calls{};
  for (long number = 0; number < 512; ++number) {
    const Call call = CallOfNumber(number);
    calls.of[number] = call != Call::none && SameInTheKernel(call) ? call : Call::none;
  }
  return calls;
}

constexpr CallsByNumber kCallsByNumber = MakeCallsByNumber();

// Calls a wrapper with the words that syscall(2) was given, as the kernel would read them.
template <typename Result, typename... Parameters>
long Apply(Result (*call)(Parameters...), const long* words) {
  return [&]<size_t... kIndex>(std::index_sequence<kIndex...>)->long {
    if constexpr (std::is_void_v<Result>) {
      call((Parameters)words[kIndex]...);
      return 0;
    } else {
      return (long)call((Parameters)words[kIndex]...);
    }
  }
  (std::index_sequence_for<Parameters...>());
}

}  // namespace

// Variadic in C; the words are in the same places here.
long wrap::syscall(long number, long a, long b, long c, long d, long e, long f) {
  Recording();
  // A library that stands between us and libc may be the caller, to do what we have called it for.
  const bool known = number >= 0 && number < 512 && agent.interposed == 0;
  const Call call = known ? kCallsByNumber.of[number] : Call::none;
  const long words[] = {a, b, c, d, e, f};
  switch (call) {
#define LASTACK_CALL(name, ...)                  \
  case Call::name:                               \
    if constexpr (SameInTheKernel(Call::name)) { \
      return Apply(&wrap::name, words);          \
    }                                            \
    break;
#include "harness/sys/syscalls.inc"
    case Call::none:
      break;
  }
  return real.syscall(number, a, b, c, d, e, f);
}

}  // namespace lastack
