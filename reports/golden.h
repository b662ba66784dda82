// The golden files: what the sample audit (testdata/results.json) looks like in every form of report.
#ifndef LASTACK_REPORTS_GOLDEN_H_
#define LASTACK_REPORTS_GOLDEN_H_

#include <string>

#include "reports/html.h"
#include "reports/junit.h"
#include "reports/matrix.h"
#include "reports/results.h"
#include "reports/samples.h"
#include "reports/summary.h"

namespace lastack {

inline constexpr char kGoldenDirectory[] = "reports/testdata";

// The sample beside an audit that agrees with little of it, and a subject that could not be started.
inline Matrix SampleMatrix(const Results& results) {
  Results first = results;
  first.environment.emplace_back(kSubjectName, "The sample");
  first.environment.emplace_back(kSubjectVersion, "sample 1.0 (with TLS)");
  Results second = results;
  second.environment.emplace_back(kSubjectName, "Another library");
  for (size_t i = 0; i < second.results.size(); i += 2) second.results[i].verdict = Verdict::kPass;
  second.results.erase(second.results.begin() + 1);
  Results third;
  third.subject = "node driver.js";
  third.profile = "driver";
  third.environment = {{kSubjectName, "Node"}};
  third.not_audited = "there is no program node";
  return MatrixOf({{"the-sample/index.html", first}, {"another-library/index.html", second}, {"", third}},
                  {{"*", "check-close/e*", Verdict::kFail, "The library calls close again."},
                   {"Node", "*", Verdict::kPass, "Fits nothing."}},
                  {});
}

struct Golden {
  const char* file;
  std::string (*render)(const Results& results);
};

inline constexpr Golden kGoldens[] = {
    // The sample itself, in the normal form in which lastack writes it.
    {"results.json", FormatResults},
    {"index.html", RenderHtml},
    {"junit.xml", RenderJUnit},
    {"summary.txt", [](const Results& results) { return RenderSummary(results, /*color=*/false); }},
    {"matrix.html", [](const Results& results) { return RenderMatrixHtml(SampleMatrix(results)); }},
    {"matrix.txt", [](const Results& results) { return RenderMatrixText(SampleMatrix(results)); }},
    {"matrix.json", [](const Results& results) { return FormatMatrix(SampleMatrix(results)); }},
    {"summary_color.txt", [](const Results& results) { return RenderSummary(results, /*color=*/true); }},
};

}  // namespace lastack

#endif  // LASTACK_REPORTS_GOLDEN_H_
