#include "mocks/recording_sys.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>

#include <algorithm>
#include <vector>

#include "harness/plan/realism.h"
#include "harness/trace/event_words.h"

namespace lastack {
namespace {

constexpr size_t kWhole = SIZE_MAX;
constexpr int64_t kCallNs = 1000;
constexpr int64_t kResetTimeoutNs = 2'000'000'000;

// --- The words that events keep, as the call table names them.

template <typename Number>
constexpr uint64_t Word(Number number) {
  return static_cast<uint64_t>(number);
}
uint64_t VectorWord(const iovec* vector, long count) {
  uint64_t bytes = 0;
  for (long i = 0; i < count; ++i) bytes += vector[i].iov_len;
  return bytes;
}
uint64_t MessageWord(const msghdr* message) {
  return VectorWord(message->msg_iov, static_cast<long>(message->msg_iovlen));
}

constexpr bool HasMessageFlags(Call call) {
  switch (call) {
    case Call::send:
    case Call::sendto:
    case Call::sendmsg:
    case Call::sendmmsg:
    case Call::recv:
    case Call::recvfrom:
    case Call::recvmsg:
    case Call::recvmmsg:
      return true;
    default:
      return false;
  }
}

// --- Shorter calls.

class ShortVector {
 public:
  void Cut(const iovec*& vector, int& count, size_t limit) {
    if (limit == kWhole) return;
    parts_.assign(vector, vector + count);
    for (iovec& part : parts_) {
      part.iov_len = std::min(part.iov_len, limit);
      limit -= part.iov_len;
    }
    vector = parts_.data();
  }
  template <typename Message>
  void Cut(Message*& message, size_t limit) {
    if (limit == kWhole) return;
    copy_ = *message;
    const iovec* vector = copy_.msg_iov;
    int count = static_cast<int>(copy_.msg_iovlen);
    Cut(vector, count, limit);
    copy_.msg_iov = parts_.data();
    message = &copy_;
  }

 private:
  std::vector<iovec> parts_;
  msghdr copy_{};
};

}  // namespace

RecordingSys::RecordingSys(FakeNetwork& network, const Plan& plan) : network_(network), plan_(plan) {
  Tick();  // time 0 means never
  Event event = Begin(Call::none, -1, nullptr);
  event.kind = EventKind::kCheckIn;
  event.b = 1;
  Add(event, now_ns());
}

// --- Events.

void RecordingSys::Tick() {
  const int64_t until_ns = network_.now_ns() + kCallNs;
  while (network_.now_ns() < until_ns && network_.Advance(until_ns)) {
  }
}

Event RecordingSys::Begin(Call call, int fd, const Socket* socket) const {
  Event event{};
  event.call = call;
  event.kind = EventKind::kCall;
  event.fd = fd;
  event.fault = kNoFaultIndex;
  if (socket != nullptr) event.socket = socket->inode;
  if (socket != nullptr) event.history = socket->history;
  return event;
}

void RecordingSys::Add(const Event& event, uint64_t start_ns) {
  trace_.events.push_back({event, kPid, kPid, start_ns, now_ns() - start_ns});
}

void RecordingSys::Note(EventKind kind, Call call, int fd, uint64_t socket, uint64_t a, uint64_t b, int64_t result) {
  Event event = Begin(call, fd, nullptr);
  event.kind = kind;
  event.socket = socket;
  event.a = a;
  event.b = b;
  event.result = result;
  Add(event, now_ns());
}

void RecordingSys::Exit() {
  Tick();
  for (const auto& [fd, socket] : sockets_) {
    const FakeSocket* fake = network_.FindSocket(fd);
    if (fake == nullptr) continue;
    Note(EventKind::kLeftOpen, Call::none, fd, socket->inode, fake->readable, fake->pending());
  }
  Note(EventKind::kExit, Call::none, -1, 0, 0, 0, static_cast<int64_t>(sockets_.size()));
  sockets_.clear();  // nothing is recorded any more
}

void RecordingSys::Born(int fd, Call maker, int from, uint8_t history, int64_t result) {
  const FakeSocket* fake = network_.FindSocket(fd);
  if (fake == nullptr) return;
  auto socket = std::make_shared<Socket>();
  const auto original = sockets_.find(from);
  if (original != sockets_.end() && maker != Call::accept && maker != Call::accept4) {
    socket = original->second;
  } else {
    socket->inode = ++inodes_;
    socket->domain = fake->family;
    socket->kind = SocketKindOf(fake->family, SOCK_STREAM, false);
    socket->history = history;
    Arrange(*socket);
  }
  sockets_[fd] = socket;
  Note(EventKind::kOpen, maker, fd, socket->inode, SocketWord(socket->domain, SOCK_STREAM, socket->kind),
       static_cast<uint64_t>(from), result);
}

// --- Calls on sockets, and faults.

SysResult RecordingSys::Do(Call call, int fd, int flags, const Make& make, const Words& words) {
  pause_();
  if (fd >= 0 && fd == decoy_) return OnDecoy(call, fd);
  const auto found = sockets_.find(fd);
  if (found == sockets_.end()) return make(kWhole);
  const std::shared_ptr<Socket> socket = found->second;
  Tick();
  const uint64_t start_ns = now_ns();
  Event event = Begin(call, fd, socket.get());
  words(event, false);
  int index = kNoFault;
  if (Due(plan_, socket->watch, call) != 0 && !PassesQuietly(socket->watch, socket->tally, call)) {
    index = Decide(plan_, socket->watch, socket->tally, call);
  }
  if (index != kNoFault && SparesPeek(plan_.faults[index], flags)) index = kNoFault;
  SysResult result;
  if (index == kNoFault) {
    result = make(kWhole);
  } else {
    const FakeSocket* fake = network_.FindSocket(fd);
    const Fault& fault = plan_.faults[index];
    event.fault = static_cast<uint8_t>(index);
    event.effect = fault.effect;
    const bool blocking = fake != nullptr && !fake->nonblocking && (flags & MSG_DONTWAIT) == 0;
    event.realism = RealismOf(call, fault.effect, fault.error, {.blocking = blocking, .catches_a_signal = false});
    result = Perform(fault, fd, event, make);
    const bool fired = event.fault != kNoFaultIndex;
    const bool sends = FamilyOf(call) == CallFamily::send && (flags & MSG_NOSIGNAL) == 0;
    sigpipe_ = sigpipe_ || (fired && fault.error == EPIPE && sends);
  }
  event.result = result.value;
  event.error = static_cast<uint16_t>(result.ok() ? 0 : result.error);
  const bool in_network = call == Call::connect && result.error != EFAULT && result.error != EINVAL;
  words(event, result.ok() || in_network);
  Add(event, start_ns);
  After(event, *socket);
  pause_();
  return result;
}

void RecordingSys::After(const Event& event, Socket& socket) {
  const uint8_t before = socket.history;
  const SocketKind kind = socket.kind;
  const bool ok = event.result >= 0;
  if (event.error == ECONNRESET || event.error == EPIPE) socket.history |= kSawReset;
  if (ok && event.call == Call::listen) socket.kind = SocketKind::kListener;
  if (ok && event.call == Call::shutdown && event.a != SHUT_WR) socket.history |= kShutdownRead;
  if (ok && event.call == Call::shutdown && event.a != SHUT_RD) socket.history |= kShutdownWrite;
  if (FamilyOf(event.call) == CallFamily::recv && event.result == 0 && event.a > 0) socket.history |= kSawEof;
  if (event.call == Call::connect && (ok || event.error == EINPROGRESS || event.error == EINTR)) {
    socket.history |= kConnected;
  }
  if (socket.history != before || socket.kind != kind) Arrange(socket);
}

SysResult RecordingSys::Perform(const Fault& fault, int fd, Event& event, const Make& make) {
  switch (fault.effect) {
    case Effect::kSkip:
      return {-1, fault.error};
    case Effect::kFull: {
      FakeSocket* fake = network_.FindSocket(fd);
      const bool goes_on = event.call == Call::connect && fault.error == EINTR && fake != nullptr && !fake->nonblocking;
      if (goes_on) fake->nonblocking = true;  // an interrupted connect goes on by itself
      (void)make(kWhole);
      if (goes_on) fake->nonblocking = false;
      return {-1, fault.error};
    }
    case Effect::kPartial:
      event.substitute = fault.amount;
      return make(fault.amount);
    case Effect::kDelay: {
      const int64_t until_ns = network_.now_ns() + fault.amount * int64_t{1000};
      while (network_.now_ns() < until_ns && network_.Advance(until_ns)) {
      }
      return make(kWhole);
    }
    case Effect::kReset:
      if (!ResetByPeer(fd)) event.fault = kNoFaultIndex;
      return make(kWhole);
    case Effect::kDecoy:
      return Decoy(fault, fd, event, make);
    case Effect::kInterrupt:  // takes a kernel
      event.fault = kNoFaultIndex;
      break;
    case Effect::kNone:
      break;
  }
  return make(kWhole);
}

bool RecordingSys::ResetByPeer(int fd) {
  const FakeSocket* fake = network_.FindSocket(fd);
  if (fake == nullptr) return false;
  const int64_t until_ns = network_.now_ns() + kResetTimeoutNs;
  bool done = reset_(fake->local.port);
  while (!done && network_.Advance(until_ns)) done = reset_(fake->local.port);  // it may not have accepted yet
  while (fake->state != TcpState::kClose && network_.Advance(until_ns)) {
  }
  return done && fake->state == TcpState::kClose;
}

// The socket is released and another takes its number, in one step.
SysResult RecordingSys::Decoy(const Fault& fault, int fd, Event& event, const Make& make) {
  const SysResult spare = network_.socket(AF_UNIX, SOCK_STREAM, 0);
  const bool connected = (sockets_[fd]->history & kConnected) != 0;
  if (!spare.ok() || !connected || decoy_ >= 0) {
    if (spare.ok()) (void)network_.close(static_cast<int>(spare.value));
    event.fault = kNoFaultIndex;
    return make(kWhole);
  }
  (void)network_.dup3(static_cast<int>(spare.value), fd, O_CLOEXEC);
  (void)network_.close(static_cast<int>(spare.value));
  decoy_ = fd;
  decoy_inode_ = event.socket;
  sockets_.erase(fd);
  return fault.error == 0 ? SysResult{0, 0} : SysResult{-1, fault.error};
}

SysResult RecordingSys::OnDecoy(Call call, int fd) {
  Tick();
  Event event = Begin(call, fd, nullptr);
  event.socket = decoy_inode_;
  event.flags = kOnDecoy;
  event.history = kDecoy;
  event.result = -1;
  event.error = EBADF;
  Add(event, now_ns());
  if (FamilyOf(call) == CallFamily::close) {
    decoy_ = -1;
    (void)network_.close(fd);
  }
  return {-1, EBADF};
}

// --- The calls. Those on one socket come from the table.

#define InMemory(...) (readable ? static_cast<uint64_t>(__VA_ARGS__) : 0)
#define LASTACK_SHORTEN_kNone
#define LASTACK_SHORTEN_kThird length = std::min<size_t>(length, limit);
#define LASTACK_SHORTEN_kFourth LASTACK_SHORTEN_kThird
#define LASTACK_SHORTEN_kVector cut.Cut(vector, count, limit);
#define LASTACK_SHORTEN_kMessage cut.Cut(message, limit);

#define LASTACK_SOCKET_CALL(name, result, parameters, arguments, number, family, extent, on_failure, errnos, a_word, \
                            b_word)                                                                                  \
  SysResult RecordingSys::name parameters {                                                                          \
    ShortVector cut;                                                                                                 \
    const auto make = [=, this, &cut]([[maybe_unused]] size_t limit) mutable {                                       \
      (void)cut;                                                                                                     \
      LASTACK_SHORTEN_##extent return network_.name arguments;                                                       \
    };                                                                                                               \
    const auto words = [&]([[maybe_unused]] Event& event, [[maybe_unused]] bool readable) {                          \
      event.a = a_word;                                                                                              \
      event.b = b_word;                                                                                              \
      if (Call::name == Call::connect && readable) {                                                                 \
        const FakeSocket* fake = network_.FindSocket(fd);                                                            \
        event.b = fake != nullptr ? fake->local.port : 0;                                                            \
      }                                                                                                              \
    };                                                                                                               \
    Event flags_word{};                                                                                              \
    if (HasMessageFlags(Call::name)) words(flags_word, false);                                                       \
    return Do(Call::name, fd, static_cast<int>(flags_word.b), make, words);                                          \
  }
#include "harness/sys/syscalls.inc"

SysResult RecordingSys::socket(int domain, int type, int protocol) {
  pause_();
  Tick();
  Event event = Begin(Call::socket, -1, nullptr);
  event.a = SocketWord(domain, type, SocketKind::kOther);
  const SysResult made = network_.socket(domain, type, protocol);
  event.result = made.value;
  event.error = static_cast<uint16_t>(made.error);
  Add(event, now_ns());
  if (made.ok()) Born(static_cast<int>(made.value), Call::socket, -1, 0);
  return made;
}

SysResult RecordingSys::socketpair(int domain, int type, int protocol, int fds[2]) {
  Tick();
  Event event = Begin(Call::socketpair, -1, nullptr);
  event.a = SocketWord(domain, type, SocketKind::kOther);
  const SysResult made = network_.socketpair(domain, type, protocol, fds);
  event.result = made.value;
  event.error = static_cast<uint16_t>(made.error);
  Add(event, now_ns());
  for (int i = 0; made.ok() && i < 2; ++i) Born(fds[i], Call::socketpair, -1, kConnected);
  return made;
}

SysResult RecordingSys::Accept(Call call, int fd, const Make& make) {
  const SysResult made = Do(call, fd, 0, make, [](Event&, bool) {});
  if (!made.ok()) return made;
  const FakeSocket* fake = network_.FindSocket(static_cast<int>(made.value));
  Born(static_cast<int>(made.value), call, fd, kConnected, fake != nullptr ? fake->remote.port : 0);
  return made;
}
SysResult RecordingSys::accept(int fd, sockaddr* address, socklen_t* length) {
  return Accept(Call::accept, fd, [=, this](size_t) { return network_.accept(fd, address, length); });
}
SysResult RecordingSys::accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
  return Accept(Call::accept4, fd, [=, this](size_t) { return network_.accept4(fd, address, length, flags); });
}

SysResult RecordingSys::close(int fd) {
  const FakeSocket* fake = network_.FindSocket(fd);
  const uint64_t unread = fake != nullptr ? fake->readable : 0;
  const uint64_t unsent = fake != nullptr ? fake->pending() : 0;
  const auto make = [=, this](size_t) {
    sockets_.erase(fd);
    return network_.close(fd);
  };
  return Do(Call::close, fd, 0, make, [=](Event& event, bool) {
    event.a = unread;
    event.b = unsent;
  });
}

SysResult RecordingSys::Copy(Call call, int fd, const Make& make) {
  const SysResult made = Do(call, fd, 0, make, [](Event&, bool) {});
  if (made.ok() && made.value != fd && sockets_.count(fd) != 0) Born(static_cast<int>(made.value), call, fd, 0);
  return made;
}
SysResult RecordingSys::dup(int fd) {
  return Copy(Call::dup, fd, [=, this](size_t) { return network_.dup(fd); });
}
SysResult RecordingSys::dup2(int fd, int target) {
  return Copy(Call::dup2, fd, [=, this](size_t) { return network_.dup2(fd, target); });
}
SysResult RecordingSys::dup3(int fd, int target, int flags) {
  return Copy(Call::dup3, fd, [=, this](size_t) { return network_.dup3(fd, target, flags); });
}
SysResult RecordingSys::fcntl(int fd, int command, long argument) {
  const auto make = [=, this](size_t) { return network_.fcntl(fd, command, argument); };
  const bool copies = command == F_DUPFD || command == F_DUPFD_CLOEXEC;
  return copies ? Copy(Call::fcntl, fd, make) : make(kWhole);
}
SysResult RecordingSys::ioctl(int fd, unsigned long request, void* argument) {
  return network_.ioctl(fd, request, argument);
}

// --- Waits.

SysResult RecordingSys::poll(pollfd* fds, nfds_t count, int timeout_ms) {
  pause_();
  return network_.poll(fds, count, timeout_ms);
}
SysResult RecordingSys::ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask) {
  pause_();
  return network_.ppoll(fds, count, timeout, mask);
}
SysResult RecordingSys::select(int count, fd_set* reading, fd_set* writing, fd_set* exceptional, timeval* timeout) {
  pause_();
  return network_.select(count, reading, writing, exceptional, timeout);
}
SysResult RecordingSys::pselect(int count, fd_set* reading, fd_set* writing, fd_set* exceptional,
                                const timespec* timeout, const sigset_t* mask) {
  pause_();
  return network_.pselect(count, reading, writing, exceptional, timeout, mask);
}
SysResult RecordingSys::epoll_create(int size) { return network_.epoll_create(size); }
SysResult RecordingSys::epoll_create1(int flags) { return network_.epoll_create1(flags); }
SysResult RecordingSys::epoll_ctl(int epoll, int operation, int fd, epoll_event* event) {
  return network_.epoll_ctl(epoll, operation, fd, event);
}
SysResult RecordingSys::epoll_wait(int epoll, epoll_event* events, int count, int timeout_ms) {
  pause_();
  return network_.epoll_wait(epoll, events, count, timeout_ms);
}
SysResult RecordingSys::epoll_pwait(int epoll, epoll_event* events, int count, int timeout_ms, const sigset_t* mask) {
  pause_();
  return network_.epoll_pwait(epoll, events, count, timeout_ms, mask);
}
SysResult RecordingSys::epoll_pwait2(int epoll, epoll_event* events, int count, const timespec* timeout,
                                     const sigset_t* mask) {
  pause_();
  return network_.epoll_pwait2(epoll, events, count, timeout, mask);
}

}  // namespace lastack
