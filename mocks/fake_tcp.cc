#include "mocks/fake_tcp.h"

#include <errno.h>
#include <poll.h>

#include <algorithm>
#include <utility>

#include "mocks/fake_memory.h"
#include "mocks/fake_stack.h"

namespace lastack {
namespace {

constexpr uint32_t kInput = POLLIN | POLLRDNORM;
constexpr uint32_t kOutput = POLLOUT | POLLWRNORM;
constexpr uint64_t kSegmentBytesMax = 64 * 1024;
constexpr int kSynRetriesMax = 6;

bool HasPeerToReset(TcpState state) {
  return state == TcpState::kEstablished || state == TcpState::kCloseWait || state == TcpState::kFinWait1 ||
         state == TcpState::kFinWait2 || state == TcpState::kSynReceived;
}

}  // namespace

int FakeTcp::TakeError(FakeSocket& end) { return std::exchange(end.error, 0); }

uint64_t FakeTcp::WindowEnd(const FakeSocket& end) const {
  return end.received + (end.receive_queue_bytes > end.readable ? end.receive_queue_bytes - end.readable : 0);
}

// --- The calls.

void FakeTcp::Connect(FakeSocket& end, const FakeAddress& to) {
  end.remote = to;
  end.state = TcpState::kSynSent;
  end.error = 0;
  end.at_end = false;
  end.syn_retries = 0;
  SendSyn(end);
}

SysResult FakeTcp::Send(FakeSocket& end, const void* data, size_t size) {
  const TcpState state = end.state;
  if (state != TcpState::kEstablished && state != TcpState::kCloseWait) {
    if (const int error = TakeError(end)) return {-1, error};
    const bool connecting = state == TcpState::kSynSent || state == TcpState::kSynReceived;
    return {-1, connecting ? EAGAIN : EPIPE};
  }
  if (end.error != 0) return {-1, TakeError(end)};
  if ((end.shut & FakeSocket::kSend) != 0) return {-1, EPIPE};
  if (size == 0) return {0, 0};
  const size_t count = std::min(size, end.space());
  if (count == 0) {
    end.wants_space = true;
    return {-1, EAGAIN};
  }
  if (BadPointer(data)) return {-1, EFAULT};
  size_t direct = 0;
  if (end.unsent.empty() && end.window_end > end.sent && end.peer != nullptr) {
    direct = std::min<uint64_t>(count, std::min(end.window_end - end.sent, kSegmentBytesMax));
    end.peer->in.Append(data, direct);
    end.sent += direct;
    FakeSegment segment;
    segment.bytes = direct;
    stack_.Transmit(end, segment);
  } else if (end.peer == nullptr) {  // answered with RST: nothing to keep
    FakeSegment segment;
    segment.bytes = count;
    stack_.Transmit(end, segment);
    return {static_cast<ssize_t>(count), 0};
  }
  if (direct < count && end.state == state) {
    end.unsent.Append(static_cast<const char*>(data) + direct, count - direct);
    Push(end);
  }
  return {static_cast<ssize_t>(count), 0};
}

SysResult FakeTcp::Receive(FakeSocket& end, void* data, size_t size, int flags) {
  if (end.state == TcpState::kListen) return {-1, ENOTCONN};
  if (end.readable > 0) {
    const size_t count = std::min(size, end.readable);
    if (count == 0) return {0, 0};
    if ((flags & MSG_TRUNC) == 0) {
      if (BadPointer(data)) return {-1, EFAULT};
      end.in.Peek(data, count);
    }
    if ((flags & MSG_PEEK) != 0) return {static_cast<ssize_t>(count), 0};
    end.in.Drop(count);
    end.readable -= count;
    // The peer learns of the space if it waits for it: what it is told otherwise changes nothing.
    if (end.peer != nullptr &&
        (!end.peer->unsent.empty() || end.peer->window_end - end.peer->sent < end.receive_queue_bytes / 2)) {
      SendAck(end);
    }
    return {static_cast<ssize_t>(count), 0};
  }
  if (end.at_end) return {0, 0};
  if (end.error != 0) return {-1, TakeError(end)};
  if ((end.shut & FakeSocket::kReceive) != 0) return {0, 0};
  return {-1, end.state == TcpState::kClose ? ENOTCONN : EAGAIN};
}

int FakeTcp::Shutdown(FakeSocket& end, int directions) {
  int error = 0;
  switch (end.state) {
    case TcpState::kListen:
      if ((directions & FakeSocket::kReceive) == 0) break;
      stack_.StopListening(end);
      end.state = TcpState::kClose;
      break;
    case TcpState::kSynSent:
      end.state = TcpState::kClose;
      end.phase = FakeSocket::Phase::kUnconnected;
      end.error = ECONNRESET;
      break;
    case TcpState::kClose:
      error = ENOTCONN;
      end.shut |= directions;
      break;
    default:
      end.shut |= directions;
      if (end.phase == FakeSocket::Phase::kConnecting) end.phase = FakeSocket::Phase::kConnected;
      if ((directions & FakeSocket::kSend) != 0) QueueFin(end);
      break;
  }
  stack_.Notify(end, 0);
  return error;
}

void FakeTcp::Close(FakeSocket& end) {
  if (end.state == TcpState::kListen) {
    stack_.StopListening(end);
    Done(end);
    return;
  }
  const bool unread = end.readable > 0;
  end.shut = FakeSocket::kBoth;
  if (end.state == TcpState::kClose) return;
  if (unread && !stack_.document()) {
    SendReset(end);
    Done(end);
  } else if (end.linger_aborts()) {
    Abort(end);
  } else if (end.state == TcpState::kSynSent) {
    Done(end);
  } else {
    // The document: the memory is given back at once, and still all is delivered. So the peer must have it.
    if (stack_.document() && !end.linger_on) end.window_end = UINT64_MAX;
    QueueFin(end);
    Push(end);
  }
}

void FakeTcp::Adjudge(FakeSocket& end) {
  end.held = false;
  end.orphan = true;
  if (end.state == TcpState::kFinWait2) {
    stack_.ScheduleFor(end, FakeEvent::Kind::kFinWait2Over, absl::ToInt64Nanoseconds(stack_.options.fin_wait2));
  }
  if (end.state == TcpState::kClose) stack_.Release(end);
}

void FakeTcp::LingerIsOver(FakeSocket& end) {
  if (stack_.document() && Lingers(end)) Abort(end);
}

bool FakeTcp::Lingers(const FakeSocket& end) {
  return end.state == TcpState::kFinWait1 || end.state == TcpState::kClosing || end.state == TcpState::kLastAck;
}

void FakeTcp::Abort(FakeSocket& end) {
  end.unsent.Clear();
  const bool unsent_fin = end.fin_queued && !end.fin_sent;
  if (HasPeerToReset(end.state) || unsent_fin || stack_.document()) {
    SendReset(end);
    end.error = ECONNRESET;
  } else if (end.state == TcpState::kSynSent) {
    end.error = ECONNRESET;
  }
  Done(end);
}

uint32_t FakeTcp::Poll(const FakeSocket& end) const {
  if (end.state == TcpState::kListen) return end.waiting.empty() ? 0 : kInput;
  uint32_t events = 0;
  if (end.shut == FakeSocket::kBoth || end.state == TcpState::kClose) events |= POLLHUP;
  if ((end.shut & FakeSocket::kReceive) != 0) events |= kInput | POLLRDHUP;
  if (end.state != TcpState::kSynSent && end.state != TcpState::kSynReceived) {
    if (end.readable > 0 && (end.readable >= static_cast<size_t>(end.receive_low_water) || end.at_end)) {
      events |= kInput;
    }
    if ((end.shut & FakeSocket::kSend) != 0 || end.writable()) events |= kOutput;
  }
  if (end.error != 0) events |= POLLERR;
  return events;
}

// --- Sending segments.

void FakeTcp::SendSyn(FakeSocket& end) {
  FakeSegment segment;
  segment.syn = true;
  segment.window_end = WindowEnd(end);
  stack_.Transmit(end, segment);
}

void FakeTcp::SendAck(FakeSocket& end) { stack_.Transmit(end, FakeSegment{}); }

void FakeTcp::SendReset(FakeSocket& end) {
  FakeSegment segment;
  segment.rst = true;
  stack_.Transmit(end, segment);
}

void FakeTcp::QueueFin(FakeSocket& end) {
  switch (end.state) {
    case TcpState::kEstablished:
    case TcpState::kSynReceived:
      end.state = TcpState::kFinWait1;
      break;
    case TcpState::kCloseWait:
      end.state = TcpState::kLastAck;
      break;
    default:
      return;
  }
  end.fin_queued = true;
  Push(end);
}

void FakeTcp::Push(FakeSocket& end) {
  if (end.pushing) return;
  end.pushing = true;
  while (!end.unsent.empty() && end.window_end > end.sent) {
    FakeSegment segment;
    segment.bytes = std::min<uint64_t>({end.unsent.size(), end.window_end - end.sent, kSegmentBytesMax});
    if (end.peer != nullptr) {
      end.unsent.MoveTo(end.peer->in, segment.bytes);
    } else {
      end.unsent.Drop(segment.bytes);
    }
    end.sent += segment.bytes;
    stack_.Transmit(end, segment);
  }
  if (end.fin_queued && !end.fin_sent && end.unsent.empty()) {
    end.fin_sent = true;
    FakeSegment segment;
    segment.fin = true;
    stack_.Transmit(end, segment);
  }
  end.pushing = false;
}

// --- Arriving segments.

void FakeTcp::Arrive(FakeSocket& end, const FakeSegment& segment) {
  if (segment.syn && !segment.answers_syn) return ArriveAtListener(end, segment);
  if (segment.rst) return OnReset(end);
  if (segment.syn) return OnSynAck(end, segment);
  if (end.state == TcpState::kClose || end.state == TcpState::kListen) {
    if (segment.bytes > 0 || segment.fin) SendReset(end);
    return;
  }
  if (end.state == TcpState::kSynReceived) Establish(end);
  OnAck(end, segment);
  if (segment.bytes > 0 && !OnData(end, segment)) return;
  if (segment.fin) OnFin(end);
}

// `client` sent the SYN.
void FakeTcp::ArriveAtListener(FakeSocket& client, const FakeSegment& segment) {
  if (client.state != TcpState::kSynSent) return;
  FakeSocket* listener = stack_.ListenerAt(client.remote);
  if (listener == nullptr) {
    FakeSegment refusal;
    refusal.rst = true;
    return stack_.TransmitTo(client, refusal);
  }
  if (listener->waiting.size() > listener->backlog) {  // dropped, as Linux does; the client tries again
    const int64_t wait_ns = int64_t{1'000'000'000} << client.syn_retries;
    return stack_.ScheduleFor(client, FakeEvent::Kind::kSynRetry, wait_ns);
  }
  FakeSocket& accepted = stack_.NewSocket(listener->family);
  accepted.state = TcpState::kSynReceived;
  accepted.phase = FakeSocket::Phase::kConnected;
  accepted.local = client.remote;
  accepted.remote = client.local;
  accepted.listener = listener;
  accepted.orphan = true;  // until it is accepted
  accepted.window_end = segment.window_end;
  accepted.linger_on = listener->linger_on;
  accepted.linger_seconds = listener->linger_seconds;
  accepted.reuse_address = listener->reuse_address;
  accepted.reuse_port = listener->reuse_port;
  accepted.send_queue_bytes = listener->send_queue_bytes;
  accepted.receive_queue_bytes = listener->receive_queue_bytes;
  accepted.receive_low_water = listener->receive_low_water;
  accepted.receive_timeout_us = listener->receive_timeout_us;
  accepted.send_timeout_us = listener->send_timeout_us;
  accepted.plain = listener->plain;
  stack_.ShareListenersPort(accepted, *listener);
  accepted.peer = &client;
  client.peer = &accepted;
  ++listener->handshakes;
  FakeSegment answer;
  answer.syn = answer.answers_syn = true;
  answer.window_end = WindowEnd(accepted);
  stack_.Transmit(accepted, answer);
}

void FakeTcp::OnSynAck(FakeSocket& end, const FakeSegment& segment) {
  if (end.state != TcpState::kSynSent) return SendReset(end);
  end.state = TcpState::kEstablished;
  end.window_end = segment.window_end;
  SendAck(end);
  stack_.Notify(end, 0);
}

void FakeTcp::Establish(FakeSocket& end) {
  end.state = TcpState::kEstablished;
  --end.listener->handshakes;
  end.listener->waiting.push_back(&end);
  stack_.Notify(*end.listener, kInput);
}

void FakeTcp::OnAck(FakeSocket& end, const FakeSegment& segment) {
  end.acknowledged = std::max(end.acknowledged, std::min(segment.acknowledged, end.sent));
  end.window_end = std::max(end.window_end, segment.window_end);
  if (end.wants_space && end.writable()) {
    end.wants_space = false;
    stack_.Notify(end, kOutput);
  }
  if (!end.unsent.empty()) Push(end);
  if (!end.fin_sent || end.fin_acknowledged || segment.acknowledged != end.sent + 1) return;
  end.fin_acknowledged = true;
  switch (end.state) {
    case TcpState::kFinWait1:
      end.state = TcpState::kFinWait2;
      end.shut |= FakeSocket::kSend;
      stack_.Notify(end, 0);
      if (end.orphan && !end.held) Adjudge(end);
      break;
    case TcpState::kClosing:
      EnterTimeWait(end);
      break;
    case TcpState::kLastAck:
      if (stack_.document()) {
        EnterTimeWait(end);
      } else {
        Done(end);
      }
      break;
    default:
      break;
  }
}

bool FakeTcp::OnData(FakeSocket& end, const FakeSegment& segment) {
  const bool closing = end.state == TcpState::kFinWait1 || end.state == TcpState::kFinWait2;
  if (closing && (end.shut & FakeSocket::kReceive) != 0) {  // RFC 1122: nobody will take it, and the peer must know
    SendReset(end);
    OnReset(end);
    return false;
  }
  end.received += segment.bytes;
  if (stack_.document() && (end.shut & FakeSocket::kReceive) != 0) {
    end.in.Drop(segment.bytes);
  } else {
    end.readable += segment.bytes;
  }
  SendAck(end);
  stack_.Notify(end, kInput);
  return true;
}

void FakeTcp::OnFin(FakeSocket& end) {
  end.at_end = true;
  end.shut |= FakeSocket::kReceive;
  const TcpState before = end.state;
  if (before == TcpState::kEstablished) end.state = TcpState::kCloseWait;
  if (before == TcpState::kFinWait1) end.state = TcpState::kClosing;
  SendAck(end);
  stack_.Notify(end, 0);
  if (before == TcpState::kFinWait2) EnterTimeWait(end);
}

void FakeTcp::OnReset(FakeSocket& end) {
  switch (end.state) {
    case TcpState::kClose:
    case TcpState::kListen:
      return;
    case TcpState::kSynSent:
      end.error = ECONNREFUSED;
      break;
    case TcpState::kCloseWait:
      end.error = EPIPE;
      break;
    default:
      end.error = ECONNRESET;
      break;
  }
  end.unsent.Clear();
  Done(end);
}

void FakeTcp::Done(FakeSocket& end) {
  if (end.state == TcpState::kSynReceived && end.listener != nullptr) {
    --end.listener->handshakes;
    end.listener = nullptr;
  }
  end.state = TcpState::kClose;
  end.shut = FakeSocket::kBoth;
  stack_.LetGoOfPort(end);
  stack_.Notify(end, 0);
  if (end.orphan && !end.held && end.listener == nullptr) stack_.Release(end);
}

void FakeTcp::EnterTimeWait(FakeSocket& end) {
  stack_.KeepTimeWait(end);
  Done(end);
}

void FakeTcp::RetrySyn(FakeSocket& end) {
  if (end.state != TcpState::kSynSent) return;
  if (++end.syn_retries > kSynRetriesMax) {
    end.error = ETIMEDOUT;
    return Done(end);
  }
  SendSyn(end);
}

void FakeTcp::FinWait2IsOver(FakeSocket& end) {
  if (end.state == TcpState::kFinWait2 && end.orphan) Done(end);
}

}  // namespace lastack
