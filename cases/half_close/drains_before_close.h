// half-close/drains-before-close: no close while data of the peer is unread, for that turns FIN into RST.
#ifndef LASTACK_CASES_HALF_CLOSE_DRAINS_BEFORE_CLOSE_H_
#define LASTACK_CASES_HALF_CLOSE_DRAINS_BEFORE_CLOSE_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case HalfCloseDrainsBeforeClose();

}  // namespace lastack

#endif  // LASTACK_CASES_HALF_CLOSE_DRAINS_BEFORE_CLOSE_H_
