// The reports of the sample audit must be the golden files, byte for byte. After a change that is meant, run
//   bazel run //reports:update_goldens
// and look at the difference.
#include "reports/golden.h"

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "reports/results.h"

namespace lastack {
namespace {

std::string ReadGolden(const std::string& file) {
  std::ifstream input(absl::StrCat(kGoldenDirectory, "/", file), std::ios::binary);
  EXPECT_TRUE(input.is_open()) << file;
  return std::string(std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>());
}

std::string FirstDifference(const std::string& golden, const std::string& actual) {
  const std::vector<std::string> expected = absl::StrSplit(golden, '\n');
  const std::vector<std::string> lines = absl::StrSplit(actual, '\n');
  size_t i = 0;
  while (i < expected.size() && i < lines.size() && expected[i] == lines[i]) ++i;
  return absl::StrCat("line ", i + 1, "\n  golden: ", i < expected.size() ? expected[i] : "(no line)",
                      "\n  actual: ", i < lines.size() ? lines[i] : "(no line)");
}

class GoldenFiles : public testing::TestWithParam<Golden> {};

TEST_P(GoldenFiles, AreWhatTheSampleGives) {
  const absl::StatusOr<Results> sample = ResultsFromJson(ReadGolden("results.json"));
  ASSERT_TRUE(sample.ok()) << sample.status();
  const std::string golden = ReadGolden(GetParam().file);
  const std::string actual = GetParam().render(*sample);
  EXPECT_TRUE(golden == actual) << "reports/testdata/" << GetParam().file << " differs at "
                                << FirstDifference(golden, actual)
                                << "\nIf the change is meant:  bazel run //reports:update_goldens";
}

INSTANTIATE_TEST_SUITE_P(All, GoldenFiles, testing::ValuesIn(kGoldens),
                         [](const auto& info) { return absl::StrCat("Number", info.index); });

}  // namespace
}  // namespace lastack
