// Servers that are started, stopped and told apart from what is none.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cases/audit.h"

namespace lastack {
namespace {

std::string ReferenceServer() {
  return absl::StrCat(getenv("TEST_SRCDIR"), "/", getenv("TEST_WORKSPACE"), "/cases/reference/http_server");
}

CaseResult OrderlyOf(const std::vector<std::string>& command, absl::Duration timeout = absl::Seconds(10)) {
  AuditOptions options;
  options.command = command;
  options.profile = FindProfile("http-server");
  options.cases = CasesMatching("always-close/orderly");
  options.timeout = timeout;
  absl::StatusOr<Scratch> scratch = Scratch::Create();
  EXPECT_TRUE(scratch.ok()) << scratch.status();
  absl::StatusOr<AuditReport> report = Audit(options, *scratch);
  EXPECT_TRUE(report.ok()) << report.status();
  return report->results.results.front();
}

void ExpectUndecided(const CaseResult& result, const std::string& why) {
  EXPECT_EQ(result.verdict, Verdict::kInconclusive) << result.message;
  EXPECT_TRUE(absl::StrContains(result.message, why)) << result.message;
}

TEST(ServerTest, ADaemonIsAServerAlthoughItsFirstProcessEnds) {
  const CaseResult result = OrderlyOf({"sh", "-c", absl::StrCat(ReferenceServer(), " {host} {port} & exit 0")});
  EXPECT_EQ(result.verdict, Verdict::kPass) << result.message;
}

TEST(ServerTest, AServerMayComeLate) {
  const CaseResult result =
      OrderlyOf({"sh", "-c", absl::StrCat("sleep 0.2; exec ", ReferenceServer(), " {host} {port}")});
  EXPECT_EQ(result.verdict, Verdict::kPass) << result.message;
}

TEST(ServerTest, AServerThatIgnoresTheStopSignalIsJudgedAndKilled) {
  const CaseResult result =
      OrderlyOf({"sh", "-c", absl::StrCat("trap '' TERM; ", ReferenceServer(), " {host} {port}; sleep 60")});
  EXPECT_EQ(result.verdict, Verdict::kPass) << result.message;
}

TEST(ServerTest, WhoEndsBeforeItListensIsNotJudged) {
  ExpectUndecided(OrderlyOf({"sh", "-c", "echo no such module >&2; exit 3", "{port}"}),
                  "its first process exited with status 3 (stderr: no such module)");
}

TEST(ServerTest, WhoNeverListensIsNotJudged) {
  ExpectUndecided(OrderlyOf({"sh", "-c", "sleep 60", "{port}"}, absl::Milliseconds(300)),
                  "it was running all the time");
}

}  // namespace
}  // namespace lastack
