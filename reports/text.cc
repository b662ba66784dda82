#include "reports/text.h"

#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace lastack {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

struct Decoded {
  char32_t value;
  size_t size;  // bytes
};

size_t SequenceSize(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}

// Requires a byte. Malformed input gives kReplacement for one byte.
Decoded Decode(absl::string_view bytes) {
  const unsigned char lead = static_cast<unsigned char>(bytes[0]);
  const size_t size = SequenceSize(lead);
  if (size == 1) return {lead, 1};
  if (size == 0 || size > bytes.size()) return {kReplacement, 1};
  char32_t value = lead & (0x7Fu >> size);
  for (size_t i = 1; i < size; ++i) {
    const unsigned char next = static_cast<unsigned char>(bytes[i]);
    if ((next & 0xC0) != 0x80) return {kReplacement, 1};
    value = value << 6 | (next & 0x3Fu);
  }
  const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
  const bool surrogate = value >= 0xD800 && value < 0xE000;
  if (overlong || surrogate || value > 0x10FFFF) return {kReplacement, 1};
  return {value, size};
}

// Calls visit(code point, its bytes) for all of `bytes`; a malformed byte is visited as U+FFFD.
template <typename Visit>
void ForEachCodePoint(absl::string_view bytes, Visit visit) {
  while (!bytes.empty()) {
    const Decoded decoded = Decode(bytes);
    const bool malformed = decoded.value == kReplacement && decoded.size == 1;
    visit(decoded.value, malformed ? absl::string_view("\uFFFD") : bytes.substr(0, decoded.size));
    bytes.remove_prefix(decoded.size);
  }
}

bool Between(char32_t value, char32_t first, char32_t last) { return value >= first && value <= last; }

// Unicode's Bidi_Control characters, and those that are nothing to the eye but something to a comparison.
bool Hides(char32_t value) {
  return Between(value, 0x80, 0x9F) ||      // C1 controls: some terminals obey them
         value == 0x061C ||                 // Arabic letter mark
         value == 0x200B ||                 // zero width space
         Between(value, 0x200E, 0x200F) ||  // left-to-right and right-to-left mark
         Between(value, 0x2028, 0x202E) ||  // line and paragraph separator, embeddings and overrides
         Between(value, 0x2060, 0x206F) ||  // word joiner, isolates, deprecated format characters
         value == 0xFEFF ||                 // byte order mark
         Between(value, 0xFFF9, 0xFFFB) ||  // interlinear annotation
         (value & 0xFFFE) == 0xFFFE ||      // noncharacters
         Between(value, 0xE0000, 0xE007F);  // tags
}

}  // namespace

std::string ValidUtf8(absl::string_view bytes) {
  std::string valid;
  valid.reserve(bytes.size());
  ForEachCodePoint(bytes, [&](char32_t, absl::string_view utf8) { valid.append(utf8.data(), utf8.size()); });
  return valid;
}

std::string VisibleText(absl::string_view bytes, Breaks breaks) {
  std::string visible;
  visible.reserve(bytes.size());
  ForEachCodePoint(bytes, [&](char32_t value, absl::string_view utf8) {
    const bool is_break = value == '\n' || value == '\t';
    if (value == 0x7F) {
      visible += "␡";
    } else if (value < 0x20 && !(is_break && breaks == Breaks::kKeep)) {
      visible += "\xE2\x90";  // U+2400 + value
      visible += static_cast<char>(0x80 + value);
    } else if (Hides(value)) {
      absl::StrAppendFormat(&visible, "[U+%04X]", static_cast<uint32_t>(value));
    } else {
      visible.append(utf8.data(), utf8.size());
    }
  });
  return visible;
}

size_t CodePoints(absl::string_view utf8) {
  size_t count = 0;
  ForEachCodePoint(utf8, [&](char32_t, absl::string_view) { ++count; });
  return count;
}

std::string Clip(absl::string_view utf8, size_t limit) {
  if (CodePoints(utf8) <= limit) return std::string(utf8);
  std::string clipped;
  size_t count = 0;
  ForEachCodePoint(utf8, [&](char32_t, absl::string_view bytes) {
    if (++count < limit) clipped.append(bytes.data(), bytes.size());
  });
  return clipped + "…";
}

std::vector<std::string> Wrapped(absl::string_view text, absl::string_view between, size_t columns) {
  const absl::string_view kept = absl::StripTrailingAsciiWhitespace(between);
  std::vector<std::string> lines;
  for (const absl::string_view part : absl::StrSplit(text, between, absl::SkipEmpty())) {
    if (lines.empty()) {
      lines.emplace_back(part);
    } else if (CodePoints(lines.back()) + between.size() + CodePoints(part) + kept.size() <= columns) {
      absl::StrAppend(&lines.back(), between, part);
    } else {
      absl::StrAppend(&lines.back(), kept);
      lines.emplace_back(part);
    }
  }
  return lines;
}

}  // namespace lastack
