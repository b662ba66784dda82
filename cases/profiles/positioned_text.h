// Text whose lines tell their own position, so that loss, duplication and reordering show.
#ifndef LASTACK_CASES_PROFILES_POSITIONED_TEXT_H_
#define LASTACK_CASES_PROFILES_POSITIONED_TEXT_H_

#include <string>

namespace lastack {

inline constexpr int kPositionedLineBytes = 25;

[[nodiscard]] std::string PositionedText(int lines);

}  // namespace lastack

#endif  // LASTACK_CASES_PROFILES_POSITIONED_TEXT_H_
