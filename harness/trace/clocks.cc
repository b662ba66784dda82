#include "harness/trace/clocks.h"

#include <time.h>

#include <algorithm>

#include "harness/trace/trace_file.h"

namespace lastack {
namespace {

uint64_t MonotonicNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace

ClockReading ReadClocks() {
  // The thread may be interrupted between the two clocks. Of several attempts, the quickest was not.
  constexpr int kAttempts = 8;
  ClockReading best;
  uint64_t best_gap = UINT64_MAX;
  for (int i = 0; i < kAttempts; ++i) {
    const uint64_t before = TimeStamp();
    const uint64_t ns = MonotonicNs();
    const uint64_t gap = TimeStamp() - before;
    if (gap >= best_gap) continue;
    best_gap = gap;
    best = {before + gap / 2, ns};
  }
  return best;
}

TimeScale::TimeScale(const ClockReading& start, const ClockReading& end)
    : start_tsc_(start.tsc),
      ticks_(end.tsc > start.tsc ? end.tsc - start.tsc : 0),
      ns_(end.ns > start.ns ? end.ns - start.ns : 0) {}

uint64_t TimeScale::SinceStart(uint64_t tsc) const {
  return tsc <= start_tsc_ ? 0 : Nanoseconds(std::min(tsc - start_tsc_, ticks_));
}

uint64_t TimeScale::Nanoseconds(uint64_t ticks) const {
  if (ticks_ == 0) return 0;
  const auto product = static_cast<unsigned __int128>(ticks) * ns_;  // 64 bits hold it for seconds only
  return static_cast<uint64_t>(product / ticks_);
}

}  // namespace lastack
