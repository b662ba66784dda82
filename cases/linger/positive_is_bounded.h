// linger/positive-is-bounded: with SO_LINGER {on, n} a close returns within n seconds, whatever the peer does.
#ifndef LASTACK_CASES_LINGER_POSITIVE_IS_BOUNDED_H_
#define LASTACK_CASES_LINGER_POSITIVE_IS_BOUNDED_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case LingerPositiveIsBounded();

}  // namespace lastack

#endif  // LASTACK_CASES_LINGER_POSITIVE_IS_BOUNDED_H_
