// The catalog in process gives the verdicts that it gives on the kernel: for the reference library, and for that library over
// calls that are wrong in one way, each case on both sides.
#include "mocks/run_catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "cases/audit.h"
#include "cases/drivers/posix_library.h"
#include "cases/judge.h"
#include "cases/known_bad/driver_defects.h"
#include "cases/requirement.h"
#include "harness/run/scratch.h"
#include "harness/testing/runfile.h"

namespace lastack {
namespace {

// The reference library over wrong calls.
template <typename WrongSys>
class WrongLibrary : public SocketLibrary {
 public:
  explicit WrongLibrary(SysApi& sys) : sys_(sys), library_(sys_) {}

  std::string Name() const override { return library_.Name(); }
  std::vector<std::string> Capabilities() const override { return library_.Capabilities(); }
  int Connect(const std::string& host, int port, std::unique_ptr<LibraryConnection>* connection) override {
    return library_.Connect(host, port, connection);
  }
  int Listen(const std::string& host, int* port, std::unique_ptr<LibraryListener>* listener) override {
    return library_.Listen(host, port, listener);
  }

 private:
  WrongSys sys_;
  PosixLibrary library_;
};

struct Defect {
  std::string name;
  LibraryMaker make;
};

void PrintTo(const Defect& defect, std::ostream* out) { *out << defect.name; }

template <typename WrongSys>
std::unique_ptr<SocketLibrary> Make(SysApi& sys) {
  return std::make_unique<WrongLibrary<WrongSys>>(sys);
}

const std::vector<Defect>& Defects() {
  static const auto* defects = new std::vector<Defect>{
#define LASTACK_DEFECT(name, Sys, sentence) {name, Make<Sys>},
#include "cases/known_bad/driver_defects.inc"
  };
  return *defects;
}

// Where the two sides differ, and why that is right.
struct Difference {
  const char* defect;  // "*": all
  const char* case_id;
  Verdict in_process;
  const char* why;
};

constexpr Difference kDifferences[] = {
    {"*", "always-close/not-inherited/spawned", Verdict::kUnimplemented, "no program is started"},
    {"*", "check-close/not-anothers", Verdict::kUnimplemented, "it takes two threads"},
    {"*", "peer-gone/sigpipe-left-alone", Verdict::kUnimplemented, "the disposition belongs to the test's own process"},
};

const Difference* FindDifference(const std::string& defect, const std::string& case_id) {
  for (const Difference& one : kDifferences) {
    if ((one.defect == defect || one.defect == std::string("*")) && case_id == one.case_id) return &one;
  }
  return nullptr;
}

std::vector<const Case*> QuickCases() {
  std::vector<const Case*> cases;
  for (const Case* one : CasesMatching("*")) {
    if (Concerns(*one, *FindProfile("driver")) && FindRequirement(one->requirement)->tier == "quick") cases.push_back(one);
  }
  return cases;
}

using ById = std::map<std::string, CaseResult>;

ById OnKernel(const Defect& defect, const std::vector<const Case*>& cases) {
  AuditOptions options;
  options.command = {Runfile("cases/known_bad/known_bad_driver"), "--defect=" + defect.name};
  options.profile = FindProfile("driver");
  options.cases = cases;
  options.jobs = 16;  // runs mostly wait
  options.timeout = absl::Seconds(7);
  const absl::StatusOr<Scratch> scratch = Scratch::Create();
  EXPECT_TRUE(scratch.ok()) << scratch.status();
  const absl::StatusOr<AuditReport> report = Audit(options, *scratch);
  EXPECT_TRUE(report.ok()) << report.status();
  ById results;
  for (const CaseResult& result : report->results.results) results[result.case_id] = result;
  return results;
}

ById InProcess(const Defect& defect, const std::vector<const Case*>& cases) {
  CatalogOptions options;
  options.timeout = absl::Seconds(7);
  ById results;
  for (const Case* one : cases) {
    options.cases = one->id;
    for (const CaseResult& result : RunCatalog(defect.make, options)) results[result.case_id] = result;
  }
  return results;
}

std::string InWords(const CaseResult& result) {
  return absl::StrCat(VerdictWord(result.verdict), result.finding.empty() ? "" : absl::StrCat(" [", result.finding, "]"));
}

class RunCatalogTest : public testing::TestWithParam<Defect> {};

TEST_P(RunCatalogTest, AgreesWithTheKernel) {
  const Defect& defect = GetParam();
  if (defect.name == "sends-after-close") GTEST_SKIP() << "has a thread";
  const std::vector<const Case*> cases = QuickCases();
  const ById on_kernel = OnKernel(defect, cases);
  const ById in_process = InProcess(defect, cases);
  for (const Case* one : cases) {
    const CaseResult& kernel = on_kernel.at(one->id);
    const CaseResult& ours = in_process.at(one->id);
    const Difference* difference = FindDifference(defect.name, one->id);
    const std::string wanted = difference == nullptr ? InWords(kernel) : VerdictWord(difference->in_process);
    EXPECT_EQ(InWords(ours), wanted) << one->id << "\nin process: " << ours.message << "\non the kernel: " << kernel.message;
  }
}

INSTANTIATE_TEST_SUITE_P(All, RunCatalogTest, testing::ValuesIn(Defects()), [](const auto& row) {
  std::string name = row.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace lastack
