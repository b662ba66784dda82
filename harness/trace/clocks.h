// Turns time stamps into nanoseconds since the start of a run.
//
//   const ClockReading start = ReadClocks();
//   ... events take TimeStamp() ...
//   const TimeScale scale(start, ReadClocks());
//   scale.SinceStart(event.start)
//
// A time stamp is placed between two readings that enclose it. So its error is at most that of the readings (they are
// taken in one go, within some tens of nanoseconds), however short or long the run was; the counter's frequency need
// not be known, and nothing has to be calibrated.
//
// Pure but for ReadClocks. Threads: safe. Allocation: none.
#ifndef LASTACK_HARNESS_TRACE_CLOCKS_H_
#define LASTACK_HARNESS_TRACE_CLOCKS_H_

#include <cstdint>

namespace lastack {

// Both clocks at one moment.
struct ClockReading {
  uint64_t tsc = 0;  // TimeStamp()
  uint64_t ns = 0;   // CLOCK_MONOTONIC
};

[[nodiscard]] ClockReading ReadClocks();

class TimeScale {
 public:
  // Readings of which the second is not later than the first give a scale on which everything happens at 0.
  TimeScale(const ClockReading& start, const ClockReading& end);

  // Monotone. A stamp from outside the two readings, which only garbage can be, counts as the nearer one.
  [[nodiscard]] uint64_t SinceStart(uint64_t tsc) const;
  // A length of time.
  [[nodiscard]] uint64_t Nanoseconds(uint64_t ticks) const;

 private:
  uint64_t start_tsc_;
  uint64_t ticks_;  // between the readings
  uint64_t ns_;
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_TRACE_CLOCKS_H_
