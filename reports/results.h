// The results of an audit: what all reports are made of.
//
// Every report form is a deterministic function of this model; results.json is its JSON form (schema:
// reports/results.schema.json). It holds no clock, host name or path of a machine, so that equal audits give equal files.
#ifndef LASTACK_REPORTS_RESULTS_H_
#define LASTACK_REPORTS_RESULTS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"

namespace lastack {

// One row a verdict: enumerator, word, symbol, exit status it causes (see verdicts.inc).
enum class Verdict : unsigned char {
#define LASTACK_VERDICT(name, word, symbol, exit_status, meaning) name,
#include "reports/verdicts.inc"
};

[[nodiscard]] const char* VerdictWord(Verdict verdict);
[[nodiscard]] const char* VerdictSymbol(Verdict verdict);
[[nodiscard]] const char* VerdictMeaning(Verdict verdict);
[[nodiscard]] int VerdictExitStatus(Verdict verdict, bool strict);

struct FaultRecord {
  std::string site;    // "close:fd=tcp:when=1"
  std::string effect;  // "decoy"
  std::string result;  // "EINTR"
  int fired = 0;       // how often
};

struct CaseResult {
  std::string case_id;         // "check-close/eintr-not-retried"
  std::string requirement_id;  // of the catalog
  std::string requirement;     // its text
  std::string level;           // MUST, SHOULD, MAY
  std::string why;             // what failing costs
  std::string remedy;
  std::string source;          // document section; RFC or POSIX where they say more
  Verdict verdict = Verdict::kHarnessError;
  std::string finding;  // code, for fail, advisory and known-failure; else empty
  std::string message;  // one sentence
  std::string realism;  // kernel, posix, adversarial; empty without faults
  std::string backend;
  std::string tier;
  std::vector<FaultRecord> faults;
  std::string expected;
  std::string observed;
  std::vector<std::string> evidence;                            // a line a fact, in order of time
  std::vector<std::pair<std::string, std::string>> closing;     // closing facts: name, value
  std::string output;                                           // end of the subject's output
  std::string replay;                                           // the command that repeats this case
};

struct Results {
  std::string subject;  // the command, as one shell line, with its placeholders
  std::string profile;
  std::vector<std::pair<std::string, std::string>> environment;  // kernel, backend, tool version, subject's variables
  std::vector<CaseResult> results;
};

// conformant: every applicable MUST passes, nothing skipped or inconclusive. non-conformant: something failed.
enum class Overall : unsigned char { kConformant, kNotFullyVerified, kNonConformant };
[[nodiscard]] Overall OverallOf(const Results& results);
[[nodiscard]] const char* OverallWord(Overall overall);
// 3 over 1 over 0; no results at all is 3.
[[nodiscard]] int ExitStatusOf(const Results& results, bool strict);

[[nodiscard]] nlohmann::json ResultsToJson(const Results& results);
[[nodiscard]] absl::StatusOr<Results> ResultsFromJson(absl::string_view text);

}  // namespace lastack

#endif  // LASTACK_REPORTS_RESULTS_H_
