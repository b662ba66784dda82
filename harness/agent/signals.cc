// The calls that change what a signal does. Recorded, never changed: whether a library leaves SIGPIPE alone is judged.
#include <signal.h>

#include "harness/agent/wrap.h"

namespace lastack {
namespace {

uint64_t HandlerWord(sighandler_t handler) { return reinterpret_cast<uintptr_t>(handler); }

}  // namespace

int wrap::sigaction(int signal, const struct sigaction* action, struct sigaction* old) {
  if (!Recording() || action == nullptr) return real.sigaction(signal, action, old);
  Event& event = Begin(Call::sigaction, -1, 0, 0, static_cast<uint64_t>(signal), 0);
  const int result = End(event, real.sigaction(signal, action, old));
  if (result == 0) event.b = HandlerWord(action->sa_handler);
  return result;
}

sighandler_t wrap::signal(int signal, sighandler_t handler) {
  if (!Recording()) return real.signal(signal, handler);
  Event& event = Begin(Call::signal, -1, 0, 0, static_cast<uint64_t>(signal), HandlerWord(handler));
  const sighandler_t old = real.signal(signal, handler);
  End(event, old == SIG_ERR ? -1 : 0);
  return old;
}

}  // namespace lastack
