// What one event means to the ledger: what the kernel has done with a number, where it came from, how it changed its
// socket, and when that took effect.
//
// Pure. Allocates only in InOrderOfEffect.
#ifndef LASTACK_HARNESS_TRACE_LEDGER_EVENTS_H_
#define LASTACK_HARNESS_TRACE_LEDGER_EVENTS_H_

#include <cstdint>
#include <vector>

#include "harness/trace/ledger.h"

namespace lastack {

[[nodiscard]] bool Fired(const Event& event, Effect effect);

// A call of the close family: whether the number is free. Linux frees it first of all, whatever close reports then;
// EBADF alone says that there was nothing to free. fclose writes out its buffer before that, so one that never returned
// may not have come to its close.
[[nodiscard]] bool Releases(const Event& event);

[[nodiscard]] bool IsInternet(int family);

[[nodiscard]] Origin OriginOf(Call maker);
// How a number ended that the call closed beside what it was made for; Call::none: it was not seen by what.
[[nodiscard]] Fate FateBy(Call closer);

// What the call does to its socket: addresses, connection, listening, linger.
void ChangeSocket(const TracedEvent& traced, SocketLife& socket);

struct Moment {
  uint64_t ns;
  const TracedEvent* traced;
};

// The sound events in the order in which they take effect: what a call closes is closed at the call's start, although
// its kClosed events come after; what a call opens is open from its kOpen event on. They stay the trace's.
[[nodiscard]] std::vector<Moment> InOrderOfEffect(const Trace& trace);

}  // namespace lastack

#endif  // LASTACK_HARNESS_TRACE_LEDGER_EVENTS_H_
