// The rows about a number that is closed again although it is free: a decoy that takes the number catches the second
// close.
#ifndef LASTACK_CASES_CHECK_CLOSE_CLOSED_AGAIN_H_
#define LASTACK_CASES_CHECK_CLOSE_CLOSED_AGAIN_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case CheckCloseEintrNotRetried();
[[nodiscard]] Case CheckCloseErrorNotRetried();
[[nodiscard]] Case AlwaysCloseExactlyOnce();

// The same of every close, as far as it shows without a decoy: the kernel says that the number is nobody's.
[[nodiscard]] Case CheckCloseEintrNotRetriedEach();
[[nodiscard]] Case CheckCloseErrorNotRetriedEach();
[[nodiscard]] Case AlwaysCloseExactlyOnceEach();

}  // namespace lastack

#endif  // LASTACK_CASES_CHECK_CLOSE_CLOSED_AGAIN_H_
