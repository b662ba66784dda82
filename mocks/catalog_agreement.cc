#include "mocks/catalog_agreement.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cases/audit.h"
#include "cases/judge.h"
#include "cases/requirement.h"
#include "gtest/gtest.h"
#include "harness/run/scratch.h"

namespace lastack {
namespace {

// Where the two sides differ, and why that is right. All other verdicts and findings are the same.
struct Difference {
  const char* case_id;
  Verdict on_kernel;
  Verdict in_process;
  const char* why;
};

constexpr Difference kDifferences[] = {
    {"always-close/not-inherited/spawned", Verdict::kPass, Verdict::kUnimplemented, "no program is started in process"},
    {"always-close/not-inherited/spawned", Verdict::kAdvisory, Verdict::kUnimplemented,
     "no program is started in process"},
    {"check-close/not-anothers", Verdict::kPass, Verdict::kUnimplemented, "sockets are inherited by processes only"},
    {"peer-gone/sigpipe-left-alone", Verdict::kPass, Verdict::kUnimplemented,
     "what is undone within a request is not seen"},
};

// What a case must say in process that said this on the kernel.
std::string Wanted(const CaseResult& on_kernel) {
  for (const Difference& one : kDifferences) {
    if (on_kernel.case_id == one.case_id && on_kernel.verdict == one.on_kernel) return VerdictWord(one.in_process);
  }
  return Words(on_kernel);
}

// What an abort after the last send loses is the kernel's timing: all may have left by then.
bool HasTimedFinding(const CaseResult& result) { return result.case_id == "linger/exit-after-close"; }

}  // namespace

ResultsById ById(const std::vector<CaseResult>& results) {
  ResultsById by_id;
  for (const CaseResult& result : results) by_id[result.case_id] = result;
  return by_id;
}

std::string Words(const CaseResult& result) {
  return absl::StrCat(VerdictWord(result.verdict),
                      result.finding.empty() ? "" : absl::StrCat(" [", result.finding, "]"));
}

std::vector<const Case*> QuickCases() {
  std::vector<const Case*> cases;
  for (const Case* one : CasesMatching("*")) {
    if (Concerns(*one, *FindProfile("driver")) && FindRequirement(one->requirement)->tier == "quick") {
      cases.push_back(one);
    }
  }
  return cases;
}

bool IsBeyondUs(const std::string& case_id) {
  return std::any_of(std::begin(kDifferences), std::end(kDifferences),
                     [&](const Difference& one) { return case_id == one.case_id; });
}

ResultsById OnKernel(const std::vector<std::string>& driver, const std::vector<const Case*>& cases,
                     std::map<std::string, Observation>* facts) {
  AuditOptions options;
  options.command = driver;
  options.profile = FindProfile("driver");
  options.cases = cases;
  options.jobs = 16;  // runs mostly wait
  options.timeout = absl::Seconds(7);
  const absl::StatusOr<Scratch> scratch = Scratch::Create();
  EXPECT_TRUE(scratch.ok()) << scratch.status();
  const absl::StatusOr<AuditReport> report = Audit(options, *scratch);
  EXPECT_TRUE(report.ok()) << report.status();
  for (const std::string& line : report->facts) {
    absl::StatusOr<Observation> run = ObservationFromJson(line);
    if (facts != nullptr && run.ok()) facts->emplace(run->case_id, *std::move(run));
  }
  return ById(report->results.results);
}

void ExpectAgreement(const ResultsById& on_kernel, const ResultsById& in_process) {
  for (const auto& [id, kernel] : on_kernel) {
    const CaseResult& ours = in_process.at(id);
    if (HasTimedFinding(kernel) && ours.verdict == kernel.verdict) continue;
    EXPECT_EQ(Words(ours), Wanted(kernel))
        << id << "\nin process: " << ours.message << "\non the kernel: " << kernel.message;
  }
}

}  // namespace lastack
