// Libraries of others, unmodified, have the verdicts in process that they have as drivers on the kernel.
#include "mocks/run_catalog_interposed.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "cases/drivers/cpp/asio_library.h"
#include "cases/drivers/cpp/libevent_library.h"
#include "cases/drivers/cpp/libuv_library.h"
#include "harness/testing/runfile.h"
#include "mocks/catalog_agreement.h"

namespace lastack {
namespace {

struct Adapter {
  std::string name;
  std::unique_ptr<SocketLibrary> (*make)();
  bool ignores_sigpipe;  // as its driver
};

void PrintTo(const Adapter& adapter, std::ostream* out) { *out << adapter.name; }

class RunCatalogInterposedTest : public testing::TestWithParam<Adapter> {};

TEST_P(RunCatalogInterposedTest, AgreesWithTheKernel) {
  const Adapter& adapter = GetParam();
  const auto make = [&] {
    if (adapter.ignores_sigpipe) signal(SIGPIPE, SIG_IGN);
    return adapter.make();
  };
  ExpectAgreement(OnKernel({Runfile("cases/drivers/cpp/" + adapter.name + "_driver")}, QuickCases()),
                  ById(RunCatalogInterposed(make)));
}

INSTANTIATE_TEST_SUITE_P(Of, RunCatalogInterposedTest,
                         testing::Values(Adapter{"asio", MakeAsio, false}, Adapter{"libevent", MakeLibevent, true},
                                         Adapter{"libuv", MakeLibuv, true}),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace lastack
