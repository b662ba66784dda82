// Every case is able to fail, and fails only what is wrong: the reference client and server pass everything, and each
// known-bad one fails the cases that name its defect, by a finding of theirs, and no other.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cases/audit.h"
#include "cases/case.h"
#include "cases/judge.h"
#include "cases/requirement.h"
#include "harness/testing/runfile.h"

namespace lastack {
namespace {

// What is instrumented takes its time.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LASTACK_SLOW 1
#endif
#endif
#ifdef LASTACK_SLOW
constexpr int kSlowness = 2;
#else
constexpr int kSlowness = 1;
#endif

// A program that can be wrong in one way by name, and the profile that it is judged by.
struct KnownBad {
  const char* program;
  const char* profile;
  std::vector<std::string> operands;
  std::vector<std::string> defects;  // all that it knows
};

#define LASTACK_DEFECT(name, Function, sentence) name,
const std::vector<std::string>& ClientDefects() {
  static const auto* defects = new std::vector<std::string>{
#include "cases/known_bad/defects.inc"
  };
  return *defects;
}
#define LASTACK_DEFECT(name, Sys, sentence) name,
const std::vector<std::string>& ServerDefects() {
  static const auto* defects = new std::vector<std::string>{
#include "cases/known_bad/server_defects.inc"
  };
  return *defects;
}

#define LASTACK_DEFECT(name, Sys, sentence) name,
const std::vector<std::string>& DriverDefects() {
  static const auto* defects = new std::vector<std::string>{
#include "cases/known_bad/driver_defects.inc"
  };
  return *defects;
}

// An answer that no narrow connection takes at once.
constexpr char kMuch[] = "--bytes=65536";

const KnownBad& Client() {
  static const auto* client = new KnownBad{"known_bad_client", "http-client", {"{url}"}, ClientDefects()};
  return *client;
}

const KnownBad& Server() {
  static const auto* server =
      new KnownBad{"known_bad_server", "http-server", {kMuch, "{host}", "{port}"}, ServerDefects()};
  return *server;
}

const KnownBad& Driver() {
  static const auto* driver = new KnownBad{"known_bad_driver", "driver", {}, DriverDefects()};
  return *driver;
}

const std::vector<const KnownBad*>& Programs() {
  static const auto* programs = new std::vector<const KnownBad*>{&Client(), &Server(), &Driver()};
  return *programs;
}

bool Knows(const KnownBad& program, const std::string& defect) {
  return std::find(program.defects.begin(), program.defects.end(), defect) != program.defects.end();
}

// Whether the case names the defect, which the program has.
bool MustFail(const KnownBad& program, const std::string& defect, const Case& one) {
  const bool named = std::find(one.defects.begin(), one.defects.end(), defect) != one.defects.end();
  return named && Knows(program, defect) && Concerns(one, *FindProfile(program.profile));
}

// As the target says: the matrix holds under both.
Backend TestedBackend() {
  const char* name = getenv("LASTACK_TEST_BACKEND");
  return name != nullptr && absl::string_view(name) == BackendName(Backend::kTracer) ? Backend::kTracer
                                                                                     : Backend::kPreload;
}

bool TakesItsTime(const Case& one) { return FindRequirement(one.requirement)->tier == "full"; }

// Of the cases that take their time, those that name the defect; with no word for a defect, none.
std::vector<const Case*> CasesFor(const Profile& profile, const std::string& defect) {
  std::vector<const Case*> cases;
  for (const Case* one : CasesMatching("*")) {
    const bool named = std::find(one->defects.begin(), one->defects.end(), defect) != one->defects.end();
    if ((named || !TakesItsTime(*one)) && Concerns(*one, profile)) cases.push_back(one);
  }
  return cases;
}

std::map<std::string, CaseResult> AuditOf(const std::string& profile, const std::vector<std::string>& command,
                                          const std::vector<const Case*>& cases) {
  AuditOptions options;
  options.command = command;
  options.profile = FindProfile(profile);
  options.cases = cases;
  options.jobs = 16;  // runs mostly wait
  // A driver's close that lingers too long is told after four seconds.
  options.timeout = kSlowness * (profile == "driver" ? absl::Seconds(7) : absl::Seconds(6));
  options.backend = TestedBackend();
  absl::StatusOr<Scratch> scratch = Scratch::Create();
  EXPECT_TRUE(scratch.ok()) << scratch.status();
  absl::StatusOr<AuditReport> report = Audit(options, *scratch);
  EXPECT_TRUE(report.ok()) << report.status();
  std::map<std::string, CaseResult> results;
  for (const CaseResult& result : report->results.results) results[result.case_id] = result;
  EXPECT_EQ(results.size(), cases.size());
  return results;
}

std::map<std::string, CaseResult> AuditOf(const std::string& profile, const std::vector<std::string>& command) {
  return AuditOf(profile, command, CasesFor(*FindProfile(profile), ""));
}

std::map<std::string, CaseResult> AuditOfDefect(const KnownBad& program, const std::string& defect) {
  std::vector<std::string> command = {Runfile(absl::StrCat("cases/known_bad/", program.program)), "--defect=" + defect};
  command.insert(command.end(), program.operands.begin(), program.operands.end());
  return AuditOf(program.profile, command, CasesFor(*FindProfile(program.profile), defect));
}

void ExpectPass(const CaseResult& result) {
  EXPECT_EQ(result.verdict, Verdict::kPass) << result.case_id << ": " << VerdictWord(result.verdict) << " "
                                            << result.finding << " " << result.message << "\nrepeat: " << result.replay;
}

// Neither a violation nor a doubt.
void ExpectInnocent(const CaseResult& result) {
  const bool innocent = result.verdict == Verdict::kPass || result.verdict == Verdict::kObserved ||
                        result.verdict == Verdict::kNotApplicable;
  EXPECT_TRUE(innocent) << result.case_id << ": " << VerdictWord(result.verdict) << " " << result.finding << " "
                        << result.message << "\nrepeat: " << result.replay;
}

// Of a case that the defect is not for. A server that ends, or a driver that gets no answer, takes from others what
// they need to judge.
void ExpectNoFinding(const CaseResult& result) {
  const bool blind = result.verdict == Verdict::kInconclusive || result.verdict == Verdict::kUnexercised;
  if (!blind) ExpectInnocent(result);
}

// The first of several faults was met in a way that leaves the next one no site: who does not send the rest of a short
// send meets no reset at it.
bool LeftNoSiteForTheNext(const CaseResult& result) {
  return result.verdict == Verdict::kUnexercised && result.faults.size() > 1 && result.faults.front().fired > 0;
}

void ExpectKilledBy(const Case& one, const CaseResult& result) {
  // What a server of HTTP should do is a must for others.
  const bool softened = result.level != "MUST" || result.realism == "adversarial" ||
                        one.id == std::string("half-close/peer-finishes-first");
  // Where nothing is asked of anybody, the finding is a fact.
  const bool fact = result.level == "MAY" && result.verdict == Verdict::kObserved;
  const Verdict wanted = fact ? Verdict::kObserved : softened ? Verdict::kAdvisory : Verdict::kFail;
  EXPECT_STREQ(VerdictWord(result.verdict), VerdictWord(wanted)) << result.message << "\nrepeat: " << result.replay;
  bool own_finding = false;
  for (const Finding& finding : one.findings) own_finding = own_finding || result.finding == finding.code;
  EXPECT_TRUE(own_finding) << "'" << result.finding << "' is no finding of " << one.id;
  EXPECT_FALSE(result.evidence.empty() && result.observed.empty());
}

TEST(KillMatrixTest, TheReferenceClientPassesEverythingThatApplies) {
  for (const auto& [id, result] : AuditOf("http-client", {Runfile("cases/reference/http_client"), "{url}"})) {
    ExpectInnocent(result);
  }
}

// It waits by poll, and epoll has a case of its own; it starts no program; when it closes, both ends have finished, and
// nothing can be reset. Twice, for the case that needs two connections.
TEST(KillMatrixTest, TheReferenceClientWithHalfClosePassesEverythingThatItMeets) {
  for (const auto& [id, result] :
       AuditOf("http-client", {Runfile("cases/reference/http_client"), "--half-close", "{url}", "{url}"})) {
    if (id != "interrupted/epoll" && id != "always-close/not-inherited" && id != "peer-gone/reset-during-close") {
      ExpectPass(result);
    }
  }
}

TEST(KillMatrixTest, TheReferenceServerPassesEverythingThatApplies) {
  for (const auto& [id, result] :
       AuditOf("http-server", {Runfile("cases/reference/http_server"), kMuch, "{host}", "{port}"})) {
    ExpectInnocent(result);
  }
  for (const auto& [id, result] :
       AuditOf("echo-server", {Runfile("cases/reference/http_server"), "--echo", "{host}", "{port}"})) {
    ExpectInnocent(result);
  }
}

TEST(KillMatrixTest, TheReferenceDriverPassesEverythingThatApplies) {
  int passed = 0;
  for (const auto& [id, result] : AuditOf("driver", {Runfile("cases/drivers/posix_driver")})) {
    ExpectInnocent(result);
    passed += result.verdict == Verdict::kPass ? 1 : 0;
  }
  EXPECT_GE(passed, 30);
}

// In a time that is short enough for a test.
TEST(KillMatrixTest, TheReferencesGiveUpWhoIsSilent) {
  const std::string patience = "--patience-ms=300";
  const auto expect_passes = [](const std::string& profile, const std::vector<std::string>& command) {
    std::vector<const Case*> cases;
    for (const Case* one : CasesMatching("*")) {
      const bool may = FindRequirement(one->requirement)->level == "MAY";
      if (TakesItsTime(*one) && !may && Concerns(*one, *FindProfile(profile))) cases.push_back(one);
    }
    EXPECT_FALSE(cases.empty());
    for (const auto& [id, result] : AuditOf(profile, command, cases)) ExpectPass(result);
  };
  expect_passes("http-client", {Runfile("cases/reference/http_client"), patience, "{url}"});
  expect_passes("http-server", {Runfile("cases/reference/http_server"), patience, "{host}", "{port}"});
}

// socket.create_connection closes the socket that was refused, and an error of that close is all that its caller gets.
// The version decides whether it does.
TEST(KillMatrixTest, PythonsSocketsPassEverythingElseThatApplies) {
  for (const auto& [id, result] : AuditOf("driver", {"python3", Runfile("cases/drivers/python_socket_driver.py")})) {
    SCOPED_TRACE(id);
    const bool hides = id == "check-close/errno-preserved/connect" && result.verdict == Verdict::kAdvisory;
    if (!hides) ExpectInnocent(result);
  }
}

// Its children close behind their answer, whatever else has come.
TEST(KillMatrixTest, AServerThatForksPassesEverythingElseThatApplies) {
  auto results =
      AuditOf("http-server", {Runfile("cases/known_bad/known_bad_server"), "--defect=forks", "{host}", "{port}"});
  for (const auto& [id, result] : results) {
    if (id != "half-close/drains-before-close") ExpectInnocent(result);
  }
  EXPECT_EQ(results["always-close/parent-copy"].verdict, Verdict::kPass);
}

// The clients that met a failure are lost; those behind them are served.
TEST(KillMatrixTest, AServerThatMakesRoomServesOn) {
  auto results =
      AuditOf("http-server", {Runfile("cases/known_bad/known_bad_server"), "--defect=makes-room", "{host}", "{port}"});
  for (const auto& [id, result] : results) ExpectInnocent(result);
  EXPECT_EQ(results["always-close/accept-fails"].verdict, Verdict::kPass);
  EXPECT_EQ(results["always-close/accept-fails/spin"].verdict, Verdict::kPass);
}

TEST(KillMatrixTest, AnEchoServerMustAnswerAfterFin) {
  auto results = AuditOf("echo-server", {Runfile("cases/known_bad/known_bad_server"), "--defect=drops-answer-on-fin",
                                         "--echo", "{host}", "{port}"});
  EXPECT_EQ(results["half-close/peer-finishes-first"].verdict, Verdict::kFail);
}

TEST(KillMatrixTest, TheControlsWithoutDefectPassEverything) {
  for (const KnownBad* program : Programs()) {
    for (const auto& [id, result] : AuditOfDefect(*program, "none")) ExpectInnocent(result);
  }
}

TEST(KillMatrixTest, EveryCaseHasAKnownBadSubject) {
  for (const Case& one : Cases()) {
    const bool has = std::any_of(one.defects.begin(), one.defects.end(), [&](const std::string& defect) {
      return std::any_of(Programs().begin(), Programs().end(),
                         [&](const KnownBad* program) { return MustFail(*program, defect, one); });
    });
    EXPECT_TRUE(has) << one.id << " has no known-bad subject";
  }
}

struct Row {
  const KnownBad* program;
  std::string defect;
  std::vector<const Case*> own;  // the cases that it must fail
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.program->program << " --defect=" << row.defect; }

class DefectTest : public testing::TestWithParam<Row> {};

TEST_P(DefectTest, FailsItsOwnCasesOnly) {
  const Row& row = GetParam();
  for (const auto& [id, result] : AuditOfDefect(*row.program, row.defect)) {
    const auto own =
        std::find_if(row.own.begin(), row.own.end(), [&name = id](const Case* one) { return name == one->id; });
    SCOPED_TRACE(id);
    // A case may have no site in one of the programs, and be killed in the other.
    const bool has_site = row.program == &Client() || result.verdict != Verdict::kNotApplicable;
    if (own != row.own.end() && has_site) {
      ExpectKilledBy(**own, result);
    } else if (row.program != &Client() || LeftNoSiteForTheNext(result)) {
      ExpectNoFinding(result);
    } else {
      ExpectInnocent(result);
    }
  }
}

std::vector<Row> Rows() {
  std::vector<Row> rows;
  for (const KnownBad* program : Programs()) {
    for (const std::string& defect : program->defects) {
      Row row = {program, defect, {}};
      for (const Case& one : Cases()) {
        if (MustFail(*program, defect, one)) row.own.push_back(&one);
      }
      if (!row.own.empty()) rows.push_back(row);
    }
  }
  return rows;
}

INSTANTIATE_TEST_SUITE_P(All, DefectTest, testing::ValuesIn(Rows()), [](const auto& row) {
  std::string name = absl::StrCat(row.param.program->profile, "_", row.param.defect);
  for (char& c : name) c = isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
});

}  // namespace
}  // namespace lastack
