// interrupted/would-block: a full send queue loses nothing.
#ifndef LASTACK_CASES_INTERRUPTED_WOULD_BLOCK_H_
#define LASTACK_CASES_INTERRUPTED_WOULD_BLOCK_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case InterruptedWouldBlock();

}  // namespace lastack

#endif  // LASTACK_CASES_INTERRUPTED_WOULD_BLOCK_H_
