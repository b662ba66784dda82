// Declares a wrapper for every symbol of the table: lastack::wrap::close is the symbol `close` that the subject's code
// finds first. They are C++ functions with C's symbols, so that libc's own declarations (exception specifications,
// attributes, variadic forms) do not matter. A variadic call's wrapper has the fixed parameters of the table: on the
// architectures that we know, both are passed in the same places.
#ifndef LASTACK_HARNESS_AGENT_WRAP_H_
#define LASTACK_HARNESS_AGENT_WRAP_H_

#include "harness/agent/agent.h"
#include "harness/agent/inject.h"
#include "harness/agent/real.h"

#define LASTACK_EXPORT __attribute__((visibility("default")))

namespace lastack::wrap {

#define LASTACK_CALL(name, result, parameters, ...) LASTACK_EXPORT result name parameters __asm__(#name);
#define LASTACK_CHECKED_ALIAS(alias, name, result, parameters, ...) \
  LASTACK_EXPORT result alias parameters __asm__(#alias);
#include "harness/sys/syscalls.inc"

LASTACK_EXPORT int execl(const char* path, const char* first, ...) __asm__("execl");
LASTACK_EXPORT int execlp(const char* file, const char* first, ...) __asm__("execlp");
LASTACK_EXPORT int execle(const char* path, const char* first, ...) __asm__("execle");
LASTACK_EXPORT long syscall(long number, long a, long b, long c, long d, long e, long f) __asm__("syscall");

}  // namespace lastack::wrap

namespace lastack {

// A call on a socket, or on the decoy, or on neither: what the generated wrappers do, for those that need more around
// it. `invoke(limit)` makes the call; `flags` are its MSG_ flags.
template <typename Result, typename Invoke>
inline Result OnSocket(Call call, int fd, SocketState& socket, uint64_t a, uint64_t b, int flags, Invoke invoke) {
  const bool may_fire = MayFire(call, fd, socket);
  Event& event = Begin(call, fd, socket, a, b);
  if (LASTACK_LIKELY(!may_fire)) return End(event, invoke(kWhole));
  return (Result)Inject(call, socket.watch, agent.tallies[fd], event, flags, Invocation(invoke));
}

}  // namespace lastack

#endif  // LASTACK_HARNESS_AGENT_WRAP_H_
