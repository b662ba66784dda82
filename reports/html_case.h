// The part of the HTML report that shows one case. Only reports/html.cc uses it.
#ifndef LASTACK_REPORTS_HTML_CASE_H_
#define LASTACK_REPORTS_HTML_CASE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "reports/html_builder.h"
#include "reports/results.h"

namespace lastack {

// A row that opens, as a list item. `anchor` is unique in the page.
void AppendCase(const CaseResult& result, absl::string_view anchor, bool open, Html* html);

// Symbol and word of a verdict, in its colour.
void AppendVerdict(Verdict verdict, Html* html);

// A table of names and values with its caption; nothing if there are no facts.
void AppendFacts(Html::Literal caption, const std::vector<std::pair<std::string, std::string>>& facts, Html* html);

}  // namespace lastack

#endif  // LASTACK_REPORTS_HTML_CASE_H_
