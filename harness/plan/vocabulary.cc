#include "harness/plan/vocabulary.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace lastack {
namespace {

constexpr const char* kPartWords[] = {"calls", "fd", "when", "after", "effect", "error", "signal"};
static_assert(sizeof(kPartWords) / sizeof(*kPartWords) == kRulePartCount);

std::vector<Call> FamilyMembers(CallFamily family) {
  std::vector<Call> members;
  for (size_t i = 0; i < kCallCount; ++i) {
    if (FamilyOf(static_cast<Call>(i)) == family) members.push_back(static_cast<Call>(i));
  }
  return members;
}

}  // namespace

absl::string_view RulePartWord(RulePart part) { return kPartWords[static_cast<size_t>(part)]; }

std::optional<RulePart> RulePartOf(absl::string_view word) {
  for (RulePart part : kRuleParts) {
    if (word == RulePartWord(part)) return part;
  }
  return std::nullopt;
}

std::vector<Call> CallsOf(const Fault& fault) {
  std::vector<Call> calls;
  for (size_t i = 0; i < kCallCount; ++i) {
    if (Contains(fault, static_cast<Call>(i))) calls.push_back(static_cast<Call>(i));
  }
  return calls;
}

std::vector<std::string> WordsFor(const std::vector<Call>& calls) {
  const auto named = [&calls](Call call) { return std::find(calls.begin(), calls.end(), call) != calls.end(); };
  std::vector<std::string> words;
  for (Call call : calls) {
    const std::vector<Call> family = FamilyMembers(FamilyOf(call));
    const bool whole = family.size() > 1 && std::all_of(family.begin(), family.end(), named);
    if (!whole) words.push_back(CallName(call));
    if (whole && call == family.front()) words.push_back(absl::StrCat("%", FamilyName(FamilyOf(call))));
  }
  return words;
}

std::string OrList(const std::vector<std::string>& words) {
  if (words.size() < 2) return absl::StrJoin(words, "");
  return absl::StrCat(absl::StrJoin(words.begin(), words.end() - 1, ", "), " or ", words.back());
}

}  // namespace lastack
