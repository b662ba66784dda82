// The word that was probably meant, for errors about words that do not exist.
//
//   DidYouMean("shutdwon", {"send", "shutdown"})   // "; did you mean 'shutdown'?"
//
// Pure. Allocates.
#ifndef LASTACK_HARNESS_PLAN_DID_YOU_MEAN_H_
#define LASTACK_HARNESS_PLAN_DID_YOU_MEAN_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace lastack {

// "; did you mean 'shutdown'?", or nothing if no candidate is near.
[[nodiscard]] std::string DidYouMean(absl::string_view token, const std::vector<std::string>& candidates);

}  // namespace lastack

#endif  // LASTACK_HARNESS_PLAN_DID_YOU_MEAN_H_
