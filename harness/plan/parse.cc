#include "harness/plan/parse.h"

#include <stdlib.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "harness/plan/rule.h"
#include "harness/plan/vocabulary.h"

namespace lastack {
namespace {

constexpr absl::string_view kExamples[] = {
    "", "fd=tcp", "when=2", "after=reset", "effect=skip", "error=EINTR", "signal=SIGTERM"};
static_assert(sizeof(kExamples) / sizeof(*kExamples) == kRulePartCount);

// KEY=VALUE
absl::Status SplitField(const Word& field, RuleWords& rule) {
  if (field.text.empty()) return ErrorAt(field, absl::StrCat("a key is missing here; legal: ", KeyList()));
  const size_t equals = field.text.find('=');
  const Word key = field.Part(0, equals);
  const std::optional<RulePart> part = RulePartOf(key.text);
  if (!part || *part == RulePart::kCalls) {
    return ErrorAt(key, absl::StrCat(Quoted(key.text), " is no key; legal: ", KeyList()));
  }
  if (!rule[*part].empty()) return ErrorAt(key, absl::StrCat(Quoted(key.text), " is given twice; legal: once"));
  const Word value = field.Part(equals == absl::string_view::npos ? field.text.size() : equals + 1);
  if (value.text.empty()) {
    return ErrorAt(value,
                   absl::StrCat(Quoted(key.text), " needs a value, as in ", kExamples[static_cast<size_t>(*part)]));
  }
  rule[*part] = *part == RulePart::kFd ? value.SplitAt(',') : std::vector<Word>{value};
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Fault> ParseFault(absl::string_view text) {
  const Word whole{.text = text, .column = 1, .pointer = ""};
  if (text.empty()) return ErrorAt(whole, "the rule is empty; legal: one such as close:error=EINTR");
  if (absl::Status status = CheckBytes(whole); !status.ok()) return status;
  RuleWords rule{.words_of = {}, .end = whole.Part(text.size())};
  const std::vector<Word> fields = whole.SplitAt(':');
  rule[RulePart::kCalls] = fields.front().SplitAt(',');
  for (size_t i = 1; i < fields.size(); ++i) {
    if (absl::Status status = SplitField(fields[i], rule); !status.ok()) return status;
  }
  return FaultOf(rule);
}

absl::StatusOr<Plan> ParsePlan(const std::vector<std::string>& rules) {
  std::vector<Fault> faults;
  for (const std::string& rule : rules) {
    const std::string number = absl::StrCat("rule ", faults.size() + 1);
    if (faults.size() == kMaxFaults) {
      return absl::InvalidArgumentError(absl::StrCat(number, " is one too many; legal: ", kMaxFaults, " rules"));
    }
    const absl::StatusOr<Fault> fault = ParseFault(rule);
    if (!fault.ok()) {
      if (rules.size() == 1) return fault.status();
      return absl::InvalidArgumentError(absl::StrCat(number, ", ", fault.status().message()));
    }
    faults.push_back(*fault);
  }
  return MakePlan(faults);
}

Plan MakePlan(const std::vector<Fault>& faults) {
  if (faults.size() > kMaxFaults) abort();
  Plan plan{};
  for (const Fault& fault : faults) {
    for (Call call : CallsOf(fault)) plan.faults_of_call[static_cast<size_t>(call)] |= 1u << plan.fault_count;
    plan.faults[plan.fault_count++] = fault;
  }
  return plan;
}

}  // namespace lastack
