// The schema of results.json (reports/results.schema.json), built into the binary.
#ifndef LASTACK_REPORTS_RESULTS_SCHEMA_H_
#define LASTACK_REPORTS_RESULTS_SCHEMA_H_

#include "absl/strings/string_view.h"
#include "reports/schema.h"

namespace lastack {

[[nodiscard]] absl::string_view ResultsSchemaText();
[[nodiscard]] const Schema& ResultsSchema();

}  // namespace lastack

#endif  // LASTACK_REPORTS_RESULTS_SCHEMA_H_
