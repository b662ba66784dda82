// The report for people: one HTML page and one style sheet.
//
// The page needs no script, no inline style and nothing from elsewhere: it is complete under the policy that Jenkins
// serves artefacts with (default-src 'none'; style-src 'self'; img-src 'self') and from a disk without a network. Text
// from results can never become markup (reports/html_builder.h). Anchors are stable: #CASE-ID opens and shows a case.
// All cases are counted; of more than 2,000 only the gravest are shown.
//
// Pure functions of their arguments: equal results give equal bytes. Allocates.
#ifndef LASTACK_REPORTS_HTML_H_
#define LASTACK_REPORTS_HTML_H_

#include <string>

#include "absl/strings/string_view.h"
#include "reports/results.h"

namespace lastack {

// index.html; refers to report.css beside it.
[[nodiscard]] std::string RenderHtml(const Results& results);

// The fragment that leads to a case in index.html. Ids of the catalog are their own.
[[nodiscard]] std::string CaseAnchor(absl::string_view case_id);

// report.css.
[[nodiscard]] absl::string_view ReportCss();

}  // namespace lastack

#endif  // LASTACK_REPORTS_HTML_H_
