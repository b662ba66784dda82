#ifndef LASTACK_CASES_HALF_CLOSE_PEER_FINISHES_FIRST_H_
#define LASTACK_CASES_HALF_CLOSE_PEER_FINISHES_FIRST_H_

#include "cases/case.h"

namespace lastack {

// A client that has sent its FIN still gets the whole answer.
[[nodiscard]] Case HalfClosePeerFinishesFirst();

}  // namespace lastack

#endif  // LASTACK_CASES_HALF_CLOSE_PEER_FINISHES_FIRST_H_
