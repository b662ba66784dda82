#include "harness/run/preloadable.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "harness/testing/runfile.h"

namespace lastack {
namespace {

TEST(PreloadableTest, TellsStaticFromDynamic) {
  EXPECT_EQ(WhyNotPreloadable(Runfile("cases/reference/http_client")), "");
  EXPECT_EQ(WhyNotPreloadable(Runfile("cases/reference/http_client_static")), "it is statically linked");
}

TEST(PreloadableTest, KnowsRaisedPrivileges) {
  const std::string path = absl::StrCat(getenv("TEST_TMPDIR"), "/raised");
  std::ofstream(path) << "#!/bin/sh\n";
  EXPECT_EQ(WhyNotPreloadable(path), "");
  ASSERT_EQ(chmod(path.c_str(), 04755), 0);
  EXPECT_EQ(WhyNotPreloadable(path), "it runs with raised privileges");
}

TEST(PreloadableTest, SaysNothingOfWhatItCannotRead) {
  EXPECT_EQ(WhyNotPreloadable("/no/such/program"), "");
  const std::string path = absl::StrCat(getenv("TEST_TMPDIR"), "/short");
  std::ofstream(path) << "\x7f"
                         "ELF";
  EXPECT_EQ(WhyNotPreloadable(path), "");
}

}  // namespace
}  // namespace lastack
