// Which records a waiver concerns, and what each says of the finding that it waives. The one place that decides so:
// waivers are applied (apply_waivers.h) and written anew (update_waivers.h) by it.
//
// An entry concerns a record if the patterns of the case, the subject and the platform match.
//
//   for (const WaiverMatch& match : MatchWaivers(results, *waivers, scope)) ...
//
// Pure functions. Allocate.
#ifndef LASTACK_REPORTS_MATCH_WAIVERS_H_
#define LASTACK_REPORTS_MATCH_WAIVERS_H_

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "reports/results.h"
#include "reports/waivers.h"

namespace lastack {

// Ids of cases: an entry is judged by what could have been run.
struct CaseScope {
  std::vector<std::string> known;       // all that there are
  std::vector<std::string> applicable;  // those that a full audit of such a subject would run
  // The codes that each can find; of a case that is missing any.
  std::map<std::string, std::vector<std::string>> findings;
};

// What a record says of the finding that an entry waives.
enum class Shown {
  kFinding,  // it is there
  kOther,    // the case fails, with another
  kUnknown,  // no answer
  kNothing,  // it is not there
};

struct RecordMatch {
  size_t record;  // its place in Results::results
  Shown shown;
};

// What an entry concerns.
struct WaiverMatch {
  std::vector<RecordMatch> records;
  std::vector<std::string> not_run;  // cases that it could concern
  bool names_no_case = false;        // of those that there are, whatever the subject
  std::vector<std::string> codes;    // where its finding is none that its cases can have: those that they can

  [[nodiscard]] bool Any(Shown shown) const;
  // Nothing that it concerns shows the finding, fails otherwise or is open.
  [[nodiscard]] bool WaivesNothing() const;
};

// One for each entry, in their order. `results` are those without waivers (apply_waivers.h).
[[nodiscard]] std::vector<WaiverMatch> MatchWaivers(const Results& results, const Waivers& waivers,
                                                    const CaseScope& scope);

// A sentence for each pattern of subjects that is not that of these results: it names the entries. They are no error,
// as one file may serve several subjects; and they are told, as a command that was changed a little is another subject.
[[nodiscard]] std::vector<std::string> WaiversOfOtherSubjects(const Results& results, const Waivers& waivers);

}  // namespace lastack

#endif  // LASTACK_REPORTS_MATCH_WAIVERS_H_
