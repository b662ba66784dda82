// Patterns on ids, as --case takes them: one, or several with commas between them.
//
//   MatchesPatterns("linger/*,peer-gone/reset-on-send", "linger/no-abort-by-default")   // true
//   UnusedPattern("linger/*,x", {"linger/no-abort-by-default"})                         // "x"
//
// Each is one of fnmatch(3), in which * matches a slash, too. No id has a comma. Safe from any thread.
#ifndef LASTACK_CASES_PATTERNS_H_
#define LASTACK_CASES_PATTERNS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace lastack {

[[nodiscard]] bool MatchesPatterns(absl::string_view patterns, absl::string_view id);

// The first that matches none of these ids: a slip of the pen, and a hole in what was asked for. Empty if each matches
// one.
[[nodiscard]] std::string UnusedPattern(absl::string_view patterns, const std::vector<std::string>& ids);

}  // namespace lastack

#endif  // LASTACK_CASES_PATTERNS_H_
