// The outcome of an audit as plain text, for a terminal or a log.
//
//   ✗ fail            check-close/eintr-not-retried  close was called again on descriptor 5 …
//
// A line a case; then what was violated, undecided or advised in full, each with the command that repeats it; then the
// slowest cases, the counts and the overall verdict. Where one reason leaves every case undecided, it stands there
// once, for them all. Whether a terminal wants colours (NO_COLOR, isatty) and how wide it is, is for the caller to
// know. Text from results cannot reach the terminal as a control sequence.
//
// A pure function of its arguments. Allocates.
#ifndef LASTACK_REPORTS_SUMMARY_H_
#define LASTACK_REPORTS_SUMMARY_H_

#include <cstddef>
#include <optional>
#include <string>

#include "reports/results.h"

namespace lastack {

// Requires columns >= 40: a case's line is cut there, and paragraphs are broken. nullopt: what reads this is no
// terminal, so nothing is cut; paragraphs have 100 columns. Replay commands are never broken, so that they can be
// copied.
[[nodiscard]] std::string RenderSummary(const Results& results, bool color,
                                        std::optional<size_t> columns = std::nullopt);

}  // namespace lastack

#endif  // LASTACK_REPORTS_SUMMARY_H_
