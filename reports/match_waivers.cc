#include "reports/match_waivers.h"

#include <fnmatch.h>

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "reports/text.h"

namespace lastack {
namespace {

bool Matches(const std::string& pattern, const std::string& text) {
  return fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}

bool EveryRoundPassedOrShowed(const CaseResult& result, const std::string& finding) {
  return !result.rounds.empty() &&
         std::all_of(result.rounds.begin(), result.rounds.end(), [&](const RoundTally& round) {
           return round.verdict == Verdict::kPass || (round.verdict == Verdict::kFail && round.finding == finding);
         });
}

Shown ShownBy(const CaseResult& result, const std::string& finding) {
  switch (result.verdict) {
    case Verdict::kFail:
      return result.finding == finding ? Shown::kFinding : Shown::kOther;
    case Verdict::kAdvisory:
      return result.finding == finding ? Shown::kFinding : Shown::kNothing;
    case Verdict::kFlaky:
      return EveryRoundPassedOrShowed(result, finding) ? Shown::kFinding : Shown::kUnknown;
    case Verdict::kInconclusive:
    case Verdict::kUnexercised:
    case Verdict::kHarnessError:
      return Shown::kUnknown;
    default:
      return Shown::kNothing;
  }
}

// Empty if the cases of this pattern can have the finding, or nothing is known of them.
std::vector<std::string> CodesInPlaceOf(const Waiver& waiver, const CaseScope& scope) {
  std::set<std::string> codes;
  for (const auto& [id, of_case] : scope.findings) {
    if (Matches(waiver.case_pattern, id)) codes.insert(of_case.begin(), of_case.end());
  }
  if (codes.count(waiver.finding) != 0) return {};
  return {codes.begin(), codes.end()};
}

WaiverMatch MatchOf(const Waiver& waiver, const Results& results, const CaseScope& scope) {
  const auto named = [&](const std::string& id) { return Matches(waiver.case_pattern, id); };
  WaiverMatch match;
  match.names_no_case = std::none_of(scope.known.begin(), scope.known.end(), named);
  match.codes = CodesInPlaceOf(waiver, scope);
  if (!Matches(waiver.subject, results.subject) || !Matches(waiver.platform, FactOf(results, "kernel"))) return match;
  std::set<std::string> run;
  for (size_t i = 0; i < results.results.size(); ++i) {
    const CaseResult& result = results.results[i];
    if (!named(result.case_id)) continue;
    match.names_no_case = false;
    run.insert(result.case_id);
    match.records.push_back({.record = i, .shown = ShownBy(result, waiver.finding)});
  }
  for (const std::string& id : scope.applicable) {
    if (named(id) && run.count(id) == 0) match.not_run.push_back(id);
  }
  return match;
}

}  // namespace

bool WaiverMatch::Any(Shown shown) const {
  return std::any_of(records.begin(), records.end(), [&](const RecordMatch& match) { return match.shown == shown; });
}

bool WaiverMatch::WaivesNothing() const {
  return !records.empty() && not_run.empty() && !Any(Shown::kFinding) && !Any(Shown::kOther) && !Any(Shown::kUnknown);
}

std::vector<WaiverMatch> MatchWaivers(const Results& results, const Waivers& waivers, const CaseScope& scope) {
  std::vector<WaiverMatch> matches;
  for (const Waiver& waiver : waivers.entries) matches.push_back(MatchOf(waiver, results, scope));
  return matches;
}

std::vector<std::string> WaiversOfOtherSubjects(const Results& results, const Waivers& waivers) {
  std::map<std::string, std::vector<std::string>> others;  // by pattern: places
  for (size_t entry = 0; entry < waivers.entries.size(); ++entry) {
    const std::string& pattern = waivers.entries[entry].subject;
    if (!Matches(pattern, results.subject)) others[pattern].push_back(absl::StrCat("/", entry));
  }
  const auto visible = [](const std::string& text) { return VisibleText(text, Breaks::kShow); };
  std::vector<std::string> sentences;
  for (const auto& [pattern, places] : others) {
    sentences.push_back(absl::StrCat("of ", waivers.file, ", ", absl::StrJoin(places, ", "),
                                     " waived nothing: for the subject \"", visible(pattern), "\", and this is \"",
                                     visible(results.subject), "\""));
  }
  return sentences;
}

}  // namespace lastack
