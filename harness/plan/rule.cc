#include "harness/plan/rule.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "harness/plan/did_you_mean.h"
#include "harness/plan/legality.h"
#include "harness/sys/errno_names.h"

namespace lastack {
namespace {

constexpr size_t kMaxRuleBytes = 4096;
constexpr size_t kMaxQuotedBytes = 40;
constexpr uint32_t kEver = std::numeric_limits<uint32_t>::max();

// Every word that may name a call or a family in a rule.
std::vector<std::string> CallWords() {
  std::vector<std::string> words;
  for (size_t i = 0; i < kCallCount; ++i) {
    const Call call = static_cast<Call>(i);
    if (WhyNoSite(call) != nullptr) continue;
    words.push_back(CallName(call));
    const std::string family = absl::StrCat("%", FamilyName(FamilyOf(call)));
    if (std::find(words.begin(), words.end(), family) == words.end()) words.push_back(family);
  }
  return words;
}

bool Names(absl::string_view word, Call call) {
  const bool family = absl::ConsumePrefix(&word, "%");
  return word == (family ? FamilyName(FamilyOf(call)) : CallName(call));
}

absl::Status ReadCall(const Word& word, Fault& fault) {
  if (word.text.empty()) {
    return ErrorAt(word, "a call is missing here; legal: a name such as close, a family such as %send");
  }
  bool known = false;
  for (size_t i = 0; i < kCallCount; ++i) {
    const Call call = static_cast<Call>(i);
    if (!Names(word.text, call)) continue;
    known = true;
    if (const char* why = WhyNoSite(call)) {
      const std::string which = word.text == CallName(call) ? "" : absl::StrCat(" names ", CallName(call), ", which");
      return ErrorAt(word, absl::StrCat(Quoted(word.text), which, " ", why));
    }
    if (Contains(fault, call)) return ErrorAt(word, absl::StrCat(CallName(call), " is named twice; legal: once"));
    Add(fault, call);
  }
  if (known) return absl::OkStatus();
  return ErrorAt(word,
                 absl::StrCat(Quoted(word.text), " is no call; legal: a name such as close, a family such as %send",
                              DidYouMean(word.text, CallWords())));
}

absl::Status ReadCalls(const RuleWords& rule, Fault& fault) {
  for (const Word& word : rule[RulePart::kCalls]) {
    if (absl::Status status = ReadCall(word, fault); !status.ok()) return status;
  }
  return absl::OkStatus();
}

template <size_t kSize>
std::optional<uint8_t> BitsOf(absl::string_view text, const SetWord (&known)[kSize]) {
  for (const SetWord& entry : known) {
    if (text == entry.word) return entry.bits;
  }
  return std::nullopt;
}

absl::Status ReadKinds(const RuleWords& rule, Fault& fault) {
  const std::vector<Word>& words = rule[RulePart::kFd];
  for (const Word& word : words) {
    const std::optional<uint8_t> bits = BitsOf(word.text, kKindWords);
    if (!bits) {
      return ErrorAt(word, absl::StrCat(Quoted(word.text), " is no kind of socket; legal: tcp, unix, listener or any"));
    }
    if ((fault.kinds & *bits) != 0) return ErrorAt(word, "the kind is named twice; legal: once, and any alone");
    fault.kinds |= *bits;
  }
  if (words.empty()) fault.kinds = fault.effect == Effect::kReset ? KindBit(SocketKind::kTcp) : kAnyKind;
  return absl::OkStatus();
}

absl::Status ReadNumber(const Word& word, absl::string_view what, uint32_t& number) {
  const bool digits = !word.text.empty() && std::all_of(word.text.begin(), word.text.end(), absl::ascii_isdigit);
  if (digits && absl::SimpleAtoi(word.text, &number) && number > 0) return absl::OkStatus();
  const std::string found = word.text.empty() ? "nothing" : Quoted(word.text);
  return ErrorAt(word, absl::StrCat(found, " is no ", what, "; legal: 1 to ", kEver));
}

// FIRST[..LAST][+STEP]
absl::Status ReadWhen(const RuleWords& rule, Fault& fault) {
  fault.first = 1;
  fault.last = kEver;
  fault.step = 1;
  if (rule[RulePart::kWhen].empty()) return absl::OkStatus();
  const Word& word = rule[RulePart::kWhen].front();
  const size_t plus = word.text.find('+');
  const Word range = word.Part(0, plus);
  const size_t dots = range.text.find("..");
  if (absl::Status status = ReadNumber(range.Part(0, dots), "first occurrence", fault.first); !status.ok()) {
    return status;
  }
  if (dots == absl::string_view::npos) {
    if (plus == absl::string_view::npos) fault.last = fault.first;
  } else if (const Word last = range.Part(dots + 2); !last.text.empty()) {
    if (absl::Status status = ReadNumber(last, "last occurrence", fault.last); !status.ok()) return status;
    if (fault.last < fault.first) {
      return ErrorAt(last, absl::StrCat(Quoted(last.text), " comes before the first occurrence; legal: ", fault.first,
                                        " or more"));
    }
  }
  if (plus == absl::string_view::npos) return absl::OkStatus();
  return ReadNumber(word.Part(plus + 1), "step", fault.step);
}

absl::Status ReadAfter(const RuleWords& rule, Fault& fault) {
  if (rule[RulePart::kAfter].empty()) return absl::OkStatus();
  const Word& word = rule[RulePart::kAfter].front();
  const std::optional<uint8_t> bits = BitsOf(word.text, kAfterWords);
  if (!bits) {
    return ErrorAt(
        word, absl::StrCat(Quoted(word.text), " is no event; legal: connected, attempted, shutdown, reset or eof"));
  }
  fault.after = *bits;
  return absl::OkStatus();
}

absl::Status ReadDelay(const Word& word, Fault& fault) {
  absl::Duration delay;
  const bool parsed = absl::ParseDuration(word.text, &delay);
  if (!parsed || delay < absl::Microseconds(1) || delay > absl::Microseconds(kMaxDelayUs)) {
    const std::string found = word.text.empty() ? "nothing" : Quoted(word.text);
    return ErrorAt(word, absl::StrCat(found, " is no delay; legal: 1us to 60s, as in delay=20ms"));
  }
  if (absl::Trunc(delay, absl::Microseconds(1)) != delay) {
    return ErrorAt(word, absl::StrCat(Quoted(word.text), " is finer than the clock; legal: whole microseconds"));
  }
  fault.amount = static_cast<uint32_t>(absl::ToInt64Microseconds(delay));
  return absl::OkStatus();
}

absl::Status ReadAmount(const Word& word, size_t equals, Fault& fault) {
  const absl::string_view effect = kEffectWords[static_cast<size_t>(fault.effect)];
  const bool has_amount = fault.effect == Effect::kPartial || fault.effect == Effect::kDelay;
  if (!has_amount) {
    if (equals == absl::string_view::npos) return absl::OkStatus();
    return ErrorAt(word.Part(equals), absl::StrCat("'", effect, "' has no amount; legal: effect=", effect));
  }
  if (equals == absl::string_view::npos) {
    const absl::string_view example = fault.effect == Effect::kPartial ? "partial=1" : "delay=20ms";
    return ErrorAt(word.Part(word.text.size()), absl::StrCat("'", effect, "' needs an amount, as in ", example));
  }
  const Word amount = word.Part(equals + 1);
  return fault.effect == Effect::kPartial ? ReadNumber(amount, "count of bytes", fault.amount)
                                          : ReadDelay(amount, fault);
}

absl::Status ReadEffect(const RuleWords& rule, Fault& fault) {
  if (rule[RulePart::kEffect].empty()) return absl::OkStatus();
  const Word& word = rule[RulePart::kEffect].front();
  const size_t equals = word.text.find('=');
  const Word name = word.Part(0, equals);
  for (Effect effect : {Effect::kSkip, Effect::kFull, Effect::kPartial, Effect::kDelay, Effect::kReset, Effect::kDecoy,
                        Effect::kInterrupt, Effect::kExhaust}) {
    if (name.text == kEffectWords[static_cast<size_t>(effect)]) fault.effect = effect;
  }
  if (fault.effect != Effect::kNone) return ReadAmount(word, equals, fault);
  return ErrorAt(
      name, absl::StrCat(Quoted(name.text),
                         " is no effect; legal: skip, full, partial=N, delay=T, reset, decoy, interrupt or exhaust"));
}

// What Linux does when the call fails with an error, if it is the same for all the calls.
absl::Status ReadDefaultEffect(const Word& error, Fault& fault) {
  const std::vector<Call> calls = CallsOf(fault);
  const OnFailure first = OnFailureOf(calls.front());
  for (Call call : calls) {
    if (OnFailureOf(call) == first) continue;
    const auto word = [](OnFailure on_failure) { return on_failure == OnFailure::full ? "full" : "skip"; };
    return ErrorAt(error, absl::StrCat("name an effect: ", CallName(calls.front()), " is ", word(first),
                                       " by default, ", CallName(call), " is ", word(OnFailureOf(call))));
  }
  fault.effect = first == OnFailure::full ? Effect::kFull : Effect::kSkip;
  return absl::OkStatus();
}

absl::Status ReadError(const RuleWords& rule, Fault& fault) {
  if (rule[RulePart::kError].empty()) return absl::OkStatus();
  const Word& word = rule[RulePart::kError].front();
  const std::optional<int> error = ErrnoFromName(word.text);
  if (!error) return ErrorAt(word, absl::StrCat(Quoted(word.text), " is not an error name; ", LegalErrors(fault)));
  fault.error = static_cast<uint16_t>(*error);
  return fault.effect == Effect::kNone ? ReadDefaultEffect(word, fault) : absl::OkStatus();
}

absl::Status ReadSignal(const RuleWords& rule, Fault& fault) {
  if (rule[RulePart::kSignal].empty()) return absl::OkStatus();
  const Word& word = rule[RulePart::kSignal].front();
  if (const std::optional<int> signal = SignalFromName(word.text)) {
    fault.signal = static_cast<uint8_t>(*signal);
    return absl::OkStatus();
  }
  return ErrorAt(word, absl::StrCat(Quoted(word.text), " is no signal; legal: a name of signal(7), such as SIGTERM"));
}

}  // namespace

Word Word::Part(size_t offset, size_t length) const { return {text.substr(offset, length), column + offset, pointer}; }

std::vector<Word> Word::SplitAt(char separator) const {
  std::vector<Word> parts;
  size_t begin = 0;
  for (size_t end; (end = text.find(separator, begin)) != absl::string_view::npos; begin = end + 1) {
    parts.push_back(Part(begin, end - begin));
  }
  parts.push_back(Part(begin));
  return parts;
}

absl::Status ErrorAt(const Word& word, absl::string_view message) {
  if (!word.pointer.empty()) return absl::InvalidArgumentError(absl::StrCat(word.pointer, ": ", message));
  return absl::InvalidArgumentError(absl::StrCat("column ", word.column, ": ", message));
}

std::string Quoted(absl::string_view token) {
  const bool cut = token.size() > kMaxQuotedBytes;
  return absl::StrCat("'", absl::CHexEscape(token.substr(0, kMaxQuotedBytes)), cut ? "..." : "", "'");
}

absl::Status CheckBytes(const Word& word) {
  for (size_t i = 0; i < std::min(word.text.size(), kMaxRuleBytes); ++i) {
    if (absl::ascii_isgraph(static_cast<unsigned char>(word.text[i]))) continue;
    return ErrorAt(word.Part(i, 1),
                   absl::StrCat(Quoted(word.text.substr(i, 1)),
                                " does not belong in a rule; legal: letters, digits and _ % , : = . +"));
  }
  if (word.text.size() <= kMaxRuleBytes) return absl::OkStatus();
  return ErrorAt(word.Part(kMaxRuleBytes), absl::StrCat("the rule is too long; legal: ", kMaxRuleBytes, " bytes"));
}

std::string KeyList() {
  std::vector<std::string> keys;
  for (RulePart part : kRuleParts) {
    if (part != RulePart::kCalls) keys.emplace_back(RulePartWord(part));
  }
  return OrList(keys);
}

absl::StatusOr<Fault> FaultOf(const RuleWords& rule) {
  Fault fault{};
  // The effect decides the default kind, and the effect's default needs the calls and the error.
  for (auto* read : {ReadCalls, ReadEffect, ReadKinds, ReadWhen, ReadAfter, ReadError, ReadSignal}) {
    if (absl::Status status = read(rule, fault); !status.ok()) return status;
  }
  if (const std::optional<Objection> objection = ObjectionTo(fault)) {
    const std::vector<Word>& words = rule[objection->part];
    return ErrorAt(words.empty() ? rule.end : words.front(), objection->reason);
  }
  return fault;
}

}  // namespace lastack
