// always-close/all-released-on-error: one close that fails does not keep the others from being made.
//
// The first close of every connection reports EIO, and has really closed, as on Linux; so whoever stops at the first
// error leaves a connection open that a later close would have ended. It takes two connections: of a client, where its
// command makes it fetch twice; of a server, always.
#ifndef LASTACK_CASES_ALWAYS_CLOSE_ALL_RELEASED_H_
#define LASTACK_CASES_ALWAYS_CLOSE_ALL_RELEASED_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case AlwaysCloseAllReleasedOnError();

}  // namespace lastack

#endif  // LASTACK_CASES_ALWAYS_CLOSE_ALL_RELEASED_H_
