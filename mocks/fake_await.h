// How a fake's call waits: the loop that all blocking calls share. Only for fake_process*.cc.
#ifndef LASTACK_MOCKS_FAKE_AWAIT_H_
#define LASTACK_MOCKS_FAKE_AWAIT_H_

#include <errno.h>

#include "mocks/fake_process.h"

namespace lastack {

// `attempt` returns EAGAIN for as long as it must wait.
template <typename Try>
SysResult FakeProcess::Await(FakeSocket& socket, bool at_once, int64_t timeout_us, const char* what, Try attempt) {
  SysResult result = attempt();
  if (result.ok() || result.error != EAGAIN || at_once) return result;
  ++socket.references;  // a call holds its socket open, as in the kernel
  const int64_t until_ns = timeout_us == 0 ? FakeEvents::kNever : stack_.events.now_ns() + timeout_us * 1000;
  while (!result.ok() && result.error == EAGAIN) {
    if (!Wait(until_ns)) {
      if (until_ns == FakeEvents::kNever) result = Deadlocked(what);
      break;
    }
    result = attempt();
  }
  Drop(socket, false);
  return result;
}

}  // namespace lastack

#endif  // LASTACK_MOCKS_FAKE_AWAIT_H_
