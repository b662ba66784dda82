#include "cases/bytes_moved.h"

#include <sys/socket.h>

namespace lastack {
namespace {

bool Succeeded(const TracedEvent& event) { return event.event.kind == EventKind::kCall && event.event.error == 0; }

// Calls that move bytes without telling how many, or in which direction.
bool MovesUntold(const TracedEvent& event) {
  if (event.event.call == Call::none) return false;
  const bool moves = FamilyOf(event.event.call) == CallFamily::send || FamilyOf(event.event.call) == CallFamily::recv;
  const bool counts_messages = event.event.call == Call::sendmmsg || event.event.call == Call::recvmmsg;
  return counts_messages || FamilyOf(event.event.call) == CallFamily::splice || event.event.call == Call::fdopen ||
         (moves && event.event.kind == EventKind::kInFlight);
}

}  // namespace

bool IsPeek(const Event& event) {
  const bool has_flags = event.call == Call::recv || event.call == Call::recvfrom || event.call == Call::recvmsg;
  return has_flags && (event.b & MSG_PEEK) != 0;
}

std::optional<uint64_t> BytesMoved(const Evidence& run, const SocketLife& socket, CallFamily family) {
  uint64_t bytes = 0;
  for (const TracedEvent* event : run.EventsOn(socket)) {
    if (MovesUntold(*event)) return std::nullopt;
    const bool counts =
        event->event.call != Call::none && FamilyOf(event->event.call) == family && !IsPeek(event->event);
    if (counts && Succeeded(*event) && event->event.result > 0) bytes += static_cast<uint64_t>(event->event.result);
  }
  return bytes;
}

}  // namespace lastack
