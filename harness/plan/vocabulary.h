// The words of the fault grammar, once for the parsers, the formatter and the legality check.
//
// Threads: safe. Not async-signal-safe; allocates.
#ifndef LASTACK_HARNESS_PLAN_VOCABULARY_H_
#define LASTACK_HARNESS_PLAN_VOCABULARY_H_

#include <stddef.h>
#include <stdint.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "harness/plan/fault.h"

namespace lastack {

// The parts of a rule: the grammar's keys, and the keys of its JSON form.
enum class RulePart : uint8_t { kCalls, kFd, kWhen, kAfter, kEffect, kError, kSignal };
inline constexpr RulePart kRuleParts[] = {RulePart::kCalls,  RulePart::kFd,    RulePart::kWhen,  RulePart::kAfter,
                                          RulePart::kEffect, RulePart::kError, RulePart::kSignal};
inline constexpr size_t kRulePartCount = sizeof(kRuleParts) / sizeof(*kRuleParts);

[[nodiscard]] absl::string_view RulePartWord(RulePart part);
[[nodiscard]] std::optional<RulePart> RulePartOf(absl::string_view word);

// A value of Fault::kinds or Fault::after, and its word.
struct SetWord {
  const char* word;
  uint8_t bits;
};

constexpr uint8_t KindBit(SocketKind kind) { return static_cast<uint8_t>(1u << static_cast<unsigned>(kind)); }
inline constexpr uint8_t kAnyKind = KindBit(SocketKind::kTcp) | KindBit(SocketKind::kUnix) |
                                    KindBit(SocketKind::kListener) | KindBit(SocketKind::kOther);
inline constexpr SetWord kKindWords[] = {{"tcp", KindBit(SocketKind::kTcp)},
                                         {"unix", KindBit(SocketKind::kUnix)},
                                         {"listener", KindBit(SocketKind::kListener)},
                                         {"any", kAnyKind}};
inline constexpr SetWord kAfterWords[] = {{"connected", kConnected},
                                          {"attempted", kConnected | kFailedToConnect},
                                          {"shutdown", kShutdownWrite | kShutdownRead},
                                          {"reset", kSawReset},
                                          {"eof", kSawEof}};

// Indexed by Effect. The first is no word of the grammar: a rule without an effect has it.
inline constexpr const char* kEffectWords[] = {"none",  "skip",  "full",      "partial", "delay",
                                               "reset", "decoy", "interrupt", "exhaust"};

inline constexpr uint32_t kMaxDelayUs = 60'000'000;

constexpr void Add(Fault& fault, Call call) {
  const auto index = static_cast<unsigned>(call);
  fault.calls[index / 64] |= uint64_t{1} << (index % 64);
}

// The calls that the fault names, in the table's order.
[[nodiscard]] std::vector<Call> CallsOf(const Fault& fault);

// The shortest words for a set of calls, in the table's order: "%send" for a whole family of several calls, else names.
[[nodiscard]] std::vector<std::string> WordsFor(const std::vector<Call>& calls);

// "a, b or c".
[[nodiscard]] std::string OrList(const std::vector<std::string>& words);

}  // namespace lastack

#endif  // LASTACK_HARNESS_PLAN_VOCABULARY_H_
