// The catalog's cases for a socket library, in the process of a GoogleTest: the library runs on a fake network, without
// a kernel socket and without waiting, and is judged by the same rules as a driver of it on the kernel.
//
//   const CatalogRun run = RunCatalog([] { return std::make_unique<MyLibrary>(); });
//   for (const CaseResult& result : run.results) {
//     EXPECT_NE(result.verdict, Verdict::kFail) << result.case_id << ": " << result.message;
//   }
//
// The library makes its calls as it always does (interposition.h); for each run it is made anew. A wait that cannot end
// is what a run's timeout is on the kernel.
//
// Cases are left out, and named, that the fake cannot play: with the library as the listener, with a second thread,
// with programs that it starts, with sockets that it inherits, with faults that take a kernel. poll, select and epoll
// are no sites here: interrupted/poll and its like are not-applicable.
//
// Threads: one; the library starts none that makes calls on sockets. Allocates.
#ifndef LASTACK_MOCKS_RUN_CATALOG_H_
#define LASTACK_MOCKS_RUN_CATALOG_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cases/drivers/socket_library.h"
#include "reports/results.h"

namespace lastack {

struct CatalogRun {
  std::vector<CaseResult> results;
  std::vector<std::string> not_played;  // ids of cases
};

// `cases`: a glob over their ids.
[[nodiscard]] CatalogRun RunCatalog(const std::function<std::unique_ptr<SocketLibrary>()>& make_library,
                                    const std::string& cases = "*");

}  // namespace lastack

#endif  // LASTACK_MOCKS_RUN_CATALOG_H_
