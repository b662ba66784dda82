// Waivers on the command line: --waivers, --update-waivers and --reason.
#ifndef LASTACK_TOOLS_CLI_WAIVING_H_
#define LASTACK_TOOLS_CLI_WAIVING_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "reports/results.h"
#include "reports/waivers.h"

namespace lastack {

// What the flags say of waivers.
struct Waiving {
  std::optional<Waivers> waivers;  // of --waivers, or of --update-waivers as they are
  std::string update;              // the file to write, with `reason`; empty: none
  std::string reason;
};

// Reads the file that is named. Errors name the flag or the file.
[[nodiscard]] absl::StatusOr<Waiving> ChosenWaiving();

// Writes the file `update` so that it fits, if that changes its entries, and says on stderr what was done.
[[nodiscard]] absl::Status UpdateWaiversFile(const Results& results, Waiving& waiving);

// The results with the waivers of today. Those for other subjects are told on stderr.
[[nodiscard]] Results Waived(Results results, const Waivers& waivers);

}  // namespace lastack

#endif  // LASTACK_TOOLS_CLI_WAIVING_H_
