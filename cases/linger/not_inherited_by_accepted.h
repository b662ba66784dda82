#ifndef LASTACK_CASES_LINGER_NOT_INHERITED_BY_ACCEPTED_H_
#define LASTACK_CASES_LINGER_NOT_INHERITED_BY_ACCEPTED_H_

#include "cases/case.h"

namespace lastack {

// SO_LINGER {on, 0} is not set on a listener, whose accepted sockets would inherit it.
[[nodiscard]] Case LingerNotInheritedByAccepted();

}  // namespace lastack

#endif  // LASTACK_CASES_LINGER_NOT_INHERITED_BY_ACCEPTED_H_
