// syscall(2): the same calls by number. libuv closes its descriptors this way.
#include <stddef.h>

#include <type_traits>
#include <utility>

#include "mocks/interposed_calls.h"
#include "mocks/next_calls.h"

namespace lastack {
namespace {

// Calls a function with the words that syscall(2) was given, as the kernel would read them.
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

// libc's form has a pointer to the mask where the kernel's has one to a pair.
constexpr long kPselect = SYS_pselect6;

}  // namespace

// Variadic in C; the words are in the same places here.
long interposed::syscall(long number, long a, long b, long c, long d, long e, long f) {
  const long words[] = {a, b, c, d, e, f};
  if (number == SYS_clock_nanosleep) {  // libc's returns the error
    const long error = Apply(&interposed::clock_nanosleep, words);
    if (error == 0) return 0;
    errno = static_cast<int>(error);
    return -1;
  }
#define LASTACK_INTERPOSED_CALL(name, result, parameters, arguments, kernel_number) \
  if (number == kernel_number && number >= 0 && number != kPselect) return Apply(&interposed::name, words);
#define LASTACK_INTERPOSED_TIME_CALL LASTACK_INTERPOSED_CALL
#include "mocks/interposed_calls.inc"
  return NextCalls::Get().syscall(number, a, b, c, d, e, f);
}

}  // namespace lastack
