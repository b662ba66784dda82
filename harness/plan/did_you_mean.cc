#include "harness/plan/did_you_mean.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace lastack {
namespace {

constexpr size_t kMaxTokenBytes = 40;  // longer than any word; the comparison takes time by its square

// Levenshtein's distance, without regard to case.
size_t Distance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (absl::ascii_tolower(a[i]) == absl::ascii_tolower(b[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string DidYouMean(absl::string_view token, const std::vector<std::string>& candidates) {
  if (token.size() > kMaxTokenBytes) return "";
  const std::string* nearest = nullptr;
  size_t least = token.size() < 5 ? 2 : 3;  // not as far as this
  for (const std::string& candidate : candidates) {
    const size_t distance = Distance(token, candidate);
    if (distance >= least) continue;
    least = distance;
    nearest = &candidate;
  }
  return nearest == nullptr ? "" : absl::StrCat("; did you mean '", *nearest, "'?");
}

}  // namespace lastack
