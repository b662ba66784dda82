// Where a case's stimulus meets the subject: calls on its connections, and faults that fired on them.
#ifndef LASTACK_CASES_SITE_H_
#define LASTACK_CASES_SITE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cases/evidence.h"

namespace lastack {

// The connection with the peer that this socket is; nullptr if it is none.
[[nodiscard]] const Exchange* ExchangeOf(const Evidence& run, uint64_t socket);

// The calls of connect that met a peer which refuses all, by time; none if it accepted any.
[[nodiscard]] std::vector<const TracedEvent*> RefusedAttempts(const Evidence& run);

// Faults that fired on connections with the peer, by time.
[[nodiscard]] std::vector<const TracedEvent*> FiredOnExchanges(const Evidence& run);

// Whether SIGPIPE killed the subject, or a process of it that others outlived: its send on a connection that a fault
// had reset never returned, and was the last that the process did.
[[nodiscard]] bool DiedBySigpipe(const Evidence& run);

// Whether a handler of SIGPIPE ended the process within this send, which the peer's reset made fail.
[[nodiscard]] bool ExitedInSend(const Evidence& run, const TracedEvent& send);

// For Case::inapplicable: empty if the clean run makes the call on a connection with the peer.
[[nodiscard]] std::string NeverCalls(const Evidence& clean, Call call);

// The same for close(2), where a decoy could take the number: not a standard stream.
[[nodiscard]] std::string NeverCloses(const Evidence& clean);

// The same for a call of the family that transferred something.
[[nodiscard]] std::string NeverTransfers(const Evidence& clean, CallFamily family);

// The same for a call that transferred something in either direction.
[[nodiscard]] std::string NeverTransfersAnything(const Evidence& clean);

// The same for a subject that shuts its sending side down and receives on.
[[nodiscard]] std::string NeverDrains(const Evidence& clean);

}  // namespace lastack

#endif  // LASTACK_CASES_SITE_H_
