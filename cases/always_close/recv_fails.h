// always-close/recv-fails: a connection that the peer reset is closed, too.
#ifndef LASTACK_CASES_ALWAYS_CLOSE_RECV_FAILS_H_
#define LASTACK_CASES_ALWAYS_CLOSE_RECV_FAILS_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case AlwaysCloseRecvFails();

}  // namespace lastack

#endif  // LASTACK_CASES_ALWAYS_CLOSE_RECV_FAILS_H_
