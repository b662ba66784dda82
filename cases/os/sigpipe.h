// A send that may raise SIGPIPE, and whether it did.
//
// The signal is kept from the thread, looked for, and taken: nothing of it remains. Threads: any. Allocates.
#ifndef LASTACK_CASES_OS_SIGPIPE_H_
#define LASTACK_CASES_OS_SIGPIPE_H_

#include <signal.h>
#include <time.h>

#include <string>

#include "cases/os/pair.h"

namespace lastack::os {

struct SendOutcome {
  SysResult result;
  std::string signal;  // "SIGPIPE" or "none"
};

inline SendOutcome SendWithSignal(End& end) {
  sigset_t pipe, before;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, &before);
  const SysResult sent = end.sys.send(end.fd, "x", 1, MSG_DONTWAIT);
  const timespec now{};
  const bool raised = sigtimedwait(&pipe, nullptr, &now) == SIGPIPE;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return {sent, raised ? "SIGPIPE" : "none"};
}

}  // namespace lastack::os

#endif  // LASTACK_CASES_OS_SIGPIPE_H_
