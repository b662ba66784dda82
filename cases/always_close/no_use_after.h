// always-close/no-use-after: a socket is not used after its close.
#ifndef LASTACK_CASES_ALWAYS_CLOSE_NO_USE_AFTER_H_
#define LASTACK_CASES_ALWAYS_CLOSE_NO_USE_AFTER_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case AlwaysCloseNoUseAfter();

// Of the numbers that decoys took: fails by the case's finding, or passes by absence, whatever they were before.
[[nodiscard]] Judgement JudgeUsesOfDecoys(const Evidence& run);

}  // namespace lastack

#endif  // LASTACK_CASES_ALWAYS_CLOSE_NO_USE_AFTER_H_
