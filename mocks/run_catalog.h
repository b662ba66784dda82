// The catalog's cases for libraries, in a GoogleTest: no kernel sockets, no processes, no threads, no waiting.
//
//   TEST(MyLibrary, ClosesItsSockets) {
//     // A SocketLibrary, as in cases/drivers/socket_library.h.
//     const auto make = [](SysApi& sys) { return std::make_unique<MyLibrary>(sys); };
//     for (const CaseResult& result : RunCatalog(make)) {
//       EXPECT_NE(result.verdict, Verdict::kFail) << result.case_id << ": " << result.message;
//     }
//   }
//
// The library is asked what a driver is asked (cases/drivers/PORTING.md), with the same faults at the same sites, and
// judged by the same functions: of what they need to see, all is recorded alike. Cases that take a process are
// `unimplemented`, with the reason, and never a pass.
//
// Threads: none; the library must use none either. Allocates.
#ifndef LASTACK_MOCKS_RUN_CATALOG_H_
#define LASTACK_MOCKS_RUN_CATALOG_H_

#include "mocks/needs_cpp20.h"

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "mocks/fake_options.h"
#include "mocks/observe_in_process.h"
#include "reports/results.h"

namespace lastack {

struct CatalogOptions {
  std::string cases = "*";  // ids that match this pattern, or one of several: cases/patterns.h
  FakeOptions network = FakeOptions();
  absl::Duration timeout = absl::Seconds(10);  // of each run, in virtual time
  LibraryStageMaker stage = nullptr;           // for who makes its calls itself: run_catalog_interposed.h
};

// In the catalog's order.
[[nodiscard]] std::vector<CaseResult> RunCatalog(const LibraryMaker& make,
                                                 const CatalogOptions& options = CatalogOptions());

}  // namespace lastack

#endif  // LASTACK_MOCKS_RUN_CATALOG_H_
