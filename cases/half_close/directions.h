// half-close/both-directions and half-close/buffered-after-rd: what a library makes of SHUT_RDWR and SHUT_RD.
#ifndef LASTACK_CASES_HALF_CLOSE_DIRECTIONS_H_
#define LASTACK_CASES_HALF_CLOSE_DIRECTIONS_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case HalfCloseBothDirections();
[[nodiscard]] Case HalfCloseBufferedAfterRd();

}  // namespace lastack

#endif  // LASTACK_CASES_HALF_CLOSE_DIRECTIONS_H_
