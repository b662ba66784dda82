#include "mocks/fake_stack.h"

#include <errno.h>

#include <algorithm>
#include <new>
#include <utility>

#include "mocks/fake_epoll.h"

namespace lastack {
namespace {

constexpr uint16_t kFirstEphemeral = 32768, kLastEphemeral = 60999;

// Whether sockets at the two addresses could receive the same connection.
bool Overlap(const FakeAddress& a, const FakeAddress& b) {
  return a.port == b.port && (a.SameHost(b) || a.is_any() || b.is_any());
}

}  // namespace

void FakeSocket::Reset() {
  const uint32_t next_incarnation = incarnation + 1;
  ByteRing keep_in = std::move(in), keep_unsent = std::move(unsent);
  std::vector<FakeWatch*> keep_watches = std::move(watches);
  std::deque<FakeSocket*> keep_waiting = std::move(waiting);
  this->~FakeSocket();
  new (this) FakeSocket();
  incarnation = next_incarnation;
  in = std::move(keep_in);
  unsent = std::move(keep_unsent);
  watches = std::move(keep_watches);
  waiting = std::move(keep_waiting);
  in.Clear();
  unsent.Clear();
  watches.clear();
  waiting.clear();
}

FakeStack::FakeStack(const FakeOptions& options)
    : options(options),
      timeline(options.timeline_entries),
      tcp(*this),
      unix_domain(*this),
      latency_ns_(absl::ToInt64Nanoseconds(options.latency)),
      jitter_ns_(absl::ToInt64Nanoseconds(options.jitter)),
      instant_(latency_ns_ == 0 && jitter_ns_ == 0 && options.bytes_per_second == 0),
      random_(options.seed),
      port_owners_(65536),
      next_port_(static_cast<uint16_t>(kFirstEphemeral + random_() % 8192)) {}

FakeStack::~FakeStack() = default;

// --- Sockets.

FakeSocket& FakeStack::NewSocket(int family) {
  if (free_.empty()) {
    all_.push_back(std::make_unique<FakeSocket>());
    free_.push_back(all_.back().get());
  }
  FakeSocket& socket = *free_.back();
  free_.pop_back();
  socket.in_use = true;
  socket.family = family;
  socket.serial = ++serial_;
  socket.send_queue_bytes = options.send_queue_bytes;
  socket.receive_queue_bytes = options.receive_queue_bytes;
  return socket;
}

void FakeStack::Release(FakeSocket& socket) {
  if (!socket.in_use || socket.references > 0 || socket.held || socket.listener != nullptr) return;
  if (socket.is_tcp() && socket.state != TcpState::kClose) return;
  Recycle(socket);
}

void FakeStack::Recycle(FakeSocket& socket) {
  Unwatch(socket);
  if (socket.peer != nullptr) socket.peer->peer = nullptr;
  socket.bound_by_name = false;
  LetGoOfPort(socket);
  if (socket.is_tcp() && socket.remote.port != 0 && socket.time_wait_until_ns == 0) {
    Keep({socket.local, socket.remote, socket.segments, 0, false, false});
  }
  if (socket.reaction_due) due_.erase(std::remove(due_.begin(), due_.end(), &socket), due_.end());
  socket.Reset();
  free_.push_back(&socket);
}

// --- Ports.

int FakeStack::Bind(FakeSocket& socket, FakeAddress address) {
  if (!address.is_any() && !address.is_loopback()) return EADDRNOTAVAIL;
  socket.local = address;
  if (address.port == 0) return BindToAny(socket);
  Expire();
  if (port_owners_[address.port] > 0 && Conflicts(socket, address)) {
    socket.local = FakeAddress();
    return EADDRINUSE;
  }
  ++port_owners_[address.port];
  socket.port_owned = socket.bound = socket.bound_by_name = true;
  return 0;
}

int FakeStack::BindToAny(FakeSocket& socket) {
  Expire();
  for (int tried = 0; tried <= kLastEphemeral - kFirstEphemeral; ++tried) {
    const uint16_t port = next_port_;
    next_port_ = port == kLastEphemeral ? kFirstEphemeral : static_cast<uint16_t>(port + 1);
    if (port_owners_[port] > 0) continue;
    ++port_owners_[port];
    socket.local.port = port;
    socket.port_owned = socket.bound = true;
    return 0;
  }
  return EADDRINUSE;
}

bool FakeStack::Conflicts(const FakeSocket& socket, const FakeAddress& address) {
  for (const auto& other : all_) {
    if (!other->in_use || !other->port_owned || !Overlap(other->local, address)) continue;
    const bool both_reuse = socket.reuse_address && other->reuse_address && other->state != TcpState::kListen;
    if (!both_reuse && !(socket.reuse_port && other->reuse_port)) return true;
  }
  for (const FakeTrace& trace : traces_) {
    if (trace.holds_port && Overlap(trace.local, address) && !(socket.reuse_address && trace.reuse_address)) {
      return true;
    }
  }
  return false;
}

void FakeStack::ShareListenersPort(FakeSocket& accepted, const FakeSocket& listener) {
  ++port_owners_[listener.local.port];
  accepted.port_owned = accepted.bound = true;
}

void FakeStack::LetGoOfPort(FakeSocket& socket) {
  if (!socket.port_owned || socket.bound_by_name) return;
  --port_owners_[socket.local.port];
  socket.port_owned = false;
}

void FakeStack::Listen(FakeSocket& socket) {
  socket.state = TcpState::kListen;
  listeners_.push_back(&socket);
}

void FakeStack::StopListening(FakeSocket& socket) {
  listeners_.erase(std::remove(listeners_.begin(), listeners_.end(), &socket), listeners_.end());
  const std::deque<FakeSocket*> waiting = std::exchange(socket.waiting, {});
  for (FakeSocket* end : waiting) {
    if (!end->is_tcp()) {
      unix_domain.Close(*end);
      end->listener = nullptr;
      Release(*end);
      continue;
    }
    end->listener = nullptr;
    if (document()) {
      tcp.Close(*end);
    } else if (end->state != TcpState::kClose) {
      tcp.Abort(*end);
    }
    if (end->in_use) Release(*end);
  }
  for (const auto& end : all_) {
    if (end->in_use && end->listener == &socket) tcp.Abort(*end);  // its handshake is under way
  }
}

FakeSocket* FakeStack::ListenerAt(const FakeAddress& address) {
  FakeSocket* any = nullptr;
  for (FakeSocket* listener : listeners_) {
    if (!listener->is_tcp() || listener->local.port != address.port) continue;
    if (listener->local.SameHost(address)) return listener;
    if (!listener->local.is_any()) continue;
    if (listener->local.is_ipv4() == address.is_ipv4() || !listener->v6_only) any = listener;
  }
  return any;
}

FakeSocket* FakeStack::ListenerAt(const std::string& path) {
  for (FakeSocket* listener : listeners_) {
    if (!listener->is_tcp() && listener->path == path) return listener;
  }
  return nullptr;
}

// --- The wire.

int64_t FakeStack::ArrivalNs(FakeSocket& from, uint64_t bytes) {
  int64_t at_ns = std::max(events.now_ns(), from.link_free_ns);
  if (options.bytes_per_second > 0) {
    at_ns += static_cast<int64_t>(static_cast<double>(bytes) * 1e9 / static_cast<double>(options.bytes_per_second));
  }
  from.link_free_ns = at_ns;
  at_ns += latency_ns_;
  if (jitter_ns_ > 0) at_ns += static_cast<int64_t>(random_() % static_cast<uint64_t>(jitter_ns_ + 1));
  from.last_arrival_ns = std::max(from.last_arrival_ns, at_ns);
  return from.last_arrival_ns;
}

void FakeStack::Transmit(FakeSocket& from, const FakeSegment& bare) {
  FakeSegment segment = bare;
  segment.acknowledged = from.received + (from.at_end ? 1 : 0);
  segment.window_end =
      from.received + (from.receive_queue_bytes > from.readable ? from.receive_queue_bytes - from.readable : 0);
  const char* name = nullptr;
  if (segment.syn) {
    name = segment.answers_syn ? "SYN ACK" : "SYN";
    ++from.segments.syn;
  } else if (segment.rst) {
    name = "RST";
    ++from.segments.rst;
  } else if (segment.fin) {
    name = "FIN";
    ++from.segments.fin;
  } else if (segment.bytes > 0) {
    name = "data";
    ++from.segments.data;
  }
  if (name != nullptr) timeline.Segment(events.now_ns(), name, from.local.port, from.remote.port, segment.bytes);
  FakeSocket* to = segment.syn && !segment.answers_syn ? &from : from.peer;
  if (to == nullptr) {  // nobody there: what wants an answer gets RST
    if (segment.bytes == 0 && !segment.fin) return;
    FakeSegment answer;
    answer.rst = true;
    return TransmitTo(from, answer);
  }
  if (instant_) return tcp.Arrive(*to, segment);
  FakeEvent event;
  event.at_ns = ArrivalNs(from, segment.bytes);
  event.kind = FakeEvent::Kind::kArrival;
  event.socket = to;
  event.incarnation = to->incarnation;
  event.sender = &from;
  event.sender_incarnation = from.incarnation;
  event.segment = segment;
  events.Schedule(std::move(event));
}

void FakeStack::TransmitTo(FakeSocket& to, const FakeSegment& segment) {
  timeline.Segment(events.now_ns(), "RST", to.remote.port, to.local.port, 0);
  if (instant_) return tcp.Arrive(to, segment);
  FakeEvent event;
  event.at_ns = events.now_ns() + latency_ns_;
  event.kind = FakeEvent::Kind::kArrival;
  event.socket = &to;
  event.incarnation = to.incarnation;
  event.segment = segment;
  events.Schedule(std::move(event));
}

void FakeStack::ScheduleFor(FakeSocket& socket, FakeEvent::Kind kind, int64_t after_ns) {
  FakeEvent event;
  event.at_ns = events.now_ns() + after_ns;
  event.kind = kind;
  event.socket = &socket;
  event.incarnation = socket.incarnation;
  events.Schedule(std::move(event));
}

void FakeStack::ScheduleAction(int64_t at_ns, std::function<void()> action) {
  FakeEvent event;
  event.at_ns = std::max(at_ns, events.now_ns());
  event.kind = FakeEvent::Kind::kAction;
  event.action = std::move(action);
  events.Schedule(std::move(event));
}

void FakeStack::Run(FakeEvent event) {
  if (event.kind == FakeEvent::Kind::kAction) return event.action();
  const bool gone = event.socket->incarnation != event.incarnation;
  switch (event.kind) {
    case FakeEvent::Kind::kArrival:
      if (!gone) return tcp.Arrive(*event.socket, event.segment);
      if (!event.segment.rst && (event.segment.bytes > 0 || event.segment.fin || event.segment.syn) &&
          event.sender != nullptr && event.sender->incarnation == event.sender_incarnation) {
        FakeSegment answer;
        answer.rst = true;
        TransmitTo(*event.sender, answer);
      }
      return;
    case FakeEvent::Kind::kSynRetry:
      if (!gone) tcp.RetrySyn(*event.socket);
      return;
    case FakeEvent::Kind::kFinWait2Over:
      if (!gone) tcp.FinWait2IsOver(*event.socket);
      return;
    case FakeEvent::Kind::kAction:
      return;
  }
}

// --- Time.

void FakeStack::Notify(FakeSocket& socket, uint32_t events_now) {
  Wake(socket, events_now);
  if (socket.reaction == nullptr || socket.reaction_due) return;
  socket.reaction_due = true;
  due_.push_back(&socket);
}

bool FakeStack::RunReactions() {
  if (due_.empty() || reacting_) return false;
  reacting_ = true;
  while (!due_.empty()) {
    FakeSocket* socket = due_.front();
    due_.erase(due_.begin());
    socket->reaction_due = false;
    if (socket->reaction != nullptr) react(*socket);
  }
  reacting_ = false;
  return true;
}

void FakeStack::Settle() {
  do {
    while (events.next_ns() <= events.now_ns()) Run(events.TakeNext());
  } while (RunReactions());
}

bool FakeStack::Advance(int64_t until_ns) {
  if (RunReactions()) return true;
  if (events.next_ns() <= until_ns && events.next_ns() != FakeEvents::kNever) {
    Run(events.TakeNext());
    Settle();
    return true;
  }
  if (until_ns == FakeEvents::kNever || events.now_ns() >= until_ns) return false;
  events.MoveTo(until_ns);
  return true;
}

// --- What remains of ends.

void FakeStack::KeepTimeWait(FakeSocket& socket) {
  socket.time_wait_until_ns = events.now_ns() + absl::ToInt64Nanoseconds(options.time_wait);
  next_expiry_ns_ = std::min(next_expiry_ns_, socket.time_wait_until_ns);
  ++port_owners_[socket.local.port];
  Keep({socket.local, socket.remote, socket.segments, socket.time_wait_until_ns, true, socket.reuse_address});
}

void FakeStack::Keep(const FakeTrace& trace) {
  if (traces_.size() < std::max<size_t>(options.time_wait_max, 1)) {
    traces_.push_back(trace);
    return;
  }
  FakeTrace& oldest = traces_[next_trace_];
  if (oldest.holds_port) --port_owners_[oldest.local.port];
  oldest = trace;
  next_trace_ = (next_trace_ + 1) % traces_.size();
}

void FakeStack::Expire() {
  if (events.now_ns() < next_expiry_ns_) return;
  next_expiry_ns_ = FakeEvents::kNever;
  for (FakeTrace& trace : traces_) {
    if (!trace.holds_port) continue;
    if (trace.time_wait_until_ns <= events.now_ns()) {
      trace.holds_port = false;
      --port_owners_[trace.local.port];
    } else {
      next_expiry_ns_ = std::min(next_expiry_ns_, trace.time_wait_until_ns);
    }
  }
}

// --- Looking.

absl::optional<SocketRow> FakeStack::Row(const FakeAddress& local, const FakeAddress& remote) {
  SocketRow row;
  for (const FakeTrace& trace : traces_) {
    if (trace.time_wait_until_ns <= events.now_ns() || !(trace.local == local) || !(trace.remote == remote)) continue;
    row.state = TcpState::kTimeWait;
    return row;
  }
  for (const auto& socket : all_) {
    if (!socket->in_use || socket->state == TcpState::kClose) continue;
    if (!(socket->local == local) || !(socket->remote == remote)) continue;
    row.state = socket->state;
    row.unsent = static_cast<uint32_t>(socket->pending());
    row.unread = static_cast<uint32_t>(socket->readable + (socket->at_end ? 1 : 0));
    row.inode = socket->references > 0 ? socket->serial : 0;
    return row;
  }
  return absl::nullopt;
}

absl::optional<FakeSegments> FakeStack::Sent(const FakeAddress& local, const FakeAddress& remote) {
  for (const auto& socket : all_) {
    if (socket->in_use && socket->local == local && socket->remote == remote) return socket->segments;
  }
  for (size_t i = traces_.size(); i > 0; --i) {  // the newest first
    const FakeTrace& trace = traces_[(next_trace_ + i - 1) % traces_.size()];
    if (trace.local == local && trace.remote == remote) return trace.segments;
  }
  return absl::nullopt;
}

}  // namespace lastack
