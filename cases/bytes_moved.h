// How many bytes the calls on a socket moved, as they told the subject.
#ifndef LASTACK_CASES_BYTES_MOVED_H_
#define LASTACK_CASES_BYTES_MOVED_H_

#include <cstdint>
#include <optional>

#include "cases/evidence.h"

namespace lastack {

// By the calls of a family, send or recv. Nothing, if a call moved bytes without telling how many, or in which
// direction.
[[nodiscard]] std::optional<uint64_t> BytesMoved(const Evidence& run, const SocketLife& socket, CallFamily family);

// A receive that leaves in place what it returns.
[[nodiscard]] bool IsPeek(const Event& event);

}  // namespace lastack

#endif  // LASTACK_CASES_BYTES_MOVED_H_
