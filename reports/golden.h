// The golden files: what the sample audit (testdata/results.json) looks like in every form of report.
#ifndef LASTACK_REPORTS_GOLDEN_H_
#define LASTACK_REPORTS_GOLDEN_H_

#include <string>

#include "reports/html.h"
#include "reports/junit.h"
#include "reports/results.h"
#include "reports/summary.h"

namespace lastack {

inline constexpr char kGoldenDirectory[] = "reports/testdata";

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
    {"summary_color.txt", [](const Results& results) { return RenderSummary(results, /*color=*/true); }},
};

}  // namespace lastack

#endif  // LASTACK_REPORTS_GOLDEN_H_
