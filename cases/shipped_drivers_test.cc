// The drivers of real libraries (cases/drivers/PORTING.md): each is written correctly, and offers what it says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cases/audit.h"
#include "cases/driver_check.h"
#include "harness/testing/runfile.h"

namespace lastack {
namespace {

using Outcome = DriverFinding::Outcome;

struct Shipped {
  const char* interpreter;  // "" of a program
  const char* file;         // below cases/drivers
  const char* hello;        // what it calls itself, and its capabilities
  const char* lacks;        // what driver-check asked of it in vain, in its order

  std::vector<std::string> Command() const {
    const std::string path = Runfile(absl::StrCat("cases/drivers/", file));
    if (interpreter[0] == '\0') return {path};
    return {interpreter, path};
  }
};

void PrintTo(const Shipped& driver, std::ostream* out) { *out << driver.file; }

constexpr Shipped kShipped[] = {
    {"", "cpp/asio_driver", "asio, capabilities: abort", "concurrent"},
    {"", "cpp/gio_driver", "gio, no capabilities", "set-linger abort concurrent"},
    {"", "cpp/libevent_driver", "libevent, no capabilities",
     "finish set-linger shutdown-receive shutdown-both abort concurrent"},
    {"", "cpp/libuv_driver", "libuv, capabilities: abort", "set-linger shutdown-receive shutdown-both concurrent"},
    {"", "go/net_driver", "go-net, capabilities: abort concurrent", "shutdown-both"},
    {"", "java/channel_driver", "java-channels, capabilities: abort concurrent", "shutdown-both"},
    {"", "java/socket_driver", "java-socket, capabilities: abort concurrent", "shutdown-both"},
    {"node", "node/net_driver.js", "node-net, capabilities: abort concurrent",
     "set-linger shutdown-receive shutdown-both"},
    {"perl", "perl/socket_driver.pl", "perl-io-socket, capabilities: abort", "concurrent"},
    {"", "posix_driver", "posix, capabilities: abort concurrent", ""},
    {"python3", "python/asyncio_driver.py", "python-asyncio, capabilities: abort concurrent",
     "shutdown-receive shutdown-both"},
    {"python3", "python_socket_driver.py", "python-socket, capabilities: abort concurrent", ""},
    {"ruby", "ruby/socket_driver.rb", "ruby-socket, capabilities: abort concurrent", ""},
    {"", "rust/net_driver", "rust-std-net, no capabilities", "set-linger abort concurrent"},
};

class ShippedDriversTest : public testing::TestWithParam<Shipped> {};

TEST_P(ShippedDriversTest, IsRightAndOffersWhatItSays) {
  absl::StatusOr<Scratch> scratch = Scratch::Create();
  ASSERT_TRUE(scratch.ok()) << scratch.status();
  const DriverCheckOptions options = {.command = GetParam().Command(), .environment = {}, .timeout = absl::Seconds(20)};
  const absl::StatusOr<std::vector<DriverFinding>> findings = CheckDriver(options, *scratch);
  ASSERT_TRUE(findings.ok()) << findings.status() << "; tools/setup test installs what is missing";
  std::vector<std::string> lacks;
  for (const DriverFinding& finding : *findings) {
    EXPECT_NE(finding.outcome, Outcome::kWrong) << finding.what << ": " << finding.words;
    if (finding.outcome == Outcome::kNotOffered) lacks.push_back(finding.what);
  }
  EXPECT_EQ(findings->front().words, GetParam().hello);
  EXPECT_EQ(absl::StrJoin(lacks, " "), GetParam().lacks);
}

std::string FileName(const testing::TestParamInfo<Shipped>& info) {
  std::string name = info.param.file;
  for (char& letter : name) letter = letter == '/' || letter == '.' ? '_' : letter;
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, ShippedDriversTest, testing::ValuesIn(kShipped), FileName);

Results Judged(const char* name, const char* file) {
  const auto* const driver = std::find_if(std::begin(kShipped), std::end(kShipped),
                                          [&](const Shipped& one) { return one.file == std::string(file); });
  AuditOptions options;
  options.command = driver->Command();
  options.profile = FindProfile("driver");
  options.cases = CasesMatching(name);
  options.timeout = absl::Seconds(20);
  absl::StatusOr<Scratch> scratch = Scratch::Create();
  EXPECT_TRUE(scratch.ok()) << scratch.status();
  absl::StatusOr<AuditReport> report = Audit(options, *scratch);
  EXPECT_TRUE(report.ok()) << report.status();
  return report->results;
}

TEST(ShippedDriversAuditTest, AsyncioClosesInGoodOrder) {
  const CaseResult result = Judged("always-close/orderly", "python/asyncio_driver.py").results.front();
  EXPECT_EQ(result.verdict, Verdict::kPass) << result.message;
}

// Its close is shutdown(2) and then close(2): the peer must not end at the first, or nothing is left to be reset.
TEST(ShippedDriversAuditTest, JavaMeetsAResetBetweenShutdownAndClose) {
  const CaseResult result = Judged("peer-gone/reset-during-close", "java/socket_driver").results.front();
  EXPECT_EQ(result.verdict, Verdict::kPass) << result.message;
}

// Linked with the C library or not: it makes its calls without it.
TEST(ShippedDriversAuditTest, GoIsJudgedByTheTracer) {
  const Results results = Judged("always-close/orderly", "go/net_driver");
  EXPECT_EQ(results.results.front().verdict, Verdict::kPass) << results.results.front().message;
  EXPECT_THAT(results.environment, testing::Contains(testing::Pair("backend", testing::StartsWith("tracer, since"))));
}

}  // namespace
}  // namespace lastack
