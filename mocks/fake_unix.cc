#include "mocks/fake_unix.h"

#include <errno.h>
#include <poll.h>

#include <algorithm>

#include "mocks/fake_memory.h"
#include "mocks/fake_stack.h"

namespace lastack {
namespace {

constexpr uint32_t kInput = POLLIN | POLLRDNORM;
constexpr uint32_t kOutput = POLLOUT | POLLWRNORM | POLLWRBAND;

}  // namespace

void FakeUnix::Join(FakeSocket& one, FakeSocket& other) {
  for (FakeSocket* end : {&one, &other}) {
    end->state = TcpState::kEstablished;
    end->phase = FakeSocket::Phase::kConnected;
  }
  one.peer = &other;
  other.peer = &one;
}

int FakeUnix::Connect(FakeSocket& end, const std::string& path) {
  FakeSocket* listener = stack_.ListenerAt(path);
  if (listener == nullptr) return stack_.paths.count(path) > 0 ? ECONNREFUSED : ENOENT;
  if (listener->waiting.size() > listener->backlog) return EAGAIN;
  FakeSocket& accepted = stack_.NewSocket(AF_UNIX);
  Join(end, accepted);
  accepted.path = listener->path;
  accepted.peer_path = end.path;
  accepted.orphan = true;
  accepted.listener = listener;
  end.peer_path = path;
  listener->waiting.push_back(&accepted);
  stack_.Notify(*listener, kInput);
  return 0;
}

SysResult FakeUnix::Send(FakeSocket& end, const void* data, size_t size, bool begun) {
  if (end.phase != FakeSocket::Phase::kConnected) return {-1, ENOTCONN};
  if (begun && end.error != 0) return {-1, FakeTcp::TakeError(end)};
  if ((end.shut & FakeSocket::kSend) != 0) return {-1, EPIPE};
  if (size == 0) return {0, 0};
  if (end.error != 0) return {-1, FakeTcp::TakeError(end)};
  if (end.peer == nullptr || (end.peer->shut & FakeSocket::kReceive) != 0) return {-1, EPIPE};
  const size_t count = std::min(size, end.space());
  if (count == 0) {
    end.wants_space = true;
    return {-1, EAGAIN};
  }
  if (BadPointer(data)) return {-1, EFAULT};
  end.peer->in.Append(data, count);
  end.peer->readable += count;
  end.sent += count;
  stack_.Notify(*end.peer, kInput);
  return {static_cast<ssize_t>(count), 0};
}

SysResult FakeUnix::Receive(FakeSocket& end, void* data, size_t size, int flags) {
  if (end.phase != FakeSocket::Phase::kConnected) return {-1, EINVAL};
  if (end.readable == 0) {
    if (end.error != 0) return {-1, FakeTcp::TakeError(end)};
    return (end.shut & FakeSocket::kReceive) != 0 ? SysResult{0, 0} : SysResult{-1, EAGAIN};
  }
  const size_t count = std::min(size, end.readable);
  if (count == 0) return {0, 0};
  if (BadPointer(data)) return {-1, EFAULT};
  end.in.Peek(data, count);
  if ((flags & MSG_PEEK) != 0) return {static_cast<ssize_t>(count), 0};
  end.in.Drop(count);
  end.readable -= count;
  if (end.peer != nullptr) {
    end.peer->acknowledged += count;
    if (end.peer->wants_space && end.peer->writable()) {
      end.peer->wants_space = false;
      stack_.Notify(*end.peer, kOutput);
    }
  }
  return {static_cast<ssize_t>(count), 0};
}

void FakeUnix::Shutdown(FakeSocket& end, int directions) {
  end.shut |= directions;
  stack_.Notify(end, 0);
  if (end.peer == nullptr) return;
  if ((directions & FakeSocket::kReceive) != 0) end.peer->shut |= FakeSocket::kSend;
  if ((directions & FakeSocket::kSend) != 0) end.peer->shut |= FakeSocket::kReceive;
  stack_.Notify(*end.peer, 0);
}

void FakeUnix::Close(FakeSocket& end) {
  if (end.state == TcpState::kListen) stack_.StopListening(end);
  end.state = TcpState::kClose;
  end.shut = FakeSocket::kBoth;
  FakeSocket* peer = end.peer;
  if (peer == nullptr) return;
  const bool never_accepted = end.listener != nullptr;
  const bool aborts = stack_.document() && end.linger_aborts();
  if (aborts) {
    peer->in.Clear();
    peer->readable = 0;
  }
  if ((end.readable > 0 && !stack_.document()) || never_accepted || aborts) peer->error = ECONNRESET;
  peer->shut = FakeSocket::kBoth;
  peer->acknowledged = peer->sent;  // what lay unread is gone
  stack_.Notify(*peer, 0);
}

bool FakeUnix::Lingers(const FakeSocket& end) { return end.peer != nullptr && end.peer->readable > 0; }

uint32_t FakeUnix::Poll(const FakeSocket& end) const {
  uint32_t events = 0;
  if (end.state == TcpState::kListen) return end.waiting.empty() ? 0 : kInput;
  if (end.error != 0) events |= POLLERR;
  if (end.shut == FakeSocket::kBoth) events |= POLLHUP;
  if ((end.shut & FakeSocket::kReceive) != 0) events |= POLLRDHUP | kInput;
  if (end.readable > 0) events |= kInput;
  if (end.phase != FakeSocket::Phase::kConnected) events |= POLLHUP;
  if (end.queued() * 4 <= end.send_queue_bytes) events |= kOutput;
  return events;
}

}  // namespace lastack
