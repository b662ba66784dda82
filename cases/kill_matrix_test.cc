// Every case is able to fail, and fails only what is wrong: the reference client passes everything, and each known-bad
// client fails the cases that name it, by a finding of theirs, and no other.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cases/audit.h"
#include "cases/case.h"

namespace lastack {
namespace {

std::string Runfile(const std::string& path) { return absl::StrCat(getenv("TEST_SRCDIR"), "/", getenv("TEST_WORKSPACE"), "/", path); }

std::map<std::string, CaseResult> AuditOf(const std::vector<std::string>& command) {
  AuditOptions options;
  options.command = command;
  options.profile = FindProfile("http-client");
  options.cases = CasesMatching("*");
  options.jobs = 2;
  absl::StatusOr<Scratch> scratch = Scratch::Create();
  EXPECT_TRUE(scratch.ok()) << scratch.status();
  absl::StatusOr<AuditReport> report = Audit(options, *scratch);
  EXPECT_TRUE(report.ok()) << report.status();
  std::map<std::string, CaseResult> results;
  for (const CaseResult& result : report->results.results) results[result.case_id] = result;
  return results;
}

std::map<std::string, CaseResult> AuditOfDefect(const std::string& defect) {
  return AuditOf({Runfile("cases/known_bad/known_bad_client"), "--defect=" + defect, "{url}"});
}

void ExpectPass(const CaseResult& result) {
  EXPECT_EQ(result.verdict, Verdict::kPass) << result.case_id << ": " << VerdictWord(result.verdict) << " " << result.finding << " "
                                            << result.message << "\nrepeat: " << result.replay;
}

// Neither a violation nor a doubt.
void ExpectInnocent(const CaseResult& result) {
  const bool innocent = result.verdict == Verdict::kPass || result.verdict == Verdict::kObserved ||
                        result.verdict == Verdict::kNotApplicable;
  EXPECT_TRUE(innocent) << result.case_id << ": " << VerdictWord(result.verdict) << " " << result.finding << " " << result.message
                        << "\nrepeat: " << result.replay;
}

TEST(KillMatrixTest, TheReferenceClientPassesEverythingThatApplies) {
  for (const auto& [id, result] : AuditOf({Runfile("cases/reference/http_client"), "{url}"})) ExpectInnocent(result);
}

// It waits by poll, and epoll has a case of its own.
TEST(KillMatrixTest, TheReferenceClientWithHalfClosePassesEverythingButEpoll) {
  for (const auto& [id, result] : AuditOf({Runfile("cases/reference/http_client"), "--half-close", "{url}"})) {
    if (id != "interrupted/epoll") ExpectPass(result);
  }
}

TEST(KillMatrixTest, TheControlWithoutDefectPassesEverything) {
  for (const auto& [id, result] : AuditOfDefect("none")) ExpectInnocent(result);
}

// One audit a defect: every case that names it fails, by a finding of its own, and no other case finds anything.
class DefectTest : public testing::TestWithParam<std::string> {};

bool Names(const Case& one, const std::string& defect) {
  return std::find(one.defects.begin(), one.defects.end(), defect) != one.defects.end();
}

void ExpectKilledBy(const Case& one, const CaseResult& result) {
  const Verdict wanted = result.level == "MUST" && result.realism != "adversarial" ? Verdict::kFail : Verdict::kAdvisory;
  EXPECT_STREQ(VerdictWord(result.verdict), VerdictWord(wanted)) << result.message << "\nrepeat: " << result.replay;
  bool own_finding = false;
  for (const Finding& finding : one.findings) own_finding = own_finding || result.finding == finding.code;
  EXPECT_TRUE(own_finding) << "'" << result.finding << "' is no finding of " << one.id;
  EXPECT_FALSE(result.evidence.empty() && result.observed.empty());
}

TEST_P(DefectTest, FailsTheCasesThatNameItAndNoOther) {
  const std::string& defect = GetParam();
  const std::map<std::string, CaseResult> results = AuditOfDefect(defect);
  for (const Case& one : Cases()) {
    SCOPED_TRACE(one.id);
    const CaseResult& result = results.at(one.id);
    if (Names(one, defect)) {
      ExpectKilledBy(one, result);
    } else {
      ExpectInnocent(result);
    }
  }
}

std::set<std::string> Defects() {
  std::set<std::string> defects;
  for (const Case& one : Cases()) {
    EXPECT_FALSE(one.defects.empty()) << one.id << " has no known-bad subject";
    defects.insert(one.defects.begin(), one.defects.end());
  }
  return defects;
}

INSTANTIATE_TEST_SUITE_P(All, DefectTest, testing::ValuesIn(Defects()), [](const auto& row) {
  std::string name = row.param;
  for (char& c : name) c = isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
});

}  // namespace
}  // namespace lastack
