#include "harness/trace/ledger_events.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

namespace lastack {
namespace {

// Whether the kernel has done what the call asks for. With an injected error after a complete call, its own result is
// not known: that it succeeded is by far the likelier.
bool WasDone(const Event& event) {
  if (event.kind != EventKind::kCall || Fired(event, Effect::kSkip)) return false;
  return event.result >= 0 || Fired(event, Effect::kFull);
}

bool Connects(const Event& event) {
  if (event.kind != EventKind::kCall || Fired(event, Effect::kSkip)) return false;
  return event.result >= 0 || event.error == EINPROGRESS || event.error == EINTR;
}

void Connect(const TracedEvent& traced, SocketLife& socket) {
  const Event& event = traced.event;
  if (Fired(event, Effect::kSkip)) return;
  const int family = AddressWordFamily(event.a);
  if (family == AF_UNSPEC && WasDone(event)) {  // connect(2): dissolves the association
    socket.connected = false;
    return;
  }
  if (IsInternet(family)) {
    socket.remote_port = AddressWordPort(event.a);
    socket.remote_ipv4 = AddressWordIpv4(event.a);  // 0 for IPv6 that is not IPv4-mapped
    if (family == AF_INET && socket.remote_ipv4 == INADDR_ANY) {
      socket.remote_ipv4 = INADDR_LOOPBACK;  // where Linux sends it
    }
    if (const auto local_port = static_cast<uint16_t>(event.b); local_port != 0) socket.local_port = local_port;
  }
  if (!Connects(event) || socket.connected) return;
  socket.connected = true;
  socket.connected_ns = traced.start_ns + traced.duration_ns;
}

void SetOption(const Event& event, SocketLife& socket) {
  if (OptionWordLevel(event.a) != SOL_SOCKET || OptionWordOption(event.a) != SO_LINGER || !WasDone(event)) return;
  const auto on = static_cast<uint32_t>(event.b);
  const auto seconds = static_cast<uint32_t>(event.b >> 32);
  socket.abortive_linger = on != 0 && seconds == 0;
}

}  // namespace

bool Fired(const Event& event, Effect effect) { return event.fault != kNoFaultIndex && event.effect == effect; }

bool Releases(const Event& event) {
  if (event.kind == EventKind::kInFlight) return event.call == Call::close;
  if (Fired(event, Effect::kSkip)) return false;
  if (Fired(event, Effect::kFull) || Fired(event, Effect::kDecoy)) return true;
  return event.result >= 0 || event.error != EBADF;
}

bool IsInternet(int family) { return family == AF_INET || family == AF_INET6; }

Origin OriginOf(Call maker) {
  switch (maker) {
    case Call::socket:
      return Origin::kSocket;
    case Call::socketpair:
      return Origin::kSocketpair;
    case Call::fcntl:
      return Origin::kDup;
    case Call::none:
      return Origin::kUnseen;
    default:
      break;
  }
  switch (FamilyOf(maker)) {
    case CallFamily::accept:
      return Origin::kAccept;
    case CallFamily::dup:
      return Origin::kDup;
    case CallFamily::recv:
      return Origin::kPassed;
    default:
      return Origin::kUnseen;
  }
}

Fate FateBy(Call closer) {
  return closer != Call::none && FamilyOf(closer) == CallFamily::dup ? Fate::kReplaced : Fate::kSwept;
}

void ChangeSocket(const TracedEvent& traced, SocketLife& socket) {
  const Event& event = traced.event;
  if (event.call == Call::connect) Connect(traced, socket);
  if (event.call == Call::setsockopt) SetOption(event, socket);
  if (event.call == Call::listen && WasDone(event)) socket.kind = SocketKind::kListener;
  if (event.call == Call::bind && WasDone(event) && IsInternet(AddressWordFamily(event.a))) {
    socket.local_port = AddressWordPort(event.a);
  }
}

std::vector<Moment> InOrderOfEffect(const Trace& trace) {
  std::vector<Moment> moments;
  moments.reserve(trace.events.size());
  const TracedEvent* call = nullptr;
  for (const TracedEvent& traced : trace.events) {
    if (!IsSound(traced.event)) continue;
    const EventKind kind = traced.event.kind;
    uint64_t ns = traced.start_ns;
    if (kind == EventKind::kClosed) {
      const bool caused = call != nullptr && call->pid == traced.pid && call->tid == traced.tid &&
                          call->event.call == traced.event.call;
      if (caused) ns = call->start_ns;
    } else if (kind != EventKind::kOpen) {
      call = &traced;
    }
    moments.push_back({ns, &traced});
  }
  std::stable_sort(moments.begin(), moments.end(),
                   [](const Moment& left, const Moment& right) { return left.ns < right.ns; });
  return moments;
}

}  // namespace lastack
