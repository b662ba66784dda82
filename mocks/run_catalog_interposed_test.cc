// Libraries of others, unmodified, have the verdicts in process that they have as drivers on the kernel.
#include "mocks/run_catalog_interposed.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <iterator>
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
  const ResultsById in_process = ById(RunCatalogInterposed(make));
  ExpectAgreement(OnKernel({Runfile("cases/drivers/cpp/" + adapter.name + "_driver")}, QuickCases()), in_process);
  const auto passes = std::count_if(in_process.begin(), in_process.end(),
                                    [](const auto& row) { return row.second.verdict == Verdict::kPass; });
  EXPECT_GE(passes, 35);
}

// SIGPIPE kills who does not ignore it: in the middle of a callback, and the next run begins afresh.
TEST(RunCatalogInterposed, WhoIsKilledStopsWhereItStands) {
  const CatalogOptions options = {.cases = "peer-gone/sigpipe-survived/*"};
  const ResultsById killed = ById(RunCatalogInterposed(MakeLibuv, options));
  EXPECT_EQ(Words(killed.at("peer-gone/sigpipe-survived/injected")), "fail [killed-by-sigpipe]");
  signal(SIGPIPE, SIG_IGN);
  const ResultsById survived = ById(RunCatalogInterposed(MakeLibuv, options));
  signal(SIGPIPE, SIG_DFL);
  EXPECT_EQ(Words(survived.at("peer-gone/sigpipe-survived/injected")), "pass");
}

// The example of README.md.
TEST(Asio, ClosesAsItShould) {
  for (const lastack::CaseResult& result : lastack::RunCatalogInterposed(lastack::MakeAsio)) {
    EXPECT_NE(result.verdict, lastack::Verdict::kFail) << result.case_id << ": " << result.message;
  }
}

TEST(Readme, ShowsTheExampleThatIsTested) {
  const auto read = [](const std::string& path) {
    std::ifstream file(Runfile(path));
    return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  };
  const std::string source = read("mocks/run_catalog_interposed_test.cc");
  const std::string example =
      source.substr(source.find("TEST(Asio,"), source.find("TEST(Readme,") - source.find("TEST(Asio,"));
  EXPECT_NE(read("mocks/README.md").find("```cpp\n" + example.substr(0, example.size() - 1) + "```"),
            std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Of, RunCatalogInterposedTest,
                         testing::Values(Adapter{"asio", MakeAsio, false}, Adapter{"libevent", MakeLibevent, true},
                                         Adapter{"libuv", MakeLibuv, true}),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace lastack
