// always-close/not-inherited: connections do not leak into child programs. Judged by descriptors where the subject
// starts a program by itself in an ordinary exchange, and by the peer where a driver is told to.
#ifndef LASTACK_CASES_ALWAYS_CLOSE_NOT_INHERITED_H_
#define LASTACK_CASES_ALWAYS_CLOSE_NOT_INHERITED_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case AlwaysCloseNotInherited();
[[nodiscard]] Case AlwaysCloseNotInheritedBySpawned();

}  // namespace lastack

#endif  // LASTACK_CASES_ALWAYS_CLOSE_NOT_INHERITED_H_
