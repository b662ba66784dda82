// Waivers for tests, and results that they concern.
#ifndef LASTACK_REPORTS_WAIVER_SAMPLES_H_
#define LASTACK_REPORTS_WAIVER_SAMPLES_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "reports/match_waivers.h"
#include "reports/results.h"
#include "reports/samples.h"
#include "reports/waivers.h"

namespace lastack {

inline const absl::CivilDay kToday(2026, 11, 21);
inline const CaseScope kScope = {.known = {"linger/a", "linger/b", "linger/c", "peer/a"},
                                 .applicable = {"linger/a", "linger/b", "peer/a"},
                                 .findings = {{"linger/a", {"leak", "spin"}}, {"linger/b", {"hang", "leak", "spin"}}}};

inline Waiver Of(const std::string& pattern, const std::string& finding = "leak") {
  Waiver waiver;
  waiver.case_pattern = pattern;
  waiver.finding = finding;
  waiver.reason = "the vendor knows";
  return waiver;
}

inline Waivers FileOf(std::vector<Waiver> entries) { return {.file = "w.json", .entries = std::move(entries)}; }

inline CaseResult Record(const std::string& id, Verdict verdict, const std::string& finding = "") {
  CaseResult result = SampleCase(verdict, id);
  result.finding = finding;
  result.message = absl::StrCat("message of ", id);
  return result;
}

inline Results Audit(std::vector<CaseResult> records) {
  Results results = ResultsOfCases(std::move(records));
  results.subject = "tool [x] {url}";
  results.environment = {{"kernel", "Linux 6.1.0 x86_64"}};
  return results;
}

}  // namespace lastack

#endif  // LASTACK_REPORTS_WAIVER_SAMPLES_H_
