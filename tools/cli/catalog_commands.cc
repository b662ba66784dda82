#include "tools/cli/catalog_commands.h"

#include "absl/flags/flag.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cases/case.h"
#include "cases/judge.h"
#include "cases/requirement.h"
#include "harness/sys/calls.h"
#include "harness/sys/errno_names.h"
#include "tools/cli/flags.h"

namespace lastack {
namespace {

constexpr size_t kColumns = 100;

// Words folded to lines, each begun with `indent` spaces.
std::string Folded(const std::string& text, size_t indent) {
  std::string out;
  std::string line;
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    if (!line.empty() && indent + line.size() + 1 + word.size() > kColumns) {
      absl::StrAppend(&out, std::string(indent, ' '), line, "\n");
      line.clear();
    }
    absl::StrAppend(&line, line.empty() ? "" : " ", word);
  }
  absl::StrAppend(&out, std::string(indent, ' '), line, "\n");
  return out;
}

std::string ListOfCalls() {
  std::string text;
  for (size_t family = 0; family < static_cast<size_t>(CallFamily::kCount); ++family) {
    absl::StrAppend(&text, "%", FamilyName(static_cast<CallFamily>(family)), "\n");
    for (size_t i = 0; i < kCallCount; ++i) {
      const Call call = static_cast<Call>(i);
      if (FamilyOf(call) != static_cast<CallFamily>(family)) continue;
      std::vector<std::string> errors;
      for (const int* error = LegalErrnos(call); *error != 0; ++error) errors.push_back(ErrnoName(*error));
      absl::StrAppendFormat(&text, "  %-14s %s\n", CallName(call), absl::StrJoin(errors, " "));
    }
  }
  return text;
}

std::string CaseLine(const Case& one, const Requirement& requirement) {
  const std::string variant = VariantText(one);
  return absl::StrFormat("%-36s %-6s  %-6s %s%s\n", one.id, requirement.level, requirement.tier, requirement.text,
                         variant.empty() ? "" : absl::StrCat(" [", variant, "]"));
}

std::string Explanation(const Case& one, const Requirement& requirement) {
  std::string text = absl::StrCat(one.id, "  (", requirement.level, "; ", absl::StrJoin(requirement.roles, ", "),
                                  "; tier ", requirement.tier, ")\n\n");
  absl::StrAppend(&text, "Requirement\n", Folded(requirement.text, 2));
  absl::StrAppend(&text, "\nWhy\n", Folded(requirement.why, 2));
  absl::StrAppend(&text, "\nRemedy\n", Folded(requirement.remedy, 2));
  absl::StrAppend(&text, "\nJudged on\n", Folded(requirement.judged_on, 2));
  for (const std::string& fault : one.faults) absl::StrAppend(&text, "  injected: ", fault, "\n");
  absl::StrAppend(&text, "\nFindings\n");
  for (const Finding& finding : one.findings) {
    absl::StrAppendFormat(&text, "  %-22s %s\n", finding.code, finding.sentence);
  }
  absl::StrAppend(&text, "\nProven able to fail by\n  known_bad_client --defect=", absl::StrJoin(one.defects, ", "),
                  "\n");
  absl::StrAppend(&text, "\nSource\n",
                  Folded(absl::StrCat("\"How do you properly close a socket?\", ", requirement.section, "; ",
                                      absl::StrJoin(requirement.sources, "; ")),
                         2));
  return text;
}

// The ids that share the most words with what was typed.
std::string Suggestions(const std::string& id) {
  std::vector<std::string> near;
  size_t most = 1;
  for (const Case& one : Cases()) {
    size_t shared = 0;
    for (const absl::string_view word : absl::StrSplit(id, absl::ByAnyChar("/-"), absl::SkipEmpty())) {
      shared += absl::StrContains(one.id, word) ? 1 : 0;
    }
    if (shared < most) continue;
    if (shared > most) near.clear();
    most = shared;
    near.push_back(one.id);
  }
  return near.empty() ? "`lastack list` shows them all"
                      : absl::StrCat("did you mean ", absl::StrJoin(near, " or "), "?");
}

}  // namespace

int RunList(const Invocation& invocation) {
  const bool calls = absl::GetFlag(FLAGS_calls);
  if (absl::Status checked = CheckOperands(invocation, calls ? 0 : 1); !checked.ok()) return Complain(checked);
  if (calls) return Print(ListOfCalls());
  const std::string pattern = invocation.operands.empty() ? "*" : invocation.operands.front();
  const std::vector<const Case*> cases = CasesMatching(pattern);
  if (cases.empty()) return UsageError(absl::StrCat("no case matches '", pattern, "'; `lastack list` shows them all"));
  std::string text;
  for (const Case* one : cases) text += CaseLine(*one, *FindRequirement(one->requirement));
  return Print(text);
}

int RunExplain(const Invocation& invocation) {
  if (absl::Status checked = CheckOperands(invocation, 1); !checked.ok()) return Complain(checked);
  if (invocation.operands.empty()) {
    return UsageError("explain wants one case id, as in  lastack explain always-close/orderly");
  }
  for (const Case& one : Cases()) {
    if (invocation.operands.front() == one.id) return Print(Explanation(one, *FindRequirement(one.requirement)));
  }
  return UsageError(
      absl::StrCat("there is no case '", invocation.operands.front(), "'; ", Suggestions(invocation.operands.front())));
}

}  // namespace lastack
