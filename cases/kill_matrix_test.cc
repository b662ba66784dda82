// Every case is able to fail, and fails only what is wrong: the reference client passes everything, and each known-bad
// client fails its own case, by that case's own finding, and nothing else.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <map>
#include <string>

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

TEST(KillMatrixTest, TheReferenceClientPassesEverything) {
  for (const auto& [id, result] : AuditOf({Runfile("cases/reference/http_client"), "{url}"})) ExpectPass(result);
}

TEST(KillMatrixTest, TheReferenceClientWithHalfClosePassesEverything) {
  for (const auto& [id, result] : AuditOf({Runfile("cases/reference/http_client"), "--half-close", "{url}"})) ExpectPass(result);
}

TEST(KillMatrixTest, TheControlWithoutDefectPassesEverything) {
  for (const auto& [id, result] : AuditOfDefect("none")) ExpectPass(result);
}

class DefectTest : public testing::TestWithParam<std::pair<std::string, std::string>> {};

TEST_P(DefectTest, FailsItsOwnCaseOnly) {
  const auto& [case_id, defect] = GetParam();
  const Case* own = CasesMatching(case_id).front();
  for (const auto& [id, result] : AuditOfDefect(defect)) {
    if (id != case_id) {
      ExpectPass(result);
      continue;
    }
    EXPECT_EQ(result.verdict, Verdict::kFail) << result.message << "\nrepeat: " << result.replay;
    bool own_finding = false;
    for (const Finding& finding : own->findings) own_finding = own_finding || result.finding == finding.code;
    EXPECT_TRUE(own_finding) << "'" << result.finding << "' is no finding of " << case_id;
    EXPECT_FALSE(result.evidence.empty() && result.observed.empty());
  }
}

std::vector<std::pair<std::string, std::string>> Rows() {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Case& one : Cases()) {
    EXPECT_FALSE(one.defects.empty()) << one.id << " has no known-bad subject";
    for (const std::string& defect : one.defects) rows.emplace_back(one.id, defect);
  }
  return rows;
}

INSTANTIATE_TEST_SUITE_P(All, DefectTest, testing::ValuesIn(Rows()), [](const auto& row) {
  std::string name = row.param.second;
  for (char& c : name) c = isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
});

}  // namespace
}  // namespace lastack
