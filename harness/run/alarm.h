// Interrupts a call that this thread is blocked in, at a time: the call returns EINTR. Repeated every 10 ms from then
// on, since the thread may just not be in a call.
//
//   Alarm alarm;
//   alarm.Set(deadline_ns);
//   while (waitpid(...) < 0 && errno == EINTR) { if (MonotonicNs() >= deadline_ns) ... }
//
// Threads: the one that made it. It takes SIGALRM for as long as it exists, be it blocked before; one at a time in a
// process. Allocates nothing. Source: timer_create(2) SIGEV_THREAD_ID.
#ifndef LASTACK_HARNESS_RUN_ALARM_H_
#define LASTACK_HARNESS_RUN_ALARM_H_

#include <signal.h>
#include <stdint.h>
#include <time.h>

namespace lastack {

class Alarm {
 public:
  static constexpr uint64_t kNever = UINT64_MAX;

  Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
  ~Alarm();

  // CLOCK_MONOTONIC, in nanoseconds; kNever: not at all.
  void Set(uint64_t ns);

 private:
  struct sigaction before_ {};
  sigset_t mask_before_{};
  timer_t timer_{};
  uint64_t set_ = kNever;
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_RUN_ALARM_H_
