// The catalog's cases in a GoogleTest (run_catalog.h) for a library that makes its socket calls itself, unmodified: its
// calls are interposed (interposition.h), and come to the run as if it had made them of the SysApi.
//
//   TEST(MyLibrary, ClosesItsSockets) {
//     for (const CaseResult& result : RunCatalogInterposed([] { return std::make_unique<MyLibrary>(); })) {
//       EXPECT_NE(result.verdict, Verdict::kFail) << result.case_id << ": " << result.message;
//     }
//   }
//
// Each run is a ScopedInterposition of its own, and makes the library anew: what a library keeps from one to the next
// (a default event loop, a pool of connections) is not to have descriptors in it.
//
// Threads: in each run one, in which all of the library's code runs while the caller's waits; the library must have
// none of its own. If it is killed (SIGPIPE, or its time is up), that thread stops where it stands, for good: neither
// its objects nor the real descriptors that it has are given back.
#ifndef LASTACK_MOCKS_RUN_CATALOG_INTERPOSED_H_
#define LASTACK_MOCKS_RUN_CATALOG_INTERPOSED_H_

#include <functional>
#include <memory>
#include <vector>

#include "cases/drivers/socket_library.h"
#include "mocks/run_catalog.h"
#include "reports/results.h"

namespace lastack {

// In the catalog's order.
[[nodiscard]] std::vector<CaseResult> RunCatalogInterposed(const std::function<std::unique_ptr<SocketLibrary>()>& make,
                                                           CatalogOptions options = CatalogOptions());

}  // namespace lastack

#endif  // LASTACK_MOCKS_RUN_CATALOG_INTERPOSED_H_
