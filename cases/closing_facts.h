// How the subject's connections ended, as a table of names and values for the report.
#ifndef LASTACK_CASES_CLOSING_FACTS_H_
#define LASTACK_CASES_CLOSING_FACTS_H_

#include <string>
#include <utility>
#include <vector>

#include "cases/evidence.h"

namespace lastack {

// Empty if there was no connection. With several connections, names carry their number ("connection 2: ended by").
[[nodiscard]] std::vector<std::pair<std::string, std::string>> ClosingFacts(const Evidence& run);

}  // namespace lastack

#endif  // LASTACK_CASES_CLOSING_FACTS_H_
