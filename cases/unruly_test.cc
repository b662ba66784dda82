// Subjects that behave badly toward the harness: each gets an honest verdict in bounded time, and nothing is left
// running.
#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cases/audit.h"
#include "cases/case.h"
#include "harness/testing/runfile.h"

namespace lastack {
namespace {

using ::testing::HasSubstr;

std::string KnownBad() { return Runfile("cases/known_bad/known_bad_client"); }

// What an unruly subject does to the harness does not depend on the case: one of each kind will do.
std::vector<const Case*> SomeCases() {
  std::vector<const Case*> cases;
  for (const char* id : {"always-close/orderly", "check-close/eintr-not-retried", "linger/no-abort-by-default",
                         "peer-gone/reset-on-recv-reported"}) {
    cases.push_back(CasesMatching(id).front());
  }
  return cases;
}

absl::StatusOr<AuditReport> AuditOf(const std::vector<std::string>& command, absl::Duration timeout = absl::Seconds(10),
                                    std::optional<Backend> backend = std::nullopt) {
  AuditOptions options;
  options.command = command;
  options.profile = FindProfile("http-client");
  options.cases = SomeCases();
  options.jobs = 2;
  options.backend = backend;
  options.timeout = timeout;
  absl::StatusOr<Scratch> scratch = Scratch::Create();
  EXPECT_TRUE(scratch.ok()) << scratch.status();
  return Audit(options, *scratch);
}

std::map<std::string, CaseResult> ResultsOf(const std::vector<std::string>& command,
                                            absl::Duration timeout = absl::Seconds(10),
                                            std::optional<Backend> backend = std::nullopt) {
  absl::StatusOr<AuditReport> report = AuditOf(command, timeout, backend);
  EXPECT_TRUE(report.ok()) << report.status();
  std::map<std::string, CaseResult> results;
  if (!report.ok()) return results;
  for (const CaseResult& result : report->results.results) results[result.case_id] = result;
  return results;
}

// Processes whose command line names the known-bad client.
std::set<std::string> Running() {
  std::set<std::string> running;
  DIR* proc = opendir("/proc");
  while (const dirent* entry = readdir(proc)) {
    std::ifstream file(absl::StrCat("/proc/", entry->d_name, "/cmdline"));
    std::stringstream text;
    text << file.rdbuf();
    if (absl::StrContains(text.str(), KnownBad())) running.insert(entry->d_name);
  }
  closedir(proc);
  return running;
}

class UnrulyTest : public testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(Running(), std::set<std::string>()) << "left running"; }
};

void ExpectAll(const std::map<std::string, CaseResult>& results, Verdict verdict, const std::string& message) {
  EXPECT_EQ(results.size(), SomeCases().size());
  for (const auto& [id, result] : results) {
    EXPECT_EQ(result.verdict, verdict) << id << ": " << result.message;
    EXPECT_THAT(result.message, HasSubstr(message)) << id;
  }
}

TEST_F(UnrulyTest, NoSuchProgram) {
  EXPECT_EQ(AuditOf({"no-such-program", "{url}"}).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(UnrulyTest, NotExecutable) {
  const std::string path = absl::StrCat(getenv("TEST_TMPDIR"), "/not-executable");
  std::ofstream(path) << "x";
  EXPECT_EQ(AuditOf({path, "{url}"}).status().code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(UnrulyTest, NotAProgram) {
  const std::string path = absl::StrCat(getenv("TEST_TMPDIR"), "/not-a-program");
  std::ofstream(path) << "\x01\x02";
  chmod(path.c_str(), 0755);
  EXPECT_EQ(AuditOf({path, "{url}"}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(UnrulyTest, DiesAtOnce) {
  ExpectAll(ResultsOf({KnownBad(), "--defect=dies-at-once", "{url}"}), Verdict::kInconclusive, "died by SIGABRT");
}

TEST_F(UnrulyTest, NeverConnects) {
  ExpectAll(ResultsOf({"true", "{url}"}), Verdict::kInconclusive,
            "never connected to the peer; its first process exited with status 0. Does the command run");
}

TEST_F(UnrulyTest, NeverConnectsAndSaysWhy) {
  ExpectAll(
      ResultsOf({"sh", "-c", "echo Traceback >&2; echo at x >&2; echo 'Error: no such module' >&2; exit 3", "{url}"}),
      Verdict::kInconclusive, "exited with status 3 (stderr: Traceback ... Error: no such module)");
}

TEST_F(UnrulyTest, StaticProgramsAreNotJudgedByTheAgent) {
  ExpectAll(ResultsOf({Runfile("cases/reference/http_client_static"), "{url}"}, absl::Seconds(10), Backend::kPreload),
            Verdict::kInconclusive, "never checked in");
}

TEST_F(UnrulyTest, StaticProgramsAreJudgedByTheTracer) {
  for (const auto& [id, result] : ResultsOf({Runfile("cases/reference/http_client_static"), "{url}"})) {
    EXPECT_EQ(result.verdict, Verdict::kPass) << id << ": " << result.message;
    EXPECT_EQ(result.backend, "tracer");
  }
}

TEST_F(UnrulyTest, HangsWithItsSocketsClosed) {
  const auto results = ResultsOf({KnownBad(), "--defect=hangs", "{url}"}, absl::Seconds(1));
  EXPECT_EQ(results.at("always-close/orderly").verdict, Verdict::kPass) << results.at("always-close/orderly").message;
  EXPECT_EQ(results.at("check-close/eintr-not-retried").verdict, Verdict::kPass);
  EXPECT_EQ(results.at("linger/no-abort-by-default").verdict, Verdict::kPass);
  EXPECT_EQ(results.at("peer-gone/reset-on-recv-reported").verdict, Verdict::kInconclusive)
      << "its end says nothing, as it does not end without a fault either";
}

TEST_F(UnrulyTest, FloodsOneGibibyte) {
  const auto results = ResultsOf({KnownBad(), "--defect=floods", "--bytes=1073741824", "{url}"}, absl::Seconds(60));
  EXPECT_EQ(results.at("always-close/orderly").verdict, Verdict::kPass) << results.at("always-close/orderly").message;
}

TEST_F(UnrulyTest, LeavesAProcessBehind) {
  const auto results = ResultsOf({KnownBad(), "--defect=forks-and-detaches", "{url}"});
  EXPECT_NE(results.at("always-close/orderly").verdict, Verdict::kFail) << results.at("always-close/orderly").message;
}

TEST_F(UnrulyTest, ClosesEverything) {
  const auto results = ResultsOf({KnownBad(), "--defect=closes-everything", "{url}"});
  EXPECT_EQ(results.at("always-close/orderly").verdict, Verdict::kPass) << results.at("always-close/orderly").message;
}

TEST_F(UnrulyTest, ClearsItsEnvironment) {
  const auto results = ResultsOf({KnownBad(), "--defect=clears-environment", "{url}"});
  for (const auto& [id, result] : results) EXPECT_EQ(result.verdict, Verdict::kPass) << id << ": " << result.message;
}

TEST_F(UnrulyTest, FiftyExchangesInEachOfEightThreads) {
  const auto results = ResultsOf({KnownBad(), "--defect=threads", "{url}"});
  EXPECT_EQ(results.at("always-close/orderly").verdict, Verdict::kPass) << results.at("always-close/orderly").message;
  EXPECT_EQ(results.at("check-close/eintr-not-retried").verdict, Verdict::kPass);
}

TEST_F(UnrulyTest, PassesItsSocketToAChild) {
  const auto results = ResultsOf({KnownBad(), "--defect=passes-to-child", "{url}"});
  EXPECT_EQ(results.at("always-close/orderly").verdict, Verdict::kPass) << results.at("always-close/orderly").message;
}

TEST_F(UnrulyTest, WhatTheAgentCannotSeeIsNotJudged) {
  for (const char* defect : {"closes-behind", "opens-behind"}) {
    ExpectAll(ResultsOf({KnownBad(), absl::StrCat("--defect=", defect), "{url}"}, absl::Seconds(10), Backend::kPreload),
              Verdict::kInconclusive, "evidence is incomplete");
  }
}

TEST_F(UnrulyTest, TheTracerSeesWhatTheAgentCannot) {
  for (const char* defect : {"closes-behind", "opens-behind"}) {
    const auto results = ResultsOf({KnownBad(), absl::StrCat("--defect=", defect), "{url}"});
    EXPECT_EQ(results.at("always-close/orderly").verdict, Verdict::kPass)
        << defect << ": " << results.at("always-close/orderly").message;
  }
}

// It makes the interrupted close again: the agent's fault is played above it, and only the tracer's comes to it.
TEST_F(UnrulyTest, ALibraryThatDefinesACallIsJudgedByTheTracer) {
  const std::string client = Runfile("cases/reference/http_client");
  const std::string load = absl::StrCat("LD_PRELOAD=", Runfile("harness/agent/libretrying_close.so"));
  ExpectAll(ResultsOf({"env", load, client, "{url}"}, absl::Seconds(10), Backend::kPreload), Verdict::kInconclusive,
            "libretrying_close.so defines close(2) itself");
  const CaseResult result = ResultsOf({"env", load, client, "{url}"}).at("check-close/eintr-not-retried");
  EXPECT_EQ(result.verdict, Verdict::kFail) << result.message;
  EXPECT_EQ(result.finding, "retried-after-eintr");
  EXPECT_EQ(result.backend, "tracer");
}

TEST_F(UnrulyTest, LeftToExitIsAnAdvisory) {
  const CaseResult result = ResultsOf({KnownBad(), "--defect=left-to-exit", "{url}"}).at("always-close/orderly");
  EXPECT_EQ(result.verdict, Verdict::kAdvisory);
  EXPECT_EQ(result.finding, "left-to-exit");
}

}  // namespace
}  // namespace lastack
