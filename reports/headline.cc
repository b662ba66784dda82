#include "reports/headline.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace lastack {
namespace {

size_t CountOf(const Results& results, Standing standing) { return ResultsOf(results, standing).size(); }

// "1 case is", "2 cases are".
std::string Are(size_t count) { return absl::StrCat(Counted(count, "case"), count == 1 ? " is" : " are"); }

std::string ViolatedReason(const Results& results) {
  const size_t violated = CountOf(results, Standing::kViolated);
  const std::vector<const CaseResult*> shown = ResultsOf(results, Standing::kViolated);
  const size_t waived = static_cast<size_t>(std::count_if(
      shown.begin(), shown.end(), [](const CaseResult* one) { return one->verdict == Verdict::kKnownFailure; }));
  std::string reason = absl::StrCat(violated, " of ", Counted(results.results.size(), "case"),
                                    violated == 1 ? " shows" : " show", " a requirement violated");
  if (waived == violated) {
    absl::StrAppend(&reason, ", all waived as known");
  } else if (waived > 0) {
    absl::StrAppend(&reason, ", ", waived, " of them waived as known");
  }
  const size_t undecided = CountOf(results, Standing::kUndecided);
  if (undecided > 0) absl::StrAppend(&reason, "; ", Are(undecided), " undecided");
  return reason + ".";
}

std::string NotVerifiedReason(const Results& results) {
  if (!results.not_audited.empty()) return absl::StrCat("It was not audited: ", results.not_audited, ".");
  if (results.results.empty()) return "No case ran, so nothing was verified.";
  const size_t undecided = CountOf(results, Standing::kUndecided);
  if (undecided > 0) {
    return absl::StrCat("No violation was seen, but ", undecided, " of ", Counted(results.results.size(), "case"),
                        undecided == 1 ? " is" : " are", " undecided.");
  }
  return "No violation was seen, but no case of a MUST applied and passed either.";
}

std::string ConformantReason(const Results& results) {
  const size_t advised = CountOf(results, Standing::kAdvised);
  if (advised == 0) return "Every MUST that applies is met.";
  return absl::StrCat("Every MUST that applies is met, with ",
                      advised == 1 ? "1 advisory" : absl::StrCat(advised, " advisories"), ".");
}

}  // namespace

const char* OverallTitle(Overall overall) {
  switch (overall) {
    case Overall::kConformant:
      return "Conformant";
    case Overall::kNotFullyVerified:
      return "Not fully verified";
    case Overall::kNonConformant:
      return "Non-conformant";
  }
  return "Not fully verified";
}

const char* OverallSymbol(Overall overall) {
  switch (overall) {
    case Overall::kConformant:
      return VerdictSymbol(Verdict::kPass);
    case Overall::kNotFullyVerified:
      return VerdictSymbol(Verdict::kInconclusive);
    case Overall::kNonConformant:
      return VerdictSymbol(Verdict::kFail);
  }
  return VerdictSymbol(Verdict::kInconclusive);
}

std::string OverallReason(const Results& results) {
  switch (OverallOf(results)) {
    case Overall::kConformant:
      return ConformantReason(results);
    case Overall::kNotFullyVerified:
      return NotVerifiedReason(results);
    case Overall::kNonConformant:
      return ViolatedReason(results);
  }
  return "";
}

std::string CountsPhrase(const std::vector<CaseResult>& results) {
  const auto counts = CountVerdicts(results);
  std::vector<std::string> phrases;
  for (const Verdict verdict : kAllVerdicts) {
    const int count = counts[static_cast<size_t>(verdict)];
    if (count > 0) phrases.push_back(absl::StrCat(count, " ", VerdictWord(verdict)));
  }
  return absl::StrJoin(phrases, ", ");
}

std::string Counted(size_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

std::vector<const CaseResult*> ResultsOf(const Results& results, Standing standing) {
  std::vector<const CaseResult*> chosen;
  for (const CaseResult& result : results.results) {
    if (StandingOf(result) == standing) chosen.push_back(&result);
  }
  // What decides the exit status weighs most: a harness error over a fail over what is waived.
  std::stable_sort(chosen.begin(), chosen.end(), [](const CaseResult* a, const CaseResult* b) {
    return VerdictExitStatus(a->verdict, false) > VerdictExitStatus(b->verdict, false);
  });
  return chosen;
}

const CaseResult* OneReasonForAll(const Results& results) {
  if (results.results.size() < 2) return nullptr;
  const CaseResult& first = results.results.front();
  const bool same = std::all_of(results.results.begin(), results.results.end(), [&first](const CaseResult& one) {
    return StandingOf(one) == Standing::kUndecided && one.verdict == first.verdict && one.message == first.message;
  });
  return same && !first.message.empty() ? &first : nullptr;
}

std::vector<const CaseResult*> SlowestOf(const Results& results, size_t limit) {
  std::vector<const CaseResult*> slowest;
  for (const CaseResult& result : results.results) {
    if (result.duration_ms > 0) slowest.push_back(&result);
  }
  std::stable_sort(slowest.begin(), slowest.end(),
                   [](const CaseResult* a, const CaseResult* b) { return a->duration_ms > b->duration_ms; });
  slowest.resize(std::min(slowest.size(), limit));
  return slowest;
}

std::string DurationInWords(int ms) {
  return ms < 1000 ? absl::StrCat(ms, " ms") : absl::StrFormat("%.1f s", static_cast<double>(ms) / 1000);
}

}  // namespace lastack
