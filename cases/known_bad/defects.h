// The defects of known_bad_client. Apart from what its sentence in defects.inc says, each behaves as the reference
// client (cases/reference), whose code it runs.
#ifndef LASTACK_CASES_KNOWN_BAD_DEFECTS_H_
#define LASTACK_CASES_KNOWN_BAD_DEFECTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cases/reference/exchange.h"

namespace lastack {

struct Arguments {
  std::string program;            // argv[0]
  std::vector<std::string> urls;  // at least one
  ExchangeOptions options;
  uint64_t flood_bytes = 64 << 20;
};

// Each returns the exit status.
#define LASTACK_DEFECT(name, Function, sentence) int Function(const Arguments& arguments);
#include "cases/known_bad/defects.inc"

}  // namespace lastack

#endif  // LASTACK_CASES_KNOWN_BAD_DEFECTS_H_
