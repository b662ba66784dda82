#include "harness/run/all_closed.h"

#include <algorithm>

#include "harness/trace/ledger.h"

namespace lastack {
namespace {

bool IsFork(Call call) { return call == Call::fork || call == Call::_Fork || call == Call::vfork; }

bool Contains(const std::vector<int>& pids, int64_t pid) {
  return std::find(pids.begin(), pids.end(), pid) != pids.end();
}

bool HasCheckedIn(const Trace& trace, int64_t pid, uint64_t since_ns) {
  return std::any_of(trace.events.begin(), trace.events.end(), [&](const TracedEvent& event) {
    return event.event.kind == EventKind::kCheckIn && event.pid == pid && event.start_ns >= since_ns;
  });
}

// Until a child has checked in, nobody knows that it holds what its parent may have closed already.
bool IsForking(const Trace& trace, const std::vector<int>& living) {
  return std::any_of(trace.events.begin(), trace.events.end(), [&](const TracedEvent& traced) {
    const Event& event = traced.event;
    if (!IsFork(event.call)) return false;
    if (event.kind == EventKind::kInFlight) return Contains(living, traced.pid);
    return event.kind == EventKind::kCall && Contains(living, event.result) &&
           !HasCheckedIn(trace, event.result, traced.start_ns);
  });
}

bool Forks(const Trace& trace) {
  return std::any_of(trace.events.begin(), trace.events.end(),
                     [](const TracedEvent& event) { return IsFork(event.event.call); });
}

}  // namespace

bool AllClosed(const Trace& trace, uint16_t peer_port, const std::function<std::vector<int>()>& living) {
  const Ledger ledger = Ledger::Of(trace);
  std::vector<const SocketLife*> not_closed;
  for (const SocketLife& socket : ledger.sockets) {
    const bool to_peer = peer_port != 0 && socket.remote_port == peer_port;
    const bool with_peer = to_peer || socket.descriptors.front().origin == Origin::kAccept;
    if (with_peer && !socket.closed()) not_closed.push_back(&socket);
  }
  if (not_closed.empty() && !Forks(trace)) return true;
  const std::vector<int> alive = living();
  const bool held = std::any_of(not_closed.begin(), not_closed.end(),
                                [&](const SocketLife* socket) { return socket->HeldAt(UINT64_MAX, alive); });
  return !held && !IsForking(trace, alive);
}

}  // namespace lastack
