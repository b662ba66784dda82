// The fake against the kernel, on random sequences of calls (differential.h).
//
// LASTACK_SEQUENCES=100000 plays that many, LASTACK_SEED=N from another seed:
//   bazel test --test_env=LASTACK_SEQUENCES=100000 --test_timeout=900 //mocks:differential_test
#include "mocks/differential.h"

#include <stdio.h>
#include <stdlib.h>

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace lastack {
namespace {

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* value = getenv(name);
  return value != nullptr ? strtoull(value, nullptr, 10) : otherwise;
}

TEST(Differential, KernelAndFakeAgree) {
  constexpr int kDifferencesMax = 3;
  constexpr size_t kPairsFloor = 80;
  const uint64_t sequences = FromEnvironment("LASTACK_SEQUENCES", 1000);
  const uint64_t first_seed = FromEnvironment("LASTACK_SEED", 1);
  Coverage coverage;
  int differences = 0;
  for (uint64_t seed = first_seed; seed < first_seed + sequences && differences < kDifferencesMax; ++seed) {
    const absl::optional<Difference> difference = Compare(RandomSequence(seed), &coverage);
    if (!difference.has_value()) continue;
    ++differences;
    ADD_FAILURE() << "Kernel and fake differ at the last of these steps:\n"
                  << difference->text << "Repeat it:\n  bazel test --test_env=LASTACK_SEED=" << seed
                  << " --test_env=LASTACK_SEQUENCES=1 //mocks:differential_test";
  }
  std::set<std::string> states;
  for (const auto& [pair, count] : coverage.pairs) states.insert(pair.first);
  printf("%zu pairs of state and call in %llu sequences, %d of them unsettled; states:", coverage.pairs.size(),
         static_cast<unsigned long long>(sequences), coverage.unsettled);
  for (const std::string& state : states) printf(" %s", state.c_str());
  printf("\n");
  if (sequences >= 1000) {
    EXPECT_GE(coverage.pairs.size(), kPairsFloor);
  }
  EXPECT_LE(coverage.unsettled, 5 + static_cast<int>(sequences / 1000)) << "too busy a machine to compare on";
}

// A comparison that could not tell would be worth nothing.
TEST(Differential, SequencesAreMadeOfTheirSeeds) {
  EXPECT_EQ(RandomSequence(7), RandomSequence(7));
  EXPECT_NE(RandomSequence(7), RandomSequence(8));
  EXPECT_EQ(StepsOf({2, 0, 99}).size(), 1U);
}

}  // namespace
}  // namespace lastack
