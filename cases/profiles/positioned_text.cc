#include "cases/profiles/positioned_text.h"

#include "absl/strings/str_format.h"

namespace lastack {

std::string PositionedText(int lines) {
  std::string text;
  for (int line = 0; line < lines; ++line) {
    absl::StrAppendFormat(&text, "line %05d at byte %05d\n", line, line * kPositionedLineBytes);
  }
  return text;
}

}  // namespace lastack
