#include "harness/sys/intercepted.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lastack {
namespace {

using ::testing::HasSubstr;

std::string CheckedInPage() {
  const char* runfiles = std::getenv("TEST_SRCDIR");
  const char* workspace = std::getenv("TEST_WORKSPACE");
  const std::string root = runfiles == nullptr ? "." : std::string(runfiles) + "/" + workspace;
  std::ifstream page(root + "/harness/sys/INTERCEPTED.md");
  return std::string(std::istreambuf_iterator<char>(page), std::istreambuf_iterator<char>());
}

TEST(InterceptedPage, CheckedInIsCurrent) {
  EXPECT_EQ(CheckedInPage(), InterceptedPage())
      << "Mend it with:  bazel run //harness/sys:intercepted_page > harness/sys/INTERCEPTED.md";
}

TEST(InterceptedPage, SaysWhatIsKnownOfACall) {
  const std::string page = InterceptedPage();
  EXPECT_THAT(page, HasSubstr("| `close` | `__close` | yes | full | ECONNRESET EDQUOT EINTR EIO ENOSPC |\n"));
  EXPECT_THAT(page, HasSubstr("| `fclose` |  | no | full | ECONNRESET EINTR EIO EPIPE |\n"));
}

}  // namespace
}  // namespace lastack
