// Runs the claims.
//
//   FamilyResult result = Measure(claim, Family::kIpv4, sys, witness, 5);   // here, on any SysApi
//   StatusOr<PlatformResult> platform = RunClaims({.pattern = "os/*"});     // on the running kernel
//
// Each claim runs in a process and, where the machine allows it, in a network of its own, several beside each other:
// most of the time they wait. A claim that dies or does not end is `failed`, and takes nothing with it.
//
// Threads: Measure: any; RunClaims: the caller must have none (it forks). Allocates.
#ifndef LASTACK_CASES_OS_RUN_H_
#define LASTACK_CASES_OS_RUN_H_

#include <string>

#include "absl/status/statusor.h"
#include "cases/os/claim.h"
#include "cases/os/result.h"

namespace lastack::os {

// Runs the claim `repeat` times, each time on a fresh pair.
[[nodiscard]] FamilyResult Measure(const Claim& claim, Family family, SysApi& sys, Witness& witness, int repeat);

struct RunOptions {
  std::string pattern = "*";  // or several with commas: cases/patterns.h
  int repeat = 5;
};

// InvalidArgumentError if no claim matches, or repeat is less than 1.
[[nodiscard]] absl::StatusOr<PlatformResult> RunClaims(const RunOptions& options);

}  // namespace lastack::os

#endif  // LASTACK_CASES_OS_RUN_H_
