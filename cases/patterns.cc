#include "cases/patterns.h"

#include <fnmatch.h>

#include <algorithm>

#include "absl/strings/str_split.h"

namespace lastack {
namespace {

bool Matches(const std::string& pattern, absl::string_view id) {
  return fnmatch(pattern.c_str(), std::string(id).c_str(), 0) == 0;
}

std::vector<std::string> Split(absl::string_view patterns) { return absl::StrSplit(patterns, ',', absl::SkipEmpty()); }

}  // namespace

bool MatchesPatterns(absl::string_view patterns, absl::string_view id) {
  const std::vector<std::string> all = Split(patterns);
  return std::any_of(all.begin(), all.end(), [&](const std::string& one) { return Matches(one, id); });
}

std::string UnusedPattern(absl::string_view patterns, const std::vector<std::string>& ids) {
  for (const std::string& one : Split(patterns)) {
    if (std::none_of(ids.begin(), ids.end(), [&](const std::string& id) { return Matches(one, id); })) return one;
  }
  return "";
}

}  // namespace lastack
