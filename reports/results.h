// The results of an audit: what all reports are made of.
//
// Every report form is a deterministic function of this model; results.json is its JSON form (schema:
// reports/results.schema.json). It holds no host name, date or path of a machine. Of equal audits the verdicts are
// equal; process numbers, ports and times in evidence and ladders are those of the run.
//
//   absl::StatusOr<Results> results = ResultsFromJson(text);
//   if (!results.ok()) return results.status();   // "/results/0/verdict: is "passed", must be one of "pass", ..."
//   return ExitStatusOf(*results, /*strict=*/false);
//
// Threads: all functions are pure. Allocates. Strings may hold any bytes (a subject's output is its own business); what
// is not UTF-8 becomes U+FFFD in every report.
#ifndef LASTACK_REPORTS_RESULTS_H_
#define LASTACK_REPORTS_RESULTS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json_fwd.hpp"

namespace lastack {

// One row a verdict: enumerator, word, symbol, exit status it causes (see verdicts.inc).
enum class Verdict : unsigned char {
#define LASTACK_VERDICT(name, word, symbol, exit_status, junit, meaning) name,
#include "reports/verdicts.inc"
};

inline constexpr Verdict kAllVerdicts[] = {
#define LASTACK_VERDICT(name, word, symbol, exit_status, junit, meaning) Verdict::name,
#include "reports/verdicts.inc"
};
inline constexpr size_t kVerdictCount = std::size(kAllVerdicts);

[[nodiscard]] const char* VerdictWord(Verdict verdict);
[[nodiscard]] const char* VerdictSymbol(Verdict verdict);
[[nodiscard]] const char* VerdictMeaning(Verdict verdict);
[[nodiscard]] int VerdictExitStatus(Verdict verdict, bool strict);
[[nodiscard]] std::optional<Verdict> VerdictOfWord(absl::string_view word);

struct FaultRecord {
  std::string site;    // "close:fd=tcp:when=1"
  std::string effect;  // "decoy"
  std::string result;  // "EINTR"
  int fired = 0;       // how often

  bool operator==(const FaultRecord&) const = default;
};

// One line of a case's timeline.
struct Rung {
  int time_us = 0;  // since the start of the run; not beyond INT_MAX
  // Calls: subject, fault (one that was injected). What crossed between subject and kernel: to-kernel, from-kernel.
  // Segments: to-peer, to-subject. What the peer noted: peer. Rungs left out: fold.
  std::string lane;
  std::string text;  // "close(5) = 0", "81 bytes", "FIN"

  bool operator==(const Rung&) const = default;
};

// How many rounds of a case that was run repeatedly said this.
struct RoundTally {
  Verdict verdict = Verdict::kHarnessError;
  std::string finding;
  int count = 0;

  bool operator==(const RoundTally&) const = default;
};

// The waiver that made a record what it is (reports/apply_waivers.h), and what it was before: waivers can be taken
// back.
struct AppliedWaiver {
  std::string entry;  // "lastack.waivers.json /2": the file and the entry's JSON pointer
  std::string finding;
  std::string reason;
  std::string link;                // may be empty
  std::string expires;             // "2027-01-31"; empty: never
  std::optional<Verdict> verdict;  // before; nullopt: the record is about the waiver alone, no case stands behind it
  std::string message;             // before

  bool operator==(const AppliedWaiver&) const = default;
};

struct CaseResult {
  std::string case_id;         // "check-close/eintr-not-retried"
  std::string requirement_id;  // of the catalog
  std::string requirement;     // its text
  std::string
      variant;  // how it differs from the requirement's other cases: "injected send:error=EPIPE"; empty: it has none
  std::string level;  // MUST, SHOULD, MAY; empty where no requirement stands behind the record
  std::string why;    // what failing costs
  std::string remedy;
  std::string source;  // document section; RFC or POSIX where they say more
  Verdict verdict = Verdict::kHarnessError;
  // Code, for fail, advisory and known-failure; for stale-waiver and flaky, what was found if anything was; else empty.
  std::string finding;
  std::string message;                 // one sentence
  std::vector<std::string> proven_by;  // known-bad subjects that fail the case, by their defects: "double-closes"
  std::string realism;                 // kernel, posix, adversarial; empty without faults
  std::string backend;
  std::string tier;
  std::vector<FaultRecord> faults;
  std::string expected;
  std::string observed;
  std::vector<std::string> evidence;                         // a line a fact, in order of time
  std::vector<std::pair<std::string, std::string>> closing;  // closing facts: name, value
  std::vector<Rung> ladder;                                  // by time
  int duration_ms = 0;                                       // of the run that was judged; 0 if there was none
  std::string output;                                        // end of the subject's output
  std::string replay;                                        // the command that repeats this case
  std::vector<RoundTally> rounds;                            // where rounds disagree: what they said; else empty
  std::optional<AppliedWaiver> waiver;

  bool operator==(const CaseResult&) const = default;
};

// A part of an audit: every count-th case. `index` begins with 1.
struct Shard {
  int index = 1;
  int count = 1;

  bool operator==(const Shard&) const = default;
};

// Facts in Results::environment that reports know.
inline constexpr char kKernel[] = "kernel";    // "Linux 6.18 x86_64"
inline constexpr char kLastack[] = "lastack";  // its version
inline constexpr char kDate[] =
    "date";  // of the audit, in UTC: "2026-11-21"; of parts that were merged, all their days

struct Results {
  std::string subject;  // the command, as one shell line, with its placeholders
  std::string profile;
  std::vector<std::pair<std::string, std::string>>
      environment;             // kernel, backend, selection of cases, tool version, ...
  std::optional<Shard> shard;  // nullopt: not a part of another audit
  std::string
      not_audited;  // why the subject could not be: "no such program: node"; then there are no records. Empty: it was
  std::vector<CaseResult> results;

  bool operator==(const Results&) const = default;
};

// A fact of the environment by its name; empty if it is not there.
[[nodiscard]] std::string FactOf(const Results& results, absl::string_view name);

// What one record says about the subject. A waiver makes a violation bearable (exit status 0), not undone, and an
// advisory no graver; a stale waiver and a flaky case are violations if they carry a finding, and leave the question
// open if they do not.
enum class Standing : unsigned char {
  kViolated,   // a requirement was seen violated
  kUndecided,  // the question was asked and has no answer
  kAdvised,    // advisory
  kSettled,    // pass, observed, not-applicable
};
[[nodiscard]] Standing StandingOf(const CaseResult& result);

// conformant: nothing is violated or undecided, and at least one MUST passed. non-conformant: something is violated.
enum class Overall : unsigned char { kConformant, kNotFullyVerified, kNonConformant };
[[nodiscard]] Overall OverallOf(const Results& results);
[[nodiscard]] const char* OverallWord(Overall overall);  // "not-fully-verified"
// 3 over 1 over 0; no results at all is 3.
[[nodiscard]] int ExitStatusOf(const Results& results, bool strict);

// How many results have each verdict, by the verdict's number.
[[nodiscard]] std::array<int, kVerdictCount> CountVerdicts(const std::vector<CaseResult>& results);

// Always valid UTF-8, keys sorted; every field is there, also when empty, but for variant, rounds, waiver, shard and
// not_audited.
[[nodiscard]] nlohmann::json ResultsToJson(const Results& results);
// The text of results.json.
[[nodiscard]] std::string FormatResults(const Results& results);
// InvalidArgumentError names all that the schema refuses, each with its JSON pointer; also a summary or an overall
// verdict that the records contradict.
[[nodiscard]] absl::StatusOr<Results> ResultsFromJson(absl::string_view text);

}  // namespace lastack

#endif  // LASTACK_REPORTS_RESULTS_H_
