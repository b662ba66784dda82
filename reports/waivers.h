// Waivers: failures that are known and accepted, as a file that stands beside the code (lastack.waivers.json).
//
//   [{"case": "linger/no-abort-by-default", "finding": "abortive-linger", "reason": "the vendor's library does it",
//     "link": "https://example.org/issues/7", "expires": "2027-01-31", "subject": "*vendor_tool*",
//     "platform": "Linux *"}]
//
// A waiver names one finding: a case that fails otherwise is not waived. `subject` and `platform` narrow it; `link` and
// `expires` may be left out. Patterns are those of fnmatch(3), in which * matches a slash, too. The form is checked by
// reports/waivers.schema.json; what waivers do to results is said in reports/apply_waivers.h.
//
// Threads: safe. Allocates.
#ifndef LASTACK_REPORTS_WAIVERS_H_
#define LASTACK_REPORTS_WAIVERS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

namespace lastack {

struct Waiver {
  std::string case_pattern;
  std::string subject = "*";   // pattern
  std::string platform = "*";  // pattern
  std::string finding;
  std::string reason;
  std::string link;                       // may be empty
  std::optional<absl::CivilDay> expires;  // the last day of its force

  bool operator==(const Waiver&) const = default;
};

struct Waivers {
  std::string file;  // its name, for messages, without its directory: reports hold no path of a machine
  std::vector<Waiver> entries;
};

// InvalidArgumentError names the entry and the field by JSON pointer ("/2/reason"), and what is legal.
[[nodiscard]] absl::StatusOr<Waivers> ParseWaivers(absl::string_view text);

// The same, from a file, whose name is in every error. NotFoundError if it cannot be read.
[[nodiscard]] absl::StatusOr<Waivers> ReadWaivers(const std::string& path);

// The text of the file: entries sorted, fields in one order, so that equal waivers give equal bytes.
[[nodiscard]] std::string FormatWaivers(const Waivers& waivers);

// "2027-01-31"; empty for none.
[[nodiscard]] std::string ExpiryText(const Waiver& waiver);

}  // namespace lastack

#endif  // LASTACK_REPORTS_WAIVERS_H_
