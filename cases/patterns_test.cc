#include "cases/patterns.h"

#include "gtest/gtest.h"

namespace lastack {
namespace {

TEST(PatternsTest, OneOrSeveralWithCommas) {
  EXPECT_TRUE(MatchesPatterns("*", "linger/a"));
  EXPECT_TRUE(MatchesPatterns("linger/*", "linger/a/b"));
  EXPECT_FALSE(MatchesPatterns("linger/*", "peer-gone/a"));
  EXPECT_TRUE(MatchesPatterns("linger/*,peer-gone/?", "peer-gone/a"));
  EXPECT_FALSE(MatchesPatterns("linger/*,peer-gone/?", "peer-gone/ab"));
  EXPECT_FALSE(MatchesPatterns("", "linger/a"));
}

TEST(PatternsTest, OneThatMatchesNothingIsNamed) {
  const std::vector<std::string> ids = {"linger/a", "peer-gone/b"};
  EXPECT_EQ(UnusedPattern("linger/*,peer-gone/b", ids), "");
  EXPECT_EQ(UnusedPattern("linger/*,lingr/a,x", ids), "lingr/a");
  EXPECT_EQ(UnusedPattern("linger/*,", ids), "") << "nothing after the last comma";
}

}  // namespace
}  // namespace lastack
