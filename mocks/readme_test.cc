// The code that README.md shows is code that is compiled and run.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace {

std::string Read(const std::string& path) {
  const std::string root = std::string(std::getenv("TEST_SRCDIR")) + "/" + std::getenv("TEST_WORKSPACE") + "/";
  std::ifstream file(root + path);
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

TEST(Readme, ShowsTheExampleThatIsTested) {
  const std::string readme = Read("mocks/README.md");
  const std::string opening = "```cpp\n";
  const size_t start = readme.find(opening);
  ASSERT_NE(start, std::string::npos);
  const size_t code = start + opening.size();
  EXPECT_THAT(Read("mocks/example_test.cc"),
              ::testing::HasSubstr(readme.substr(code, readme.find("```", code) - code)));
}

}  // namespace
