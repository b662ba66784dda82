// The wrongdoings, a table a theme; put together in mutation.cc.
#ifndef LASTACK_CASES_MUTATIONS_TABLES_H_
#define LASTACK_CASES_MUTATIONS_TABLES_H_

#include <vector>

#include "cases/mutations/mutation.h"

namespace lastack {

[[nodiscard]] std::vector<Mutation> WrongClosing();
[[nodiscard]] std::vector<Mutation> WrongAtPeer();
[[nodiscard]] std::vector<Mutation> WrongTelling();

}  // namespace lastack

#endif  // LASTACK_CASES_MUTATIONS_TABLES_H_
