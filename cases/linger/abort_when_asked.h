// linger/abort-when-asked: a library's explicit abort gives RST.
#ifndef LASTACK_CASES_LINGER_ABORT_WHEN_ASKED_H_
#define LASTACK_CASES_LINGER_ABORT_WHEN_ASKED_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case LingerAbortWhenAsked();

}  // namespace lastack

#endif  // LASTACK_CASES_LINGER_ABORT_WHEN_ASKED_H_
