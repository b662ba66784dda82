// The rows about a number that is closed again although it is free: a decoy that takes the number catches the second close.
#ifndef LASTACK_CASES_CHECK_CLOSE_CLOSED_AGAIN_H_
#define LASTACK_CASES_CHECK_CLOSE_CLOSED_AGAIN_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case CheckCloseEintrNotRetried();
[[nodiscard]] Case CheckCloseErrorNotRetried();
[[nodiscard]] Case AlwaysCloseExactlyOnce();

}  // namespace lastack

#endif  // LASTACK_CASES_CHECK_CLOSE_CLOSED_AGAIN_H_
