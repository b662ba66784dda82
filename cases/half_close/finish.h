// half-close/finish-sends-fin and half-close/no-send-after-finish: what ending its own direction means to a library.
#ifndef LASTACK_CASES_HALF_CLOSE_FINISH_H_
#define LASTACK_CASES_HALF_CLOSE_FINISH_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case HalfCloseFinishSendsFin();
[[nodiscard]] Case HalfCloseNoSendAfterFinish();

}  // namespace lastack

#endif  // LASTACK_CASES_HALF_CLOSE_FINISH_H_
