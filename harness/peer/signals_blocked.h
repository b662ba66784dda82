// Blocks all signals for the threads that are started while it exists: they are the owner's business.
//
// Threads: a scope of one thread. Allocation: none. Source: pthread_sigmask(3).
#ifndef LASTACK_HARNESS_PEER_SIGNALS_BLOCKED_H_
#define LASTACK_HARNESS_PEER_SIGNALS_BLOCKED_H_

#include <signal.h>

namespace lastack {

class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_PEER_SIGNALS_BLOCKED_H_
