// always-close/not-inherited: connections do not leak into child programs.
#ifndef LASTACK_CASES_ALWAYS_CLOSE_NOT_INHERITED_H_
#define LASTACK_CASES_ALWAYS_CLOSE_NOT_INHERITED_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case AlwaysCloseNotInherited();

}  // namespace lastack

#endif  // LASTACK_CASES_ALWAYS_CLOSE_NOT_INHERITED_H_
