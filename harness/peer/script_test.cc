#include "harness/peer/script.h"

#include "gtest/gtest.h"

namespace lastack {
namespace {

TEST(StepNameTest, NamesEachStep) {
  EXPECT_STREQ(StepName(Step::ExpectUntil("x").kind), "ExpectUntil");
  EXPECT_STREQ(StepName(Step::ExpectBytes(1).kind), "ExpectBytes");
  EXPECT_STREQ(StepName(Step::ExpectEnd().kind), "ExpectEnd");
  EXPECT_STREQ(StepName(Step::Send("x").kind), "Send");
  EXPECT_STREQ(StepName(Step::AwaitRead().kind), "AwaitRead");
  EXPECT_STREQ(StepName(Step::AwaitClosed().kind), "AwaitClosed");
  EXPECT_STREQ(StepName(Step::Stall().kind), "Stall");
  EXPECT_STREQ(StepName(Step::HalfClose().kind), "HalfClose");
  EXPECT_STREQ(StepName(Step::Finish().kind), "Finish");
  EXPECT_STREQ(StepName(Step::Reset().kind), "Reset");
  EXPECT_STREQ(StepName(Step::SendLast("x").kind), "SendLast");
  EXPECT_STREQ(StepName(Step::AwaitReset().kind), "AwaitReset");
  EXPECT_STREQ(StepName(Step::Narrow().kind), "Narrow");
  EXPECT_STREQ(StepName(Step::ReadLate().kind), "ReadLate");
  EXPECT_STREQ(StepName(Step::Hold().kind), "Hold");
}

}  // namespace
}  // namespace lastack
