// libFuzzer over the sequences of differential.h, with clang; a minute of it:
//   bazel run --config=fuzz //mocks:differential_fuzzer -- -max_len=60 -max_total_time=60
#include <stdio.h>
#include <stdlib.h>

#include "mocks/differential.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::optional<lastack::Difference> difference =
      lastack::Compare(std::vector<uint8_t>(data, data + size), nullptr);
  if (!difference.has_value()) return 0;
  fprintf(stderr, "Kernel and fake differ at the last of these steps:\n%s", difference->text.c_str());
  abort();
}
