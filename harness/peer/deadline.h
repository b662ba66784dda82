// A point in monotonic time up to which something may take, for the calls that wait.
//
//   const Deadline deadline(absl::Seconds(2));
//   while (!done && !deadline.passed()) poll(&entry, 1, deadline.PollMilliseconds());
//
// absl::InfiniteDuration() never passes. Threads: a value. Allocation: none.
#ifndef LASTACK_HARNESS_PEER_DEADLINE_H_
#define LASTACK_HARNESS_PEER_DEADLINE_H_

#include <time.h>

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"

namespace lastack {

// CLOCK_MONOTONIC, the clock of all witnesses.
inline uint64_t MonotonicNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

class Deadline {
 public:
  explicit Deadline(absl::Duration from_now) : at_(absl::Nanoseconds(MonotonicNs()) + from_now) {}

  static Deadline Never() { return Deadline(absl::InfiniteDuration()); }

  absl::Duration left() const { return at_ - absl::Nanoseconds(MonotonicNs()); }
  bool passed() const { return left() <= absl::ZeroDuration(); }

  // For poll(2): rounded up, so that a wait never ends just before the deadline; -1 for never.
  int PollMilliseconds() const {
    if (at_ == absl::InfiniteDuration()) return -1;
    const absl::Duration bounded = std::clamp(left(), absl::ZeroDuration(), absl::Hours(1));
    return static_cast<int>(absl::ToInt64Milliseconds(bounded + absl::Milliseconds(1) - absl::Nanoseconds(1)));
  }

 private:
  absl::Duration at_;
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_PEER_DEADLINE_H_
