// What the benchmarks share: ending on failure, and medians.
#ifndef LASTACK_TOOLS_BENCH_MEASURE_H_
#define LASTACK_TOOLS_BENCH_MEASURE_H_

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "harness/plan/parse.h"

namespace lastack {

[[noreturn]] inline void Die(const std::string& message) {
  fprintf(stderr, "bench: %s\n", message.c_str());
  exit(3);
}

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (!value.ok()) Die(std::string(value.status().message()));
  return *std::move(value);
}

// Of at least one value.
inline double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

// Armed on the very calls that are measured, and never due.
inline Plan FiveFaults() {
  const std::string fault = "close,send,recv:fd=tcp:when=1000000:effect=skip:error=EINTR";
  return OrDie(ParsePlan({fault, fault, fault, fault, fault}));
}

}  // namespace lastack

#endif  // LASTACK_TOOLS_BENCH_MEASURE_H_
