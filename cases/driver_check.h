// Whether a driver (cases/drivers/PORTING.md) is written correctly: what it must get right before the library behind it
// can be judged. It says nothing about the library.
//
// Threads: the caller must have none (runs are forked). Allocates.
#ifndef LASTACK_CASES_DRIVER_CHECK_H_
#define LASTACK_CASES_DRIVER_CHECK_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "harness/run/scratch.h"

namespace lastack {

// One thing that a driver has to do.
struct DriverFinding {
  enum class Outcome { kRight, kWrong, kNotOffered };
  std::string what;  // "an unknown verb"
  Outcome outcome;
  std::string words;  // what it did; of kWrong: and what it should do, and the likely reason
};

struct DriverCheckOptions {
  std::vector<std::string> command;
  std::vector<std::pair<std::string, std::string>> environment;
  absl::Duration timeout = absl::Seconds(5);  // of each run
};

// In the order in which a driver is best mended. An error is one that nothing could be checked after: no such program.
[[nodiscard]] absl::StatusOr<std::vector<DriverFinding>> CheckDriver(const DriverCheckOptions& options,
                                                                     const Scratch& scratch);

}  // namespace lastack

#endif  // LASTACK_CASES_DRIVER_CHECK_H_
