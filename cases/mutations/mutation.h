// Observations, spoilt: what a test of judges changes in facts that were recorded of a subject that is right.
//
// Each mutation is one thing that a subject could have done wrong, or that a witness could have missed, written into
// the facts as it would show there. So every judge can be asked whether it would notice, without a subject for each
// question.
//
//   Observation spoilt = recorded;
//   if (FindMutation("never-closes")->apply(spoilt)) ... JudgeCase(one, clean, Evidence(spoilt)) ...
#ifndef LASTACK_CASES_MUTATIONS_MUTATION_H_
#define LASTACK_CASES_MUTATIONS_MUTATION_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "harness/run/observation.h"

namespace lastack {

struct Mutation {
  const char* name;
  const char* sentence;             // what is different then
  bool (*apply)(Observation& run);  // false: these facts hold nothing of the kind, and are as they were
};

// What subjects do wrong.
[[nodiscard]] const std::vector<Mutation>& WrongDoings();

// What takes the evidence away: no verdict of pass stands against any of them.
[[nodiscard]] const std::vector<Mutation>& Losses();

// Of both; nullptr if there is none of this name.
[[nodiscard]] const Mutation* FindMutation(absl::string_view name);

}  // namespace lastack

#endif  // LASTACK_CASES_MUTATIONS_MUTATION_H_
