#include "mocks/recording_sys.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <algorithm>
#include <utility>

#include "harness/plan/realism.h"
#include "harness/trace/event_words.h"

namespace lastack {
namespace {

constexpr size_t kWhole = SIZE_MAX;
constexpr int kMostCallsOfTheDead = 1'000'000;

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

// A word that lies behind the caller's pointers, which are good if the call has accepted them.
template <typename Read>
struct Lazy {
  Read read;
};
template <typename Read>
Lazy(Read) -> Lazy<Read>;
#define InMemory(...)           \
  Lazy {                        \
    [&] { return __VA_ARGS__; } \
  }

uint64_t AtBegin(uint64_t word) { return word; }
template <typename Read>
uint64_t AtBegin(const Lazy<Read>&) {
  return 0;
}
uint64_t AtEnd(const Event&, uint64_t, uint64_t now) { return now; }
template <typename Read>
uint64_t AtEnd(const Event& event, const Lazy<Read>& lazy, uint64_t now) {
  const bool reached_the_network = event.call == Call::connect && event.error != EFAULT && event.error != EINVAL &&
                                   event.error != EBADF && event.error != ENOTSOCK;
  return event.result >= 0 || reached_the_network ? lazy.read() : now;
}

// The MSG_ flags of a call whose second word they are.
int FlagsOf(const Event& event) {
  switch (event.call) {
    case Call::send:
    case Call::sendto:
    case Call::sendmsg:
    case Call::sendmmsg:
    case Call::recv:
    case Call::recvfrom:
    case Call::recvmsg:
    case Call::recvmmsg:
      return static_cast<int>(event.b);
    default:
      return 0;
  }
}

std::vector<iovec> Shortened(const iovec* vector, size_t count, size_t limit) {
  std::vector<iovec> parts;
  for (size_t i = 0; i < count && limit > 0; ++i) {
    parts.push_back({vector[i].iov_base, std::min(vector[i].iov_len, limit)});
    limit -= parts.back().iov_len;
  }
  return parts;
}

// What a receive has written into a header goes to the caller's.
void GiveBack(const msghdr&, const msghdr*) {}
void GiveBack(const msghdr& used, msghdr* callers) {
  callers->msg_namelen = used.msg_namelen;
  callers->msg_controllen = used.msg_controllen;
  callers->msg_flags = used.msg_flags;
}

uint64_t Milliseconds(const timespec* timeout) {
  if (timeout == nullptr) return ~uint64_t{0};
  return static_cast<uint64_t>(timeout->tv_sec) * 1000 + static_cast<uint64_t>(timeout->tv_nsec) / 1'000'000;
}

uint64_t SigpipeHandler() {
  struct sigaction action {};
  sigaction(SIGPIPE, nullptr, &action);
  return reinterpret_cast<uintptr_t>(action.sa_handler);
}

}  // namespace

RecordingSys::RecordingSys(FakeProcess& process, const Plan& plan, Hooks hooks)
    : process_(process), plan_(plan), hooks_(std::move(hooks)) {
  making_.watch.armed = waiting_.watch.armed = AllFaults(plan_);
}

// --- Events.

size_t RecordingSys::Note(EventKind kind, Call call, int fd, uint64_t inode, uint64_t a, uint64_t b, int64_t result,
                          uint8_t flags) {
  TracedEvent traced = {.event = {}, .pid = kPid, .tid = kPid, .start_ns = hooks_.now(), .duration_ns = 0};
  traced.event.start = traced.start_ns;
  traced.event.kind = kind;
  traced.event.call = call;
  traced.event.flags = flags;
  traced.event.fd = fd;
  traced.event.fault = kNoFaultIndex;
  traced.event.result = result;
  traced.event.socket = inode;
  traced.event.a = a;
  traced.event.b = b;
  if (trace_.events.size() == kMostEvents) {
    ++trace_.lost_events;
    scratch_ = traced;
    return kMostEvents;
  }
  trace_.events.push_back(traced);
  return trace_.events.size() - 1;
}

size_t RecordingSys::Begin(Call call, int fd, uint64_t inode, uint8_t history, uint64_t a, uint64_t b, uint8_t flags) {
  const size_t index = Note(EventKind::kInFlight, call, fd, inode, a, b, 0, flags);
  At(index).history = history;
  if (index < trace_.events.size()) trace_.events[index].duration_ns = UINT64_MAX;
  return index;
}

// A call in which the process died does not return.
SysResult RecordingSys::End(size_t index, SysResult result) {
  if (dead_) return Gone();
  Event& event = At(index);
  event.result = result.value;
  event.error = static_cast<uint16_t>(result.ok() ? 0 : result.error);
  event.kind = EventKind::kCall;
  if (index < trace_.events.size()) {
    TracedEvent& traced = trace_.events[index];
    traced.duration_ns = hooks_.now() - traced.start_ns;
    event.duration = static_cast<uint32_t>(std::min<uint64_t>(traced.duration_ns, UINT32_MAX));
  }
  if (event.error == ECONNRESET || event.error == EPIPE) {
    if (Row* row = Find(event.fd); row != nullptr && row->inode == event.socket) Remember(*row, kSawReset);
  }
  const bool idle = result.error == EAGAIN || (result.value == 0 && FamilyOf(event.call) == CallFamily::poll);
  hooks_.acted(idle);
  return result;
}

SysResult RecordingSys::Gone() {
  if (++calls_of_the_dead_ > kMostCallsOfTheDead) {
    fprintf(stderr,
            "RecordingSys: the process was ended, every call fails with EBADF, and the code under test calls on for "
            "ever\n");
    abort();
  }
  if (!exited_) process_.Exit();
  exited_ = true;
  return {-1, EBADF};
}

void RecordingSys::CheckIn() {
  Note(EventKind::kCheckIn, Call::none, -1, 0, 1, 1);
  on_sigpipe_ = SigpipeHandler();
}

void RecordingSys::LookAtSigpipe() {
  const uint64_t handler = SigpipeHandler();
  if (handler != on_sigpipe_) Note(EventKind::kCall, Call::sigaction, -1, 0, SIGPIPE, handler);
  on_sigpipe_ = handler;
}

void RecordingSys::Exit() {
  if (!dead_) {
    for (const auto& [fd, row] : rows_) Note(EventKind::kLeftOpen, Call::none, fd, row.inode, Unread(fd), Unsent(fd));
    Note(EventKind::kExit, Call::none, -1, 0, 0, 0, static_cast<int64_t>(rows_.size()));
  }
  dead_ = true;
  (void)Gone();
}

// --- The table.

RecordingSys::Row* RecordingSys::Find(int fd) {
  const auto found = rows_.find(fd);
  return found == rows_.end() ? nullptr : &found->second;
}

void RecordingSys::Born(int fd, Call maker, int from, uint8_t history) {
  if (IsDecoy(fd)) decoy_ = -1;
  const FakeSocket* socket = process_.FindSocket(fd);
  if (socket == nullptr) return;
  Row& row = rows_[fd] = Row();
  row.inode = socket->serial;
  row.kind = SocketKindOf(socket->family, SOCK_STREAM, socket->state == TcpState::kListen);
  row.word = SocketWord(socket->family, SOCK_STREAM, row.kind);
  row.history = history;
  Arm(plan_, row.watch, row.tally, row.kind, history);
  Note(EventKind::kOpen, maker, fd, row.inode, row.word, static_cast<uint64_t>(from), RemotePort(fd));
}

void RecordingSys::Remember(Row& row, uint8_t history) {
  if ((row.history | history) == row.history) return;
  row.history |= history;
  Arm(plan_, row.watch, row.tally, row.kind, row.history);
}

uint16_t RecordingSys::RemotePort(int fd) const {
  const FakeSocket* socket = process_.FindSocket(fd);
  const bool connected = socket != nullptr && socket->is_tcp() && socket->state != TcpState::kClose &&
                         socket->state != TcpState::kListen && socket->state != TcpState::kSynSent;
  return connected ? socket->remote.port : 0;
}

uint64_t RecordingSys::Unread(int fd) const {
  const FakeSocket* socket = process_.FindSocket(fd);
  return socket == nullptr ? 0 : socket->readable;
}

uint64_t RecordingSys::Unsent(int fd) const {
  const FakeSocket* socket = process_.FindSocket(fd);
  return socket == nullptr || socket->state == TcpState::kSynSent ? 0 : socket->pending();
}

// What a completed call says about its socket.
void RecordingSys::After(size_t index) {
  Event& event = At(index);
  Row* row = Find(event.fd);
  if (row == nullptr) return;
  const bool ok = event.result == 0;
  if (event.call == Call::listen && ok) {
    row->kind = SocketKind::kListener;
    Arm(plan_, row->watch, row->tally, row->kind, row->history);
  } else if (event.call == Call::shutdown && ok) {
    const int reads = event.a != SHUT_WR ? kShutdownRead : 0;
    const int writes = event.a != SHUT_RD ? kShutdownWrite : 0;
    Remember(*row, static_cast<uint8_t>(reads | writes));
  } else if (event.call == Call::connect && (ok || event.error == EINPROGRESS || event.error == EINTR)) {
    event.b = process_.FindSocket(event.fd)->local.port;
    Remember(*row, kConnected);
  } else if (FamilyOf(event.call) == CallFamily::recv && event.call != Call::recvmmsg && ok && event.a > 0) {
    Remember(*row, kSawEof);
  }
}

// --- Faults.

// Makes a call whose event has begun, with the fault that is due, and completes the event.
template <typename Invoke>
SysResult RecordingSys::Make(size_t index, bool may_fire, Watch& watch, Tally& tally, int flags, Invoke invoke) {
  const int fault = may_fire ? Decide(plan_, watch, tally, At(index).call) : kNoFault;
  if (fault != kNoFault && !SparesPeek(plan_.faults[fault], flags)) return Inject(index, fault, flags, invoke);
  const uint64_t sigpipes = process_.sigpipes();
  const SysResult result = invoke(kWhole);
  if (process_.sigpipes() > sigpipes) MeetSigpipe();
  return End(index, result);
}

template <typename Invoke>
SysResult RecordingSys::Inject(size_t index, int fault_index, int flags, Invoke invoke) {
  const Fault& fault = plan_.faults[fault_index];
  const int fd = At(index).fd;
  const FakeSocket* socket = process_.FindSocket(fd);
  const bool blocking = socket == nullptr || (!socket->nonblocking && (flags & MSG_DONTWAIT) == 0);
  Event& event = At(index);
  event.fault = static_cast<uint8_t>(fault_index);
  event.effect = fault.effect;
  event.realism = RealismOf(event.call, fault.effect, fault.error, {.blocking = blocking, .catches_a_signal = false});
  const uint64_t sigpipes = process_.sigpipes();
  const SysResult performed = Perform(fault, index, invoke);
  if (process_.sigpipes() > sigpipes) MeetSigpipe();
  const SysResult result = End(index, performed);
  // The event is complete before a signal may end the process.
  const bool fired = At(index).fault != kNoFaultIndex;
  if (fired && fault.error == EPIPE && FamilyOf(At(index).call) == CallFamily::send && (flags & MSG_NOSIGNAL) == 0)
    MeetSigpipe();
  return dead_ ? Gone() : result;
}

template <typename Invoke>
SysResult RecordingSys::Perform(const Fault& fault, size_t index, Invoke invoke) {
  const int fd = At(index).fd;
  const SysResult failed = {-1, fault.error};
  switch (fault.effect) {
    case Effect::kSkip:
      return failed;
    case Effect::kFull: {
      // A connect that a signal interrupts goes on, as one on a non-blocking socket does from its start.
      FakeSocket* socket = At(index).call == Call::connect && fault.error == EINTR ? process_.FindSocket(fd) : nullptr;
      const bool nonblocking = socket != nullptr && std::exchange(socket->nonblocking, true);
      (void)invoke(kWhole);
      if (socket != nullptr) socket->nonblocking = nonblocking;
      return failed;
    }
    case Effect::kPartial:
      At(index).substitute = fault.amount;
      return invoke(fault.amount);
    case Effect::kDelay:
      hooks_.delay(fault.amount);
      return invoke(kWhole);
    case Effect::kReset:
      if (!hooks_.reset(fd)) At(index).fault = kNoFaultIndex;  // it did not fire
      return invoke(kWhole);
    case Effect::kDecoy:
      if (!PlantDecoy(fd)) {
        At(index).fault = kNoFaultIndex;
        return invoke(kWhole);
      }
      decoy_ = fd;
      decoy_inode_ = At(index).socket;
      return fault.error == 0 ? SysResult{0, 0} : failed;
    case Effect::kInterrupt:
      At(index).fault = kNoFaultIndex;
      break;
    case Effect::kNone:
      break;
  }
  return invoke(kWhole);
}

// As SIGPIPE does: nothing, a handler's call, or the end of the process.
void RecordingSys::MeetSigpipe() {
  sigset_t mask;
  sigemptyset(&mask);
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  struct sigaction action {};
  sigaction(SIGPIPE, nullptr, &action);
  if (sigismember(&mask, SIGPIPE) == 1 || action.sa_handler == SIG_IGN) return;
  if (action.sa_handler != SIG_DFL) {
    raise(SIGPIPE);
    return;
  }
  died_by_ = SIGPIPE;
  dead_ = true;
}

// Something of ours that is no socket takes the number as the socket is closed.
bool RecordingSys::PlantDecoy(int fd) {
  const Row* row = Find(fd);
  if (fd <= 2 || decoy_ >= 0 || row == nullptr || (row->history & kConnected) == 0) return false;
  const SysResult decoy = process_.epoll_create1(0);
  if (!decoy.ok()) return false;
  const bool planted = process_.dup3(static_cast<int>(decoy.value), fd, O_CLOEXEC).ok();
  (void)process_.close(static_cast<int>(decoy.value));
  return planted;
}

SysResult RecordingSys::OnDecoy(Call call, int fd) {
  const size_t index = Begin(call, fd, decoy_inode_, kDecoy, 0, 0, kOnDecoy);
  if (FamilyOf(call) == CallFamily::close) {
    decoy_ = -1;
    (void)process_.close(fd);
  }
  return End(index, {-1, EBADF});
}

// --- Calls on one socket.

template <typename A, typename B, typename Invoke>
SysResult RecordingSys::OnSocket(Call call, int fd, A a, B b, Invoke invoke) {
  if (dead_) return Gone();
  Row* row = Find(fd);
  if (row == nullptr) return IsDecoy(fd) ? OnDecoy(call, fd) : invoke(kWhole);
  const bool may_fire = Due(plan_, row->watch, call) != 0 && !PassesQuietly(row->watch, row->tally, call);
  const size_t index = Begin(call, fd, row->inode, row->history, AtBegin(a), AtBegin(b));
  const SysResult result = Make(index, may_fire, row->watch, row->tally, FlagsOf(At(index)), invoke);
  Event& event = At(index);
  if (event.kind != EventKind::kCall) return result;
  event.a = AtEnd(event, a, event.a);
  event.b = AtEnd(event, b, event.b);
  After(index);
  return result;
}

// What comes before `.name arguments`: the call, for at most `limit` bytes.
#define LASTACK_SHORT_kNone return process_
#define LASTACK_SHORT_kThird        \
  length = std::min(length, limit); \
  return process_
#define LASTACK_SHORT_kFourth LASTACK_SHORT_kThird
#define LASTACK_SHORT_kVector                                                                        \
  const std::vector<iovec> parts =                                                                   \
      limit == kWhole ? std::vector<iovec>() : Shortened(vector, static_cast<size_t>(count), limit); \
  if (limit != kWhole) {                                                                             \
    vector = parts.data();                                                                           \
    count = static_cast<int>(parts.size());                                                          \
  }                                                                                                  \
  return process_
#define LASTACK_SHORT_kMessage                                                          \
  if (limit != kWhole) {                                                                \
    std::vector<iovec> parts = Shortened(message->msg_iov, message->msg_iovlen, limit); \
    msghdr shorter = *message;                                                          \
    shorter.msg_iov = parts.data();                                                     \
    shorter.msg_iovlen = parts.size();                                                  \
    return Message(shorter);                                                            \
  }                                                                                     \
  return process_

#define LASTACK_ONLY_MESSAGE_kNone(...)
#define LASTACK_ONLY_MESSAGE_kThird(...)
#define LASTACK_ONLY_MESSAGE_kFourth(...)
#define LASTACK_ONLY_MESSAGE_kVector(...)
#define LASTACK_ONLY_MESSAGE_kMessage(name, arguments) \
  auto* const callers = message;                       \
  auto Message = [=, this](msghdr& shorter) mutable {  \
    message = &shorter;                                \
    const SysResult result = process_.name arguments;  \
    GiveBack(shorter, callers);                        \
    return result;                                     \
  };

// clang-format off
#define LASTACK_SOCKET_CALL(name, result, parameters, arguments, number, family, extent, on_failure, errnos, a_word, b_word) \
  SysResult RecordingSys::name parameters {                                                            \
    const auto a = a_word;                                                                             \
    const auto b = b_word;                                                                             \
    LASTACK_ONLY_MESSAGE_##extent(name, arguments)                                                     \
    return OnSocket(Call::name, fd, a, b, [=, this]([[maybe_unused]] size_t limit) mutable {           \
      LASTACK_SHORT_##extent.name arguments;                                                           \
    });                                                                                                \
  }
// clang-format on
#include "harness/sys/syscalls.inc"

SysResult RecordingSys::ioctl(int fd, unsigned long request, void* argument) {
  return OnSocket(Call::ioctl, fd, uint64_t{request}, uint64_t{0},
                  [=, this](size_t) { return process_.ioctl(fd, request, argument); });
}

SysResult RecordingSys::epoll_ctl(int epoll, int operation, int fd, epoll_event* event) {
  return OnSocket(Call::epoll_ctl, fd, Word(operation), Word(epoll),
                  [=, this](size_t) { return process_.epoll_ctl(epoll, operation, fd, event); });
}

// --- Calls that make sockets.

template <typename Invoke>
SysResult RecordingSys::InProcess(Call call, int fd, Counted& counted, uint64_t a, uint64_t b, Invoke invoke) {
  if (dead_) return Gone();
  const bool may_fire = Due(plan_, counted.watch, call) != 0 && !PassesQuietly(counted.watch, counted.tally, call);
  return Make(Begin(call, fd, 0, 0, a, b), may_fire, counted.watch, counted.tally, 0, invoke);
}

SysResult RecordingSys::socket(int domain, int type, int protocol) {
  const SysResult made =
      InProcess(Call::socket, -1, making_, SocketWord(domain, type, SocketKind::kOther), Word(protocol),
                [=, this](size_t) { return process_.socket(domain, type, protocol); });
  if (made.ok()) Born(static_cast<int>(made.value), Call::socket, -1, 0);
  return made;
}

SysResult RecordingSys::socketpair(int domain, int type, int protocol, int fds[2]) {
  const SysResult made = InProcess(Call::socketpair, -1, making_, SocketWord(domain, type, SocketKind::kOther), 0,
                                   [=, this](size_t) { return process_.socketpair(domain, type, protocol, fds); });
  for (int i = 0; made.ok() && i < 2; ++i) Born(fds[i], Call::socketpair, -1, kConnected);
  return made;
}

template <typename Invoke>
SysResult RecordingSys::Accept(Call call, int fd, int flags, Invoke invoke) {
  const SysResult accepted = OnSocket(call, fd, Word(flags), uint64_t{0}, invoke);
  if (accepted.ok()) Born(static_cast<int>(accepted.value), call, fd, kConnected);
  return accepted;
}

SysResult RecordingSys::accept(int fd, sockaddr* address, socklen_t* length) {
  return Accept(Call::accept, fd, 0, [=, this](size_t) { return process_.accept(fd, address, length); });
}

SysResult RecordingSys::accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
  return Accept(Call::accept4, fd, flags, [=, this](size_t) { return process_.accept4(fd, address, length, flags); });
}

// --- Calls that close and copy descriptors.

SysResult RecordingSys::close(int fd) {
  if (dead_) return Gone();
  Row* row = Find(fd);
  if (row == nullptr) {
    if (IsDecoy(fd)) return OnDecoy(Call::close, fd);
    const SysResult result = process_.close(fd);
    const bool telling = result.error == EBADF || decoy_ >= 0;
    return telling ? End(Begin(Call::close, fd, 0, 0, 0, 0), result) : result;
  }
  const bool may_fire = Due(plan_, row->watch, Call::close) != 0 && !PassesQuietly(row->watch, row->tally, Call::close);
  const size_t index = Begin(Call::close, fd, row->inode, row->history, Unread(fd), Unsent(fd));
  const SysResult result =
      Make(index, may_fire, row->watch, row->tally, 0, [=, this](size_t) { return process_.close(fd); });
  const bool skipped = At(index).fault != kNoFaultIndex && At(index).effect == Effect::kSkip;
  if (!skipped) rows_.erase(fd);
  return result;
}

template <typename Invoke>
SysResult RecordingSys::Copy(Call call, int fd, uint64_t a, uint64_t b, Invoke invoke) {
  const Row* row = Find(fd);
  const bool known = row != nullptr;
  const uint8_t history = known ? row->history : uint8_t{0};
  const SysResult copy = OnSocket(call, fd, a, b, invoke);
  if (copy.ok() && known) Born(static_cast<int>(copy.value), call, fd, history);
  return copy;
}

template <typename Invoke>
SysResult RecordingSys::CopyOnto(Call call, int fd, int target, int flags, Invoke invoke) {
  const Row* replaced = target == fd ? nullptr : Find(target);
  const bool onto_decoy = IsDecoy(target);
  const uint64_t inode = replaced == nullptr ? 0 : replaced->inode;
  const Row* row = Find(fd);
  const bool known = row != nullptr;
  const uint8_t history = known ? row->history : uint8_t{0};
  const SysResult copy = OnSocket(call, fd, Word(target), Word(flags), invoke);
  if (!copy.ok() || copy.value == fd) return copy;
  if (onto_decoy) decoy_ = -1;
  if (inode != 0) {
    Note(EventKind::kClosed, call, target, inode, 0, 0);
    rows_.erase(target);
  }
  if (known) Born(static_cast<int>(copy.value), call, fd, history);
  return copy;
}

SysResult RecordingSys::dup(int fd) {
  return Copy(Call::dup, fd, 0, 0, [=, this](size_t) { return process_.dup(fd); });
}

SysResult RecordingSys::dup2(int fd, int target) {
  return CopyOnto(Call::dup2, fd, target, 0, [=, this](size_t) { return process_.dup2(fd, target); });
}

SysResult RecordingSys::dup3(int fd, int target, int flags) {
  return CopyOnto(Call::dup3, fd, target, flags, [=, this](size_t) { return process_.dup3(fd, target, flags); });
}

SysResult RecordingSys::fcntl(int fd, int command, long argument) {
  const auto invoke = [=, this](size_t) { return process_.fcntl(fd, command, argument); };
  const bool copies = command == F_DUPFD || command == F_DUPFD_CLOEXEC;
  if (copies) return Copy(Call::fcntl, fd, Word(command), Word(argument), invoke);
  return OnSocket(Call::fcntl, fd, Word(command), Word(argument), invoke);
}

// --- Calls that wait for several descriptors.

// The socket that stands for them: the first one that a fault selects, else the first.
class RecordingSys::Chosen {
 public:
  Chosen(RecordingSys& sys, Call call) : sys_(sys), call_(call) {}

  void Consider(int fd) {
    Row* row = decided_ ? nullptr : sys_.Find(fd);
    if (row == nullptr) return;
    decided_ = Due(sys_.plan_, row->watch, call_) != 0;
    if (decided_ || row_ == nullptr) {
      row_ = row;
      fd_ = fd;
    }
  }

  // `found(fd)` says what the call reported for the socket, as poll(2) would.
  template <typename Invoke, typename Found>
  SysResult Wait(uint64_t a, uint64_t b, Invoke invoke, Found found) {
    if (row_ == nullptr) return invoke(kWhole);
    const bool may_fire = Due(sys_.plan_, row_->watch, call_) != 0 && !PassesQuietly(row_->watch, row_->tally, call_);
    const size_t index = sys_.Begin(call_, fd_, row_->inode, row_->history, a, b);
    const SysResult result = sys_.Make(index, may_fire, row_->watch, row_->tally, 0, invoke);
    if (result.value > 0) sys_.At(index).substitute = static_cast<uint32_t>(found(fd_));
    return result;
  }

 private:
  RecordingSys& sys_;
  const Call call_;
  Row* row_ = nullptr;
  int fd_ = -1;
  bool decided_ = false;
};

// A decoy is answered as a closed number is: at once, with POLLNVAL there.
template <typename Invoke>
SysResult RecordingSys::Poll(Call call, pollfd* fds, nfds_t count, uint64_t timeout, Invoke invoke) {
  if (dead_) return Gone();
  if (fds == nullptr) return invoke(kWhole);
  int closed = 0;
  for (nfds_t i = 0; i < count; ++i) closed += IsDecoy(fds[i].fd) ? 1 : 0;
  if (closed > 0) {
    (void)OnDecoy(call, decoy_);
    for (nfds_t i = 0; i < count; ++i) fds[i].revents = fds[i].fd == decoy_ ? POLLNVAL : 0;
    return {closed, 0};
  }
  Chosen chosen(*this, call);
  for (nfds_t i = 0; i < count; ++i) chosen.Consider(fds[i].fd);
  return chosen.Wait(count, timeout, invoke, [=](int fd) {
    int reported = 0;
    for (nfds_t i = 0; i < count; ++i) reported |= fds[i].fd == fd ? fds[i].revents : 0;
    return reported;
  });
}

template <typename Invoke>
SysResult RecordingSys::Select(Call call, int count, const fd_set* reading, const fd_set* writing, Invoke invoke) {
  if (dead_) return Gone();
  Chosen chosen(*this, call);
  const auto has = [](const fd_set* set, int fd) { return set != nullptr && FD_ISSET(fd, set); };
  for (int fd = 0; fd < std::min(count, FD_SETSIZE); ++fd) {
    if (has(reading, fd) || has(writing, fd)) chosen.Consider(fd);
  }
  return chosen.Wait(Word(count), 0, invoke,
                     [=](int fd) { return (has(reading, fd) ? POLLIN : 0) | (has(writing, fd) ? POLLOUT : 0); });
}

SysResult RecordingSys::poll(pollfd* fds, nfds_t count, int timeout_ms) {
  return Poll(Call::poll, fds, count, Word(timeout_ms),
              [=, this](size_t) { return process_.poll(fds, count, timeout_ms); });
}

SysResult RecordingSys::ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask) {
  return Poll(Call::ppoll, fds, count, Milliseconds(timeout),
              [=, this](size_t) { return process_.ppoll(fds, count, timeout, mask); });
}

SysResult RecordingSys::select(int count, fd_set* reading, fd_set* writing, fd_set* exceptional, timeval* timeout) {
  return Select(Call::select, count, reading, writing,
                [=, this](size_t) { return process_.select(count, reading, writing, exceptional, timeout); });
}

SysResult RecordingSys::pselect(int count, fd_set* reading, fd_set* writing, fd_set* exceptional,
                                const timespec* timeout, const sigset_t* mask) {
  return Select(Call::pselect, count, reading, writing,
                [=, this](size_t) { return process_.pselect(count, reading, writing, exceptional, timeout, mask); });
}

SysResult RecordingSys::epoll_create(int size) {
  if (dead_) return Gone();
  const size_t index = Begin(Call::epoll_create, -1, 0, 0, 0, 0);
  return End(index, process_.epoll_create(size));
}

SysResult RecordingSys::epoll_create1(int flags) {
  if (dead_) return Gone();
  const size_t index = Begin(Call::epoll_create1, -1, 0, 0, Word(flags), 0);
  return End(index, process_.epoll_create1(flags));
}

SysResult RecordingSys::epoll_wait(int epoll, epoll_event* events, int count, int timeout_ms) {
  return InProcess(Call::epoll_wait, epoll, waiting_, Word(count), Word(timeout_ms),
                   [=, this](size_t) { return process_.epoll_wait(epoll, events, count, timeout_ms); });
}

SysResult RecordingSys::epoll_pwait(int epoll, epoll_event* events, int count, int timeout_ms, const sigset_t* mask) {
  return InProcess(Call::epoll_pwait, epoll, waiting_, Word(count), Word(timeout_ms),
                   [=, this](size_t) { return process_.epoll_pwait(epoll, events, count, timeout_ms, mask); });
}

SysResult RecordingSys::epoll_pwait2(int epoll, epoll_event* events, int count, const timespec* timeout,
                                     const sigset_t* mask) {
  return InProcess(Call::epoll_pwait2, epoll, waiting_, Word(count), Milliseconds(timeout),
                   [=, this](size_t) { return process_.epoll_pwait2(epoll, events, count, timeout, mask); });
}

}  // namespace lastack
