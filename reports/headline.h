// The outcome of an audit in words, for the head of every report.
//
// Pure. Allocates.
#ifndef LASTACK_REPORTS_HEADLINE_H_
#define LASTACK_REPORTS_HEADLINE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "reports/results.h"

namespace lastack {

// "Non-conformant".
[[nodiscard]] const char* OverallTitle(Overall overall);
// "✗", the symbol that stands beside it.
[[nodiscard]] const char* OverallSymbol(Overall overall);

// Why, in one or two sentences: "2 of 14 cases show a requirement violated, 1 of them waived."
[[nodiscard]] std::string OverallReason(const Results& results);

// "10 pass, 1 advisory, 2 fail", in the order of the verdict table; empty without results.
[[nodiscard]] std::string CountsPhrase(const std::vector<CaseResult>& results);

// "1 case", "2 cases". The plural is the noun and an s.
[[nodiscard]] std::string Counted(size_t count, absl::string_view noun);

// The results of one standing, those that weigh most first, else in their order; `results` must outlive them.
[[nodiscard]] std::vector<const CaseResult*> ResultsOf(const Results& results, Standing standing);

// Of several cases that one and the same reason leaves undecided, all of them: the first; else null. So ends the audit
// of a command that does not run, and a reader wants the reason once.
[[nodiscard]] const CaseResult* OneReasonForAll(const Results& results);

// The cases whose runs took longest, those first; at most `limit`, and none that had no run of its own.
[[nodiscard]] std::vector<const CaseResult*> SlowestOf(const Results& results, size_t limit);
inline constexpr size_t kSlowestNamed = 5;

// "85 ms", "1.2 s".
[[nodiscard]] std::string DurationInWords(int ms);

}  // namespace lastack

#endif  // LASTACK_REPORTS_HEADLINE_H_
