// Writes the golden files anew from testdata/results.json; look at the difference before you keep it:
//
//   bazel run //reports:update_goldens && git diff reports/testdata
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "reports/golden.h"
#include "reports/results.h"

namespace lastack {
namespace {

int UpdateGoldens(const std::string& workspace) {
  const std::string directory = absl::StrCat(workspace, "/", kGoldenDirectory);
  std::ifstream input(absl::StrCat(directory, "/results.json"), std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(input)), std::istreambuf_iterator<char>());
  const absl::StatusOr<Results> results = ResultsFromJson(text);
  if (!results.ok()) {
    std::cerr << directory << "/results.json:\n" << results.status().message() << "\n";
    return 1;
  }
  for (const Golden& golden : kGoldens) {
    const std::string path = absl::StrCat(directory, "/", golden.file);
    std::ofstream output(path, std::ios::binary);
    output << golden.render(*results);
    output.close();
    if (!output) {
      std::cerr << "cannot write " << path << "\n";
      return 1;
    }
  }
  return 0;
}

}  // namespace
}  // namespace lastack

int main() {
  const char* workspace = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  if (workspace == nullptr) {
    std::cerr << "Run it with:  bazel run //reports:update_goldens\n";
    return 2;
  }
  return lastack::UpdateGoldens(workspace);
}
