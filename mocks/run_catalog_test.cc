// The catalog in process gives the verdicts that it gives on the kernel.
#include "mocks/run_catalog.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "cases/drivers/posix_library.h"

namespace lastack {
namespace {

std::unique_ptr<SocketLibrary> MakePosix(SysApi& sys) { return std::make_unique<PosixLibrary>(sys); }

TEST(RunCatalogTest, Prints) {
  for (const CaseResult& result : RunCatalog(MakePosix)) {
    printf("%s %s %s %s\n", result.case_id.c_str(), VerdictWord(result.verdict), result.finding.c_str(), result.message.c_str());
  }
}

}  // namespace
}  // namespace lastack
