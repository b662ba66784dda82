#include "harness/peer/deadline.h"

#include "gtest/gtest.h"

namespace lastack {
namespace {

TEST(DeadlineTest, PassesWhenItsTimeIsOver) {
  EXPECT_TRUE(Deadline(absl::ZeroDuration()).passed());
  EXPECT_TRUE(Deadline(-absl::Seconds(1)).passed());
  const Deadline later(absl::Seconds(100));
  EXPECT_FALSE(later.passed());
  EXPECT_LE(later.left(), absl::Seconds(100));
  EXPECT_GT(later.left(), absl::Seconds(50));
}

TEST(DeadlineTest, NeverPassesWithoutEnd) {
  EXPECT_FALSE(Deadline::Never().passed());
  EXPECT_EQ(Deadline::Never().left(), absl::InfiniteDuration());
  EXPECT_EQ(Deadline::Never().PollMilliseconds(), -1);
}

TEST(DeadlineTest, PollsUpToTheDeadlineAndNotForLess) {
  EXPECT_EQ(Deadline(absl::ZeroDuration()).PollMilliseconds(), 0);
  EXPECT_EQ(Deadline(-absl::Seconds(1)).PollMilliseconds(), 0);
  EXPECT_EQ(Deadline(absl::Hours(1000)).PollMilliseconds(), 3'600'000) << "then the caller looks again";
  const Deadline deadline(absl::Seconds(100));
  EXPECT_GE(absl::Milliseconds(deadline.PollMilliseconds()) + absl::Microseconds(1), deadline.left());
}

}  // namespace
}  // namespace lastack
