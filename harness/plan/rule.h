// A rule as the words that its writer gave, each with its place, and the fault that they mean. The text and the JSON
// form differ only in how they find the words.
//
// Private to this package. Threads: safe. Allocates.
#ifndef LASTACK_HARNESS_PLAN_RULE_H_
#define LASTACK_HARNESS_PLAN_RULE_H_

#include <stddef.h>

#include <array>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "harness/plan/fault.h"
#include "harness/plan/vocabulary.h"

namespace lastack {

struct Word {
  absl::string_view text;
  size_t column = 1;    // of its first byte, in the text form
  std::string pointer;  // of its JSON value; empty in the text form

  // A piece of the word; by default from `offset` on.
  [[nodiscard]] Word Part(size_t offset, size_t length = absl::string_view::npos) const;
  [[nodiscard]] std::vector<Word> SplitAt(char separator) const;
};

struct RuleWords {
  // Indexed by RulePart; no words: not given. Only calls and fd may have several.
  std::array<std::vector<Word>, kRulePartCount> words_of;
  Word end;  // where a missing part would stand

  std::vector<Word>& operator[](RulePart part) { return words_of[static_cast<size_t>(part)]; }
  const std::vector<Word>& operator[](RulePart part) const { return words_of[static_cast<size_t>(part)]; }
};

// "column 13: message" or "/faults/0/error: message".
[[nodiscard]] absl::Status ErrorAt(const Word& word, absl::string_view message);

// 'token', made printable and shortened.
[[nodiscard]] std::string Quoted(absl::string_view token);

// Refuses bytes that no word has, and excessive length.
[[nodiscard]] absl::Status CheckBytes(const Word& word);

// The keys that a rule may have, except `calls`: "fd, when, ... or signal".
[[nodiscard]] std::string KeyList();

// The fault that the words mean, with defaults filled in. Requires at least one word for RulePart::kCalls.
[[nodiscard]] absl::StatusOr<Fault> FaultOf(const RuleWords& rule);

}  // namespace lastack

#endif  // LASTACK_HARNESS_PLAN_RULE_H_
