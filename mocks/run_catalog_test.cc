#include "mocks/run_catalog.h"

#include <algorithm>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "cases/audit.h"
#include "cases/case.h"
#include "cases/drivers/posix_library.h"
#include "cases/requirement.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "harness/sys/kernel_sys.h"
#include "harness/testing/runfile.h"

namespace lastack {
namespace {

// Two defects of known_bad_driver.
class NeverCloses : public KernelSys {
 public:
  SysResult close(int) override { return {0, 0}; }
};

class TruncatesSilently : public KernelSys {
 public:
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    const SysResult received = KernelSys::recv(fd, data, length, flags);
    return received.ok() || received.error == EINTR ? received : SysResult{0, 0};
  }
};

template <typename Sys>
CatalogRun InProcess() {
  static Sys sys;
  return RunCatalog([] { return std::make_unique<PosixLibrary>(sys); });
}

std::string Described(const CaseResult& result) {
  return absl::StrCat(VerdictWord(result.verdict), result.finding.empty() ? "" : " ", result.finding);
}

// The verdicts of the same library as a driver on the kernel.
std::map<std::string, CaseResult> OnTheKernel(const std::string& defect, const CatalogRun& same) {
  AuditOptions options;
  options.command = {Runfile("cases/known_bad/known_bad_driver"), "--defect=" + defect};
  options.profile = FindProfile("driver");
  for (const CaseResult& result : same.results) {
    const Case* one = CasesMatching(result.case_id).front();
    if (FindRequirement(one->requirement)->tier != "full") options.cases.push_back(one);  // those take their time
  }
  options.jobs = 16;
  options.timeout = absl::Seconds(7);
  options.backend = Backend::kPreload;
  absl::StatusOr<Scratch> scratch = Scratch::Create();
  EXPECT_TRUE(scratch.ok()) << scratch.status();
  absl::StatusOr<AuditReport> report = Audit(options, *scratch);
  EXPECT_TRUE(report.ok()) << report.status();
  std::map<std::string, CaseResult> results;
  for (const CaseResult& result : report->results.results) results[result.case_id] = result;
  return results;
}

void ExpectAgreement(const CatalogRun& run, const std::string& defect) {
  const std::map<std::string, CaseResult> on_the_kernel = OnTheKernel(defect, run);
  int compared = 0;
  for (const CaseResult& result : run.results) {
    const auto found = on_the_kernel.find(result.case_id);
    if (found == on_the_kernel.end()) continue;
    const CaseResult& other = found->second;
    ++compared;
    EXPECT_EQ(Described(result), Described(other))
        << defect << ", " << result.case_id << "\n  fake:   " << result.message << "\n  kernel: " << other.message;
  }
  EXPECT_GE(compared, 35);
}

TEST(RunCatalogTest, TheReferenceFailsNothing) {
  const CatalogRun run = InProcess<KernelSys>();
  for (const CaseResult& result : run.results) {
    const bool innocent = result.verdict == Verdict::kPass || result.verdict == Verdict::kObserved ||
                          result.verdict == Verdict::kNotApplicable;
    EXPECT_TRUE(innocent) << result.case_id << ": " << Described(result) << ": " << result.message;
  }
  EXPECT_GE(std::count_if(run.results.begin(), run.results.end(),
                          [](const CaseResult& result) { return result.verdict == Verdict::kPass; }),
            20);
}

TEST(RunCatalogTest, WhatTheFakeCannotPlayIsNamed) {
  EXPECT_THAT(InProcess<KernelSys>().not_played,
              ::testing::UnorderedElementsAre("always-close/accepted", "always-close/accepted-reset",
                                              "always-close/listener", "always-close/losing-attempts",
                                              "always-close/not-inherited/spawned", "check-close/not-anothers",
                                              "half-close/peer-finishes-first", "peer-gone/others-unharmed"));
}

TEST(RunCatalogTest, TheReferenceIsJudgedAsOnTheKernel) { ExpectAgreement(InProcess<KernelSys>(), "none"); }

TEST(RunCatalogTest, ALeakIsJudgedAsOnTheKernel) { ExpectAgreement(InProcess<NeverCloses>(), "never-closes"); }

TEST(RunCatalogTest, SilentTruncationIsJudgedAsOnTheKernel) {
  ExpectAgreement(InProcess<TruncatesSilently>(), "truncates-silently");
}

}  // namespace
}  // namespace lastack
