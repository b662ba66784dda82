#ifndef LASTACK_CASES_ALWAYS_CLOSE_ACCEPTED_H_
#define LASTACK_CASES_ALWAYS_CLOSE_ACCEPTED_H_

#include "cases/case.h"

namespace lastack {

// However many clients come, what was accepted is closed.
[[nodiscard]] Case AlwaysCloseAccepted();

// The same when their FIN comes right behind their request.
[[nodiscard]] Case AlwaysCloseAcceptedFinished();

// The same when they finish without a request, as those do that only look whether the server listens.
[[nodiscard]] Case AlwaysCloseAcceptedNoRequest();

// The same when clients reset, also before the accept.
[[nodiscard]] Case AlwaysCloseAcceptedReset();

}  // namespace lastack

#endif  // LASTACK_CASES_ALWAYS_CLOSE_ACCEPTED_H_
