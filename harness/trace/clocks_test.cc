#include "harness/trace/clocks.h"

#include <gtest/gtest.h>

#include <random>

#include "harness/trace/trace_file.h"

namespace lastack {
namespace {

TEST(TimeScaleTest, PlacesStampsBetweenTheReadings) {
  const TimeScale scale({1'000, 50}, {3'000, 1'050});  // 2 ticks a nanosecond
  EXPECT_EQ(scale.SinceStart(1'000), 0u);
  EXPECT_EQ(scale.SinceStart(2'000), 500u);
  EXPECT_EQ(scale.SinceStart(3'000), 1'000u);
  EXPECT_EQ(scale.Nanoseconds(10), 5u);
}

TEST(TimeScaleTest, StampsFromOutsideCountAsTheNearerReading) {
  const TimeScale scale({1'000, 50}, {3'000, 1'050});
  EXPECT_EQ(scale.SinceStart(0), 0u);
  EXPECT_EQ(scale.SinceStart(3'001), 1'000u);
  EXPECT_EQ(scale.SinceStart(UINT64_MAX), 1'000u);
}

TEST(TimeScaleTest, DaysDoNotOverflow) {
  constexpr uint64_t kDays = uint64_t{30} * 24 * 3600 * 1'000'000'000;
  const TimeScale scale({0, 0}, {3 * kDays, kDays});
  EXPECT_EQ(scale.SinceStart(3 * kDays / 2), kDays / 2);
}

TEST(TimeScaleTest, ReadingsWithNothingBetweenPutEverythingAtTheStart) {
  for (const ClockReading end :
       {ClockReading{1'000, 50}, ClockReading{1'000, 90}, ClockReading{900, 90}, ClockReading{1'100, 40}}) {
    const TimeScale scale({1'000, 50}, end);
    EXPECT_EQ(scale.SinceStart(1'050), 0u) << end.tsc << " " << end.ns;
    EXPECT_EQ(scale.Nanoseconds(UINT32_MAX), 0u) << end.tsc << " " << end.ns;
  }
}

TEST(TimeScaleTest, IsMonotone) {
  for (uint32_t seed = 1; seed <= 100; ++seed) {
    std::mt19937_64 random(seed);
    const ClockReading start{random() >> 1, random() >> 1};
    const ClockReading end{start.tsc + (random() >> (1 + random() % 60)), start.ns + (random() >> (1 + random() % 60))};
    const TimeScale scale(start, end);
    uint64_t tsc = start.tsc;
    uint64_t ns = 0;
    for (int i = 0; i < 100; ++i) {
      tsc += (end.tsc - start.tsc) / 80;
      const uint64_t next_ns = scale.SinceStart(tsc);
      ASSERT_LE(ns, next_ns) << "seed " << seed;
      ns = next_ns;
    }
    ASSERT_LE(ns, end.ns - start.ns) << "seed " << seed;
  }
}

TEST(ReadClocksTest, BothClocksAdvance) {
  const ClockReading first = ReadClocks();
  const uint64_t between = TimeStamp();
  const ClockReading second = ReadClocks();
  EXPECT_LT(first.tsc, between);
  EXPECT_LT(between, second.tsc);
  EXPECT_LT(first.ns, second.ns);
}

}  // namespace
}  // namespace lastack
