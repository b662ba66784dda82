// The rows of always-close, and one of check-close, that an ordinary exchange shows, behind an error: a reset within
// the answer, an answer that ends too early, or a connection that was refused. Code that cleans up after an error is
// another code, and seldom run.
//
// The judges are those of the ordinary rows. A decoy takes the place of the first connection that is closed once the
// error was seen; exactly-once/after-refusal has none, and sees a second close where nobody takes the number meanwhile:
// refused sockets are often several, and only one could have a decoy. Where the subject never closes what failed, there
// is nothing to judge.
#ifndef LASTACK_CASES_ERROR_PATHS_H_
#define LASTACK_CASES_ERROR_PATHS_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case AlwaysCloseOrderlyAfterTruncation();
[[nodiscard]] Case AlwaysCloseExactlyOnceAfterReset();
[[nodiscard]] Case AlwaysCloseExactlyOnceAfterTruncation();
[[nodiscard]] Case AlwaysCloseExactlyOnceAfterRefusal();
[[nodiscard]] Case AlwaysCloseNoUseAfterReset();
[[nodiscard]] Case AlwaysCloseNoUseAfterTruncation();
[[nodiscard]] Case AlwaysCloseNoUseAfterRefusal();
[[nodiscard]] Case CheckCloseEintrNotRetriedAfterReset();

}  // namespace lastack

#endif  // LASTACK_CASES_ERROR_PATHS_H_
