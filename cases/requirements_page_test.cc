#include "cases/requirements_page.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace lastack {
namespace {

TEST(RequirementsPageTest, TheFileIsCurrent) {
  std::ifstream file("cases/REQUIREMENTS.md");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), RequirementsPage()) << "mend it with:  bazel run //cases:update_requirements";
}

}  // namespace
}  // namespace lastack
