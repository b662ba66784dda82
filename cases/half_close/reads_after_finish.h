// half-close/reads-after-finish: what the peer sends after our FIN is delivered.
#ifndef LASTACK_CASES_HALF_CLOSE_READS_AFTER_FINISH_H_
#define LASTACK_CASES_HALF_CLOSE_READS_AFTER_FINISH_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case HalfCloseReadsAfterFinish();

}  // namespace lastack

#endif  // LASTACK_CASES_HALF_CLOSE_READS_AFTER_FINISH_H_
