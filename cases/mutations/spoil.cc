#include "cases/mutations/spoil.h"

#include <sys/socket.h>

#include <utility>

#include "absl/strings/match.h"
#include "cases/evidence.h"

namespace lastack {
namespace {

// Numbers above this nobody else gets: whoever keeps one open does not give it to the next socket.
constexpr int kNumbersOfTheirOwn = 1000;

}  // namespace

std::set<uint64_t> Connections(const Observation& run) {
  std::set<uint64_t> sockets;
  const Evidence evidence(run);
  for (const Exchange& exchange : evidence.exchanges()) sockets.insert(exchange.socket->socket);
  return sockets;
}

std::set<uint64_t> TcpSockets(const Observation& run) {
  std::set<uint64_t> sockets;
  for (const SocketLife& socket : Ledger::Of(run.trace).sockets) {
    if (socket.kind == SocketKind::kTcp) sockets.insert(socket.socket);
  }
  return sockets;
}

bool IsFault(const TracedEvent& traced) { return traced.event.fault != kNoFaultIndex; }

bool IsCall(const TracedEvent& traced, CallFamily family) {
  const Event& event = traced.event;
  return event.kind == EventKind::kCall && event.call != Call::none && FamilyOf(event.call) == family;
}

bool Closes(const TracedEvent& traced) {
  const bool by_call = traced.event.call == Call::close && traced.event.kind != EventKind::kOpen;
  return by_call || traced.event.kind == EventKind::kClosed;
}

Where ClosesOf(const std::set<uint64_t>& sockets) {
  return [sockets](const TracedEvent& traced) {
    return Closes(traced) && !IsFault(traced) && sockets.count(traced.event.socket) == 1;
  };
}

bool Erase(Observation& run, const Where& where) { return std::erase_if(run.trace.events, where) > 0; }

bool ForEach(Observation& run, const Where& where, const std::function<void(TracedEvent&)>& change) {
  bool any = false;
  for (TracedEvent& traced : run.trace.events) {
    if (!where(traced)) continue;
    change(traced);
    any = true;
  }
  return any;
}

bool ForEachRecord(Observation& run, const std::function<bool(ConnectionRecord&)>& change) {
  bool any = false;
  for (ConnectionRecord& record : run.connections) any = change(record) || any;
  return any;
}

bool ForEachReply(Observation& run, const std::function<bool(DriverReply&)>& change) {
  bool any = false;
  for (DriverReply& reply : run.replies) any = change(reply) || any;
  return any;
}

bool Insert(Observation& run, Side side, const Where& where, const std::function<void(Event&)>& change, int copies) {
  std::vector<TracedEvent> events;
  for (const TracedEvent& traced : run.trace.events) {
    if (side == Side::kBehind) events.push_back(traced);
    for (int i = 0; where(traced) && i < copies; ++i) {
      events.push_back(traced);
      change(events.back().event);
    }
    if (side == Side::kBefore) events.push_back(traced);
  }
  const bool any = events.size() > run.trace.events.size();
  run.trace.events = std::move(events);
  return any;
}

void BecomeCall(Event& event, Call call) {
  event.kind = EventKind::kCall;
  event.call = call;
  event.fault = kNoFaultIndex;
  event.result = 0;
  event.error = 0;
}

void BecomeLinger(Event& event) {
  BecomeCall(event, Call::setsockopt);
  event.a = uint64_t{SOL_SOCKET} << 32 | SO_LINGER;
  event.b = 1;  // on, and no time
}

bool StartsWith(const DriverReply& reply, absl::string_view verb) { return absl::StartsWith(reply.request, verb); }

uint64_t LastNs(const Observation& run) { return run.trace.events.empty() ? 0 : run.trace.events.back().start_ns; }

void StayOpen(Observation& run, const std::set<uint64_t>& sockets, uint64_t fin_ns) {
  std::set<uint64_t> shut_down;
  const Evidence evidence(run);
  for (const TracedEvent& traced : run.trace.events) {
    if (traced.event.call == Call::shutdown && traced.event.error == 0) shut_down.insert(traced.event.socket);
  }
  for (const Exchange& exchange : evidence.exchanges()) {
    const uint64_t socket = exchange.socket->socket;
    if (exchange.record == nullptr || sockets.count(socket) == 0 || shut_down.count(socket) == 1) continue;
    const auto index = static_cast<size_t>(exchange.record - evidence.run().connections.data());
    ConnectionRecord& record = run.connections[index];
    record.ending = fin_ns == 0 ? Ending::kNothing : Ending::kFin;
    record.fin_ns = fin_ns;
    record.reset_ns = 0;
  }
  int shift = 0;
  for (const uint64_t socket : sockets) {
    shift += kNumbersOfTheirOwn;
    for (TracedEvent& traced : run.trace.events) {
      if (traced.event.socket == socket && traced.event.fd >= 0) traced.event.fd += shift;
    }
  }
}

std::set<uint64_t> SocketsAt(const Observation& run, const Where& where) {
  std::set<uint64_t> sockets;
  for (const TracedEvent& traced : run.trace.events) {
    if (where(traced)) sockets.insert(traced.event.socket);
  }
  return sockets;
}

bool LeaksWhere(Observation& run, const Where& where) {
  const std::set<uint64_t> sockets = SocketsAt(run, where);
  StayOpen(run, sockets, 0);
  return Erase(run, where);
}

}  // namespace lastack
