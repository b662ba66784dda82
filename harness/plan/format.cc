// The normal form: the parts in the grammar's order, without those that say nothing, and the effect always named.
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "harness/plan/parse.h"
#include "harness/plan/vocabulary.h"
#include "harness/sys/errno_names.h"
#include "nlohmann/json.hpp"

namespace lastack {
namespace {

constexpr uint32_t kEver = std::numeric_limits<uint32_t>::max();

std::vector<std::string> KindWords(const Fault& fault) {
  if (fault.kinds == kAnyKind) return {};
  std::vector<std::string> words;
  for (const SetWord& kind : kKindWords) {
    if ((kind.bits & ~fault.kinds) == 0) words.emplace_back(kind.word);
  }
  return words;
}

std::string WhenWord(const Fault& fault) {
  if (fault.step > 1) {
    const std::string last = fault.last == kEver ? "" : absl::StrCat("..", fault.last);
    return absl::StrCat(fault.first, last, "+", fault.step);
  }
  if (fault.first == fault.last) return absl::StrCat(fault.first);
  if (fault.last < kEver) return absl::StrCat(fault.first, "..", fault.last);
  return fault.first == 1 ? "" : absl::StrCat(fault.first, "..");
}

std::string AfterWord(const Fault& fault) {
  for (const SetWord& after : kAfterWords) {
    if (after.bits == fault.after) return after.word;
  }
  return "";
}

std::string EffectWord(const Fault& fault) {
  const char* word = kEffectWords[static_cast<size_t>(fault.effect)];
  if (fault.effect == Effect::kNone) return "";
  if (fault.effect == Effect::kPartial) return absl::StrCat(word, "=", fault.amount);
  if (fault.effect == Effect::kDelay) {
    return absl::StrCat(word, "=", absl::FormatDuration(absl::Microseconds(fault.amount)));
  }
  return word;
}

// The parts that have one word, in the grammar's order; an empty word: the part is left out.
std::vector<std::pair<RulePart, std::string>> SingleWords(const Fault& fault) {
  return {{RulePart::kWhen, WhenWord(fault)},
          {RulePart::kAfter, AfterWord(fault)},
          {RulePart::kEffect, EffectWord(fault)},
          {RulePart::kError, fault.error == 0 ? "" : ErrnoName(fault.error)},
          {RulePart::kSignal, fault.signal == 0 ? "" : SignalName(fault.signal)}};
}

nlohmann::json FaultToJson(const Fault& fault) {
  nlohmann::json json = nlohmann::json::object();
  const auto member = [&json](RulePart part) -> nlohmann::json& { return json[std::string(RulePartWord(part))]; };
  member(RulePart::kCalls) = WordsFor(CallsOf(fault));
  if (const std::vector<std::string> kinds = KindWords(fault); !kinds.empty()) member(RulePart::kFd) = kinds;
  for (const auto& [part, word] : SingleWords(fault)) {
    if (!word.empty()) member(part) = word;
  }
  return json;
}

}  // namespace

std::string FormatFault(const Fault& fault) {
  std::string text = absl::StrJoin(WordsFor(CallsOf(fault)), ",");
  const auto append = [&text](RulePart part, absl::string_view word) {
    if (!word.empty()) absl::StrAppend(&text, ":", RulePartWord(part), "=", word);
  };
  append(RulePart::kFd, absl::StrJoin(KindWords(fault), ","));
  for (const auto& [part, word] : SingleWords(fault)) append(part, word);
  return text;
}

nlohmann::json PlanToJson(const Plan& plan) {
  nlohmann::json faults = nlohmann::json::array();
  for (uint32_t i = 0; i < plan.fault_count; ++i) faults.push_back(FaultToJson(plan.faults[i]));
  return {{"faults", faults}};
}

absl::string_view EffectName(Effect effect) { return kEffectWords[static_cast<size_t>(effect)]; }

absl::string_view RealismName(Realism realism) {
  switch (realism) {
    case Realism::kKernel:
      return "kernel";
    case Realism::kPosix:
      return "posix";
    case Realism::kAdversarial:
      return "adversarial";
  }
  return "";
}

absl::string_view SocketKindName(SocketKind kind) {
  switch (kind) {
    case SocketKind::kNotASocket:
      return "none";
    case SocketKind::kTcp:
      return "tcp";
    case SocketKind::kUnix:
      return "unix";
    case SocketKind::kListener:
      return "listener";
    case SocketKind::kOther:
      return "other";
  }
  return "";
}

}  // namespace lastack
