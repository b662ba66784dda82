// Waits for what only time will change: what happens in other processes and cannot be waited for by poll(2).
#ifndef LASTACK_HARNESS_RUN_AWAIT_H_
#define LASTACK_HARNESS_RUN_AWAIT_H_

#include <algorithm>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "harness/peer/deadline.h"

namespace lastack {

// True as soon as `holds()` does; false if it did not before `deadline`. Looks often at first, then every 10 ms.
template <typename Condition>
bool Await(const Deadline& deadline, const Condition& holds) {
  absl::Duration pause = absl::Microseconds(200);
  while (!holds()) {
    if (deadline.passed()) return false;
    absl::SleepFor(pause);
    pause = std::min(2 * pause, absl::Milliseconds(10));
  }
  return true;
}

}  // namespace lastack

#endif  // LASTACK_HARNESS_RUN_AWAIT_H_
