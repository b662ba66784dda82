// Text of unknown origin, made fit for a report: valid UTF-8, and nothing in it that hides or reorders its neighbours.
//
// A subject's output, a peer's bytes and a hand-made results.json may hold anything: terminal escapes, bytes that are
// no UTF-8, U+202E, which turns round the text that follows. Reports show such characters by name and never pass them
// on.
//
//   VisibleText("a\x1b[31mb\xff", Breaks::kShow)  ->  "a␛[31mb\uFFFD"
//   VisibleText("abc\u202Etxt", Breaks::kShow)    ->  "abc[U+202E]txt"
//
// Threads: pure. Allocates.
#ifndef LASTACK_REPORTS_TEXT_H_
#define LASTACK_REPORTS_TEXT_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace lastack {

// The bytes, with U+FFFD for every byte that is no part of well-formed UTF-8 (RFC 3629: overlong forms, surrogates and
// values above U+10FFFF are not). Everything else, control characters too, stays.
[[nodiscard]] std::string ValidUtf8(absl::string_view bytes);

// Line feeds and tabs: kKeep where the reader sees them as such, kShow where they would break a line of a report.
enum class Breaks { kKeep, kShow };

// ValidUtf8, and control characters become their pictures (U+2400 to U+2421), and characters that reorder, hide or
// break text (bidirectional controls, zero width spaces, C1 controls, line separators) become "[U+202E]".
[[nodiscard]] std::string VisibleText(absl::string_view bytes, Breaks breaks);

// How many code points; in a terminal about as many columns. Requires valid UTF-8.
[[nodiscard]] size_t CodePoints(absl::string_view utf8);

// At most `limit` code points, the last of them "…" if something was cut. Requires valid UTF-8 and limit > 0.
[[nodiscard]] std::string Clip(absl::string_view utf8, size_t limit);

// Lines of at most `columns` code points, broken at `between`, of which the end of a line keeps what is no space. A
// part longer than a line stays whole.
[[nodiscard]] std::vector<std::string> Wrapped(absl::string_view text, absl::string_view between, size_t columns);

}  // namespace lastack

#endif  // LASTACK_REPORTS_TEXT_H_
