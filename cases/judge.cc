#include "cases/judge.h"

#include <limits.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cases/closing_facts.h"
#include "cases/driver_facts.h"
#include "cases/ladder.h"
#include "cases/requirement.h"
#include "harness/plan/parse.h"

namespace lastack {
namespace {

constexpr size_t kOutputKept = 2000;  // bytes of the end of each stream that the report shows

CaseResult BlankResult(const Case& one) {
  CaseResult result;
  result.case_id = one.id;
  result.requirement_id = one.requirement;
  result.variant = VariantText(one);
  result.proven_by = one.defects;
  if (const Requirement* requirement = FindRequirement(one.requirement); requirement != nullptr) {
    result.requirement = requirement->text;
    result.level = requirement->level;
    result.why = requirement->why;
    result.remedy = requirement->remedy;
    result.tier = requirement->tier;
    result.source = absl::StrCat("\"How do you properly close a socket?\", ", requirement->section, "; ",
                                 absl::StrJoin(requirement->sources, "; "));
  }
  return result;
}

// "close:fd=tcp:when=1:effect=decoy:error=EINTR" in its three parts, and how often it fired.
FaultRecord RecordOf(const std::string& rule, size_t index, const Evidence& run) {
  FaultRecord record;
  std::vector<std::string> site;
  for (absl::string_view part : absl::StrSplit(rule, ':')) {
    if (absl::ConsumePrefix(&part, "effect=")) {
      record.effect = std::string(part);
    } else if (absl::ConsumePrefix(&part, "error=") || absl::ConsumePrefix(&part, "signal=")) {
      record.result = record.result.empty() ? std::string(part) : absl::StrCat(record.result, ", ", part);
    } else {
      site.emplace_back(part);
    }
  }
  record.site = absl::StrJoin(site, ":");
  for (const TracedEvent* fired : run.run().Fired()) record.fired += fired->event.fault == index ? 1 : 0;
  return record;
}

std::string End(const std::string& stream) {
  return stream.size() <= kOutputKept ? stream : absl::StrCat("...", stream.substr(stream.size() - kOutputKept));
}

std::string OutputOf(const SubjectExit& exit) {
  if (exit.err.empty()) return "";
  return absl::StrCat(End(exit.err), exit.err_bytes > exit.err.size() ? "\n(more was written)" : "");
}

// Of a run of the case's own.
int DurationMs(const Case& one, const Observation& run) {
  if (JudgedOnCleanRun(one)) return 0;
  uint64_t ns = run.lives.empty() ? run.exit.duration_ns : 0;
  for (const SubjectLife& life : run.lives) ns += life.exit.duration_ns;
  return static_cast<int>(std::min<uint64_t>((ns + 999'999) / 1'000'000, INT_MAX));
}

void SetVerdict(CaseResult& result, Verdict verdict, const std::string& message) {
  result.verdict = verdict;
  result.message = message;
}

void SetDoubtful(CaseResult& result, const Evidence& run) {
  SetVerdict(result, Verdict::kInconclusive, absl::StrCat("The evidence is incomplete: ", run.doubts().front(), "."));
  result.finding.clear();
  for (const std::string& doubt : run.doubts()) result.evidence.push_back(absl::StrCat("doubt: ", doubt));
}

// The least real fault that fired says how real the whole case was.
Realism RealismOfRun(const Evidence& run) {
  Realism realism = Realism::kKernel;
  for (const TracedEvent* fired : run.run().Fired()) realism = std::max(realism, fired->event.realism);
  return realism;
}

bool EveryFaultFired(const CaseResult& result) {
  for (const FaultRecord& fault : result.faults) {
    if (fault.fired == 0) return false;
  }
  return true;
}

// The first verb of the case that the driver does not implement; empty: none.
std::string MissingVerb(const Case& one, const Evidence& clean, const Evidence& run) {
  if (one.verb == nullptr) return "";
  for (const absl::string_view verb : absl::StrSplit(one.verb, ' ')) {
    if (LacksVerb(clean.run(), verb) || LacksVerb(run.run(), verb)) return std::string(verb);
  }
  return "";
}

void TakeJudgement(Judgement judgement, const Evidence& run, CaseResult& result) {
  result.verdict = judgement.verdict;
  result.finding = judgement.finding;
  result.message = judgement.message;
  result.expected = judgement.expected;
  result.observed = judgement.observed;
  result.evidence = std::move(judgement.evidence);
  const bool positive = judgement.verdict == Verdict::kFail && !judgement.by_absence;
  if (!run.doubts().empty() && !positive && judgement.verdict != Verdict::kUnexercised) SetDoubtful(result, run);
  if (result.verdict != Verdict::kFail) return;
  if (result.level != "MUST") {
    result.verdict = Verdict::kAdvisory;
  } else if (RealismOfRun(run) == Realism::kAdversarial) {
    result.verdict = Verdict::kAdvisory;
    result.message += " (only by injection: this kernel does not do that by itself)";
  }
}

}  // namespace

bool IsRuleFor(const Case& one, const std::string& role) {
  const std::vector<std::string>& roles = FindRequirement(one.requirement)->roles;
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

bool Concerns(const Case& one, const Profile& profile) {
  return IsRuleFor(one, profile.role) && !profile.scripts(one.scenario).empty();
}

std::string VariantText(const Case& one) {
  const auto shares = [&one](const Case& other) { return absl::string_view(other.requirement) == one.requirement; };
  if (std::count_if(Cases().begin(), Cases().end(), shares) < 2) return "";
  std::vector<std::string> parts;
  if (one.scenario != Scenario::kOrdinary) parts.push_back(absl::StrCat("conversation ", ScenarioName(one.scenario)));
  if (!one.faults.empty()) parts.push_back(absl::StrCat("injected ", absl::StrJoin(one.faults, ", ")));
  return parts.empty() ? "ordinary conversation" : absl::StrJoin(parts, ", ");
}

std::string WhyInapplicable(const Case& one, const Evidence& clean) {
  if (!IsRuleFor(one, clean.run().role)) return absl::StrCat("it is no rule for a ", clean.run().role);
  const Profile* profile = FindProfile(clean.run().profile);
  if (profile != nullptr && profile->scripts(one.scenario).empty()) {
    return absl::StrCat("the profile ", profile->name, " has no such conversation: ", ScenarioName(one.scenario));
  }
  return one.inapplicable(clean);
}

CaseResult JudgeCase(const Case& one, const Evidence& clean, const Evidence& run) {
  CaseResult result = BlankResult(one);
  result.backend = run.run().backend;
  if (!clean.unusable().empty()) {
    SetVerdict(result, Verdict::kInconclusive, absl::StrCat("The clean run shows nothing: ", clean.unusable(), "."));
    result.output = OutputOf(clean.run().exit);
    return result;
  }
  if (const std::string verb = MissingVerb(one, clean, run); !verb.empty()) {
    SetVerdict(result, Verdict::kUnimplemented, absl::StrCat("The driver does not implement ", verb, "."));
    return result;
  }
  if (const std::string reason = WhyInapplicable(one, clean); !reason.empty()) {
    const bool must_apply = one.core && !one.inapplicable(clean).empty();
    SetVerdict(result, must_apply ? Verdict::kInconclusive : Verdict::kNotApplicable,
               must_apply ? absl::StrCat("In the clean run, ", reason, ": what it does there was not seen.")
                          : absl::StrCat("Does not apply: ", reason, "."));
    if (!clean.doubts().empty()) SetDoubtful(result, clean);
    return result;
  }
  for (size_t i = 0; i < run.run().faults.size(); ++i) {
    result.faults.push_back(RecordOf(run.run().faults[i], i, run));
  }
  result.duration_ms = DurationMs(one, run.run());
  result.closing = ClosingFacts(run);
  result.ladder = LadderOf(run);
  result.output = OutputOf(run.run().exit);
  if (!run.unusable().empty()) {
    SetVerdict(result, Verdict::kInconclusive, absl::StrCat("The run shows nothing: ", run.unusable(), "."));
    return result;
  }
  if (!result.faults.empty()) result.realism = std::string(RealismName(RealismOfRun(run)));
  if (const std::string reason = one.moot == nullptr ? "" : one.moot(run); !reason.empty()) {
    SetVerdict(result, Verdict::kNotApplicable, absl::StrCat("Does not apply: ", reason, "."));
    if (!run.doubts().empty()) SetDoubtful(result, run);
    return result;
  }
  if (!EveryFaultFired(result)) {
    SetVerdict(result, Verdict::kUnexercised, "The fault was not delivered: its site was not reached in this run.");
    return result;
  }
  TakeJudgement(one.judge(clean, run), run, result);
  return result;
}

CaseResult HarnessError(const Case& one, const absl::Status& why) {
  CaseResult result = BlankResult(one);
  SetVerdict(result, Verdict::kHarnessError, std::string(why.message()));
  return result;
}

}  // namespace lastack
