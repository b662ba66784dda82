// What came of the claims on one platform, and its JSON.
//
// Threads: values. Allocates.
#ifndef LASTACK_CASES_OS_RESULT_H_
#define LASTACK_CASES_OS_RESULT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cases/os/claim.h"

namespace lastack::os {

enum class Outcome {
  kHolds,
  kDiffers,
  kVaries,   // the runs disagree
  kSkipped,  // this machine lacks what it takes, and why
  kFailed,   // it could not be measured, and why
};
[[nodiscard]] const char* OutcomeWord(Outcome outcome);  // "holds", "differs", "varies", "skipped", "failed"
[[nodiscard]] const char* OutcomeSymbol(Outcome outcome);

// What one value was in each run.
struct Series {
  std::string name;
  std::string unit;  // "ms", "bytes"; empty: words
  std::vector<double> numbers;
  std::vector<std::string> words;

  friend bool operator==(const Series&, const Series&) = default;
};

// "46080 bytes"; "0.03 / 0.04 / 0.09 ms" (least, median, most); "EPIPE"; "FIN (4), RST (1)".
[[nodiscard]] std::string InWords(const Series& series);

// A claim on one family of sockets.
struct FamilyResult {
  Family family = Family::kIpv4;
  Outcome outcome = Outcome::kFailed;
  int held = 0;  // in how many of `runs`
  int runs = 0;
  std::vector<Series> measured;
  std::string reason;   // why it was skipped or failed
  std::string witness;  // by what it was seen

  friend bool operator==(const FamilyResult&, const FamilyResult&) = default;
};

// "differs", "varies (held in 3 of 5)".
[[nodiscard]] std::string OutcomePhrase(const FamilyResult& result);

struct ClaimResult {
  const Claim* claim = nullptr;
  std::vector<FamilyResult> families;
};

struct PlatformResult {
  std::string kernel;  // "Linux 6.1.0-18-amd64 x86_64"
  int repeat = 0;
  std::vector<ClaimResult> claims;
};

// platform.json.
[[nodiscard]] std::string FormatPlatform(const PlatformResult& platform);

// One family's result, to and from a line of JSON.
[[nodiscard]] std::string FormatFamilyResult(const FamilyResult& result);
[[nodiscard]] absl::StatusOr<FamilyResult> ParseFamilyResult(const std::string& line);

}  // namespace lastack::os

#endif  // LASTACK_CASES_OS_RESULT_H_
