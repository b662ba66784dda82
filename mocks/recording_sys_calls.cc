// The calls on one socket, and those that make, copy and close descriptors.
#include <errno.h>

#include <algorithm>

#include "harness/trace/event_words.h"
#include "mocks/recording_sys.h"

namespace lastack {
namespace {

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

}  // namespace

// --- Calls on one socket.

template <typename A, typename B>
SysResult RecordingSys::OnSocket(Call call, int fd, A a, B b, const Invoke& invoke) {
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

SysResult RecordingSys::Accept(Call call, int fd, int flags, const Invoke& invoke) {
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

SysResult RecordingSys::Copy(Call call, int fd, uint64_t a, uint64_t b, const Invoke& invoke) {
  const Row* row = Find(fd);
  const bool known = row != nullptr;
  const uint8_t history = known ? row->history : uint8_t{0};
  const SysResult copy = OnSocket(call, fd, a, b, invoke);
  if (copy.ok() && known) Born(static_cast<int>(copy.value), call, fd, history);
  return copy;
}

SysResult RecordingSys::CopyOnto(Call call, int fd, int target, int flags, const Invoke& invoke) {
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

}  // namespace lastack
