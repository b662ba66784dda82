// Writes cases/REQUIREMENTS.md anew.
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "cases/requirements_page.h"

int main() {
  const char* workspace = getenv("BUILD_WORKSPACE_DIRECTORY");
  if (workspace == nullptr) {
    std::cerr << "run it by:  bazel run //cases:update_requirements\n";
    return 2;
  }
  std::ofstream page(std::string(workspace) + "/cases/REQUIREMENTS.md");
  page << lastack::RequirementsPage() << std::flush;
  if (page.good()) return 0;
  std::cerr << "cases/REQUIREMENTS.md cannot be written\n";
  return 1;
}
