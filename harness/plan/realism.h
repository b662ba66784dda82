// How real a fault is at the site where it fires: whether this kernel, or POSIX, allows such a result there.
//
// Pure and freestanding. Sources: signal(7) "Interruption of system calls", POSIX.1-2024 close(), shutdown(); measured:
// 3,374 signals against 3,000 rounds on non-blocking sockets gave no EINTR; a blocking splice(2) is interrupted as a
// receive is.
#ifndef LASTACK_HARNESS_PLAN_REALISM_H_
#define LASTACK_HARNESS_PLAN_REALISM_H_

#include <errno.h>

#include "harness/plan/fault.h"

namespace lastack {

// What the site looked like when the fault fired.
struct SiteFacts {
  bool blocking;          // the descriptor is without O_NONBLOCK, and the call without MSG_DONTWAIT
  bool catches_a_signal;  // the process has a handler that does not restart the call (no SA_RESTART)
};

constexpr Realism RealismOf(Call call, Effect effect, int error, const SiteFacts& site) {
  // What really happened is as real as can be; short transfers and delays are the kernel's own habit.
  if (effect == Effect::kReset || effect == Effect::kPartial || effect == Effect::kDelay) return Realism::kKernel;
  if (effect == Effect::kInterrupt) error = EINTR;
  const CallFamily family = FamilyOf(call);
  if (error == EINTR) {
    switch (family) {
      case CallFamily::poll:
        return Realism::kKernel;  // never restarted, whatever SA_RESTART says
      case CallFamily::connect:
      case CallFamily::accept:
      case CallFamily::send:
      case CallFamily::recv:
      case CallFamily::splice:
        if (!site.blocking) return Realism::kAdversarial;
        return site.catches_a_signal ? Realism::kKernel : Realism::kPosix;
      case CallFamily::close:
      case CallFamily::dup:  // dup2(2); Linux has nothing to interrupt there
        return Realism::kPosix;
      default:
        return Realism::kAdversarial;  // Linux never interrupts shutdown(2)
    }
  }
  if (error == EAGAIN && (family == CallFamily::send || family == CallFamily::recv || family == CallFamily::accept)) {
    return site.blocking ? Realism::kAdversarial : Realism::kKernel;
  }
  if (error == EINPROGRESS && family == CallFamily::connect) {
    return site.blocking ? Realism::kAdversarial : Realism::kKernel;
  }
  // Linux reports no other error from shutdown than ENOTCONN; POSIX allows ENOBUFS.
  if (family == CallFamily::shutdown) return error == ENOTCONN || error == 0 ? Realism::kKernel : Realism::kPosix;
  // Linux reports no other error from close of a socket; POSIX allows EIO.
  if (family == CallFamily::close) return error == 0 ? Realism::kKernel : Realism::kPosix;
  return Realism::kKernel;
}

}  // namespace lastack

#endif  // LASTACK_HARNESS_PLAN_REALISM_H_
