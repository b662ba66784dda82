// The outcome of an audit as plain text, for a terminal or a log.
//
//   ✗ fail            check-close/eintr-not-retried  close was called again on descriptor 5 …
//
// A line a case, as wide as `columns` allows; then what was violated, undecided or advised in full, each with the
// command that repeats it; then the slowest cases, the counts and the overall verdict. Whether a terminal wants colours
// (NO_COLOR, isatty) is for the caller to know. Text from results cannot reach the terminal as a control sequence.
//
// A pure function of its arguments. Allocates.
#ifndef LASTACK_REPORTS_SUMMARY_H_
#define LASTACK_REPORTS_SUMMARY_H_

#include <cstddef>
#include <string>

#include "reports/results.h"

namespace lastack {

// Requires columns >= 40. Replay commands are never broken, so that they can be copied.
[[nodiscard]] std::string RenderSummary(const Results& results, bool color, size_t columns = 100);

}  // namespace lastack

#endif  // LASTACK_REPORTS_SUMMARY_H_
