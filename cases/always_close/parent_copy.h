// always-close/parent-copy: a server that forks for a connection closes its own copy of it.
//
// Judged where a child sends or receives on a connection that its parent accepted. FIN goes when the last copy is
// closed: so, unless the child has shut the connection down, the peer waits for an end that never comes. What counts is
// whether the parent still holds its copy at the barrier, when all exchanges are over and the child's copy is gone; the
// message says what the peer saw.
#ifndef LASTACK_CASES_ALWAYS_CLOSE_PARENT_COPY_H_
#define LASTACK_CASES_ALWAYS_CLOSE_PARENT_COPY_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case AlwaysCloseParentCopy();

}  // namespace lastack

#endif  // LASTACK_CASES_ALWAYS_CLOSE_PARENT_COPY_H_
