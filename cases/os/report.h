// What came of the claims, for people: a table for the terminal, a page, and the page of all claims.
//
// Pure functions of their arguments. Allocates.
#ifndef LASTACK_CASES_OS_REPORT_H_
#define LASTACK_CASES_OS_REPORT_H_

#include <string>

#include "cases/os/result.h"

namespace lastack::os {

// A row for each claim and outcome, then the counts.
[[nodiscard]] std::string RenderTable(const PlatformResult& platform);

// platform.html; refers to report.css beside it, as the report of an audit does (reports/html.h).
[[nodiscard]] std::string RenderPage(const PlatformResult& platform);

// cases/os/CLAIMS.md.
[[nodiscard]] std::string ClaimsPage();

}  // namespace lastack::os

#endif  // LASTACK_CASES_OS_REPORT_H_
