#include "reports/read_file.h"

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lastack {
namespace {

using ::testing::HasSubstr;

constexpr FileKind kKind = {.what = "the waivers", .remedy = "write them"};

absl::Status ErrorOf(const std::string& path) { return ReadFile(path, kKind, 1000).status(); }

TEST(ReadFile, GivesAllBytes) {
  const std::string path = absl::StrCat(testing::TempDir(), "/read_file");
  const std::string text("a\0b\n", 4);
  std::ofstream(path, std::ios::binary) << text;
  EXPECT_EQ(ReadFile(path, kKind).value(), text);
}

TEST(ReadFile, SaysWhatWhichWhyAndTheRemedy) {
  EXPECT_EQ(ErrorOf("/nowhere/x"),
            absl::InvalidArgumentError("cannot read the waivers /nowhere/x: No such file or directory; write them"));
  EXPECT_EQ(ErrorOf("/"), absl::InvalidArgumentError("cannot read the waivers /: Is a directory; write them"));
}

TEST(ReadFile, EndsWhereAFileDoesNot) {
  EXPECT_EQ(
      ErrorOf("/dev/zero"),
      absl::InvalidArgumentError("cannot read the waivers /dev/zero: it is larger than any such file; write them"));
}

TEST(ReadResults, NamesTheFile) {
  const std::string path = absl::StrCat(testing::TempDir(), "/results.json");
  std::ofstream(path) << "{";
  EXPECT_THAT(std::string(ReadResults(path).status().message()), HasSubstr(absl::StrCat(path, ": parse error")));
  EXPECT_THAT(std::string(ReadResults("/nowhere").status().message()),
              HasSubstr("cannot read the results /nowhere: No such file"));
}

}  // namespace
}  // namespace lastack
