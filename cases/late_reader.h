// What became of a subject's data at a peer that reads nothing until the subject can send no more, or has ended its
// side: the scenarios kLateReader and kQuitsAtOnce.
#ifndef LASTACK_CASES_LATE_READER_H_
#define LASTACK_CASES_LATE_READER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "cases/case.h"
#include "cases/evidence.h"

namespace lastack {

struct LateDelivery {
  const Exchange* exchange = nullptr;  // null: the peer never came to reading late
  std::string why_not;                 // in words, if it is null
  std::optional<uint64_t> handed;      // bytes that the kernel took from the subject, where every send was seen
  std::optional<uint64_t> wanted;      // bytes that the subject was to send, where that is known
  uint64_t arrived = 0;                // at the peer
  uint64_t pending = 0;                // bytes that the peer's kernel had not acknowledged when the subject closed
  bool met_full_queue = false;         // a send was refused, or cut short, because the queue was full
};

[[nodiscard]] LateDelivery LateDeliveryOf(const Evidence& clean, const Evidence& run);

// The end of the connection, as evidence: "the peer read late: 30000 bytes came, then FIN; ..."
[[nodiscard]] std::string InWords(const LateDelivery& delivery);

// For Case::inapplicable: what the subject sends fits into the peer's queue.
[[nodiscard]] std::string SendsTooLittle(const Evidence& clean);

}  // namespace lastack

#endif  // LASTACK_CASES_LATE_READER_H_
