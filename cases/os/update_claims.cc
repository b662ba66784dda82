// Writes cases/os/CLAIMS.md anew.
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "cases/os/report.h"

int main() {
  const char* workspace = getenv("BUILD_WORKSPACE_DIRECTORY");
  if (workspace == nullptr) {
    std::cerr << "run it by:  bazel run //cases/os:update_claims\n";
    return 2;
  }
  std::ofstream page(std::string(workspace) + "/cases/os/CLAIMS.md");
  page << lastack::os::ClaimsPage() << std::flush;
  if (page.good()) return 0;
  std::cerr << "cases/os/CLAIMS.md cannot be written\n";
  return 1;
}
