// The generated wrappers: every call of the table on the one socket that is its first parameter, and the other symbols
// that libc has for calls of the table.
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/sendfile.h>

#include "harness/agent/shorten.h"
#include "harness/agent/wrap.h"
#include "harness/trace/event_words.h"

extern "C" [[noreturn]] void __chk_fail();  // glibc's, for buffers that are too small

namespace lastack {
namespace {

// --- The words that events keep.

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

// A word that lies behind the caller's pointers. They are good if the kernel has accepted them: if the call succeeded,
// or a connect got as far as the network.
template <typename Read>
struct Lazy {
  Read read;
};
template <typename Read>
Lazy(Read) -> Lazy<Read>;
// clang-format off
#define InMemory(...) Lazy { [&] { return __VA_ARGS__; } }
// clang-format on

constexpr uint64_t AtBegin(uint64_t word) { return word; }
template <typename Read>
constexpr uint64_t AtBegin(const Lazy<Read>&) {
  return 0;
}
constexpr void AtEnd(Event&, uint64_t&, uint64_t) {}
template <typename Read>
void AtEnd(Event& event, uint64_t& word, const Lazy<Read>& lazy) {
  const bool reached_the_network = event.call == Call::connect && event.error != EFAULT && event.error != EINVAL &&
                                   event.error != EBADF && event.error != ENOTSOCK;
  if (event.result >= 0 || reached_the_network) word = lazy.read();
}

// The MSG_ flags of a call whose second word they are.
constexpr int FlagsOf(Call call, const Event& event) {
  switch (call) {
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

// --- What a completed call changes. Only the calls named here; all others compile to nothing.

template <Call kCall>
inline void After(Event&) {}

// clang-format off: it does not know the constraint
template <Call kCall>
requires(FamilyOf(kCall) == CallFamily::recv && kCall != Call::recvmmsg)
    // clang-format on
    inline void After(Event& event) {
  if (LASTACK_UNLIKELY(event.result == 0) && event.a > 0) Remember(event.fd, agent.sockets[event.fd], kSawEof);
}

template <>
inline void After<Call::listen>(Event& event) {
  if (event.result == 0) BecomeListener(event.fd, agent.sockets[event.fd]);
}

template <>
inline void After<Call::shutdown>(Event& event) {
  if (event.result != 0) return;
  const int reads = event.a != SHUT_WR ? kShutdownRead : 0;
  const int writes = event.a != SHUT_RD ? kShutdownWrite : 0;
  Remember(event.fd, agent.sockets[event.fd], static_cast<uint8_t>(reads | writes));
}

template <>
inline void After<Call::connect>(Event& event) {
  if (event.result != 0 && event.error != EINPROGRESS && event.error != EINTR) {
    Remember(event.fd, agent.sockets[event.fd], kFailedToConnect);
    return;
  }
  event.b = LocalPort(event.fd);
  Remember(event.fd, agent.sockets[event.fd], kConnected);
}

// Sockets that a message brought (SCM_RIGHTS).
void FindPassed(const msghdr*) {}
void FindPassed(msghdr* message) {
  for (cmsghdr* part = CMSG_FIRSTHDR(message); part != nullptr; part = CMSG_NXTHDR(message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd;
      memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(fd));
      Born(fd, Call::recvmsg, -1, kConnected);
    }
  }
}

}  // namespace

// --- The wrappers.

// clang-format off
#define LASTACK_LIMIT_kNone
#define LASTACK_LIMIT_kThird const size_t whole = length; length = limit < whole ? limit : whole;
#define LASTACK_LIMIT_kFourth LASTACK_LIMIT_kThird
#define LASTACK_LIMIT_kVector ShortVector shorter(vector, count, limit);
#define LASTACK_LIMIT_kMessage ShortMessage shorter(message, limit);

#define LASTACK_PASSED_kNone
#define LASTACK_PASSED_kThird
#define LASTACK_PASSED_kFourth
#define LASTACK_PASSED_kVector
#define LASTACK_PASSED_kMessage                                                                                        \
  if (event.result >= 0) FindPassed(message);

#define LASTACK_SOCKET_CALL(name, result, parameters, arguments, number, family, extent, on_failure, errnos, a_word,   \
                            b_word)                                                                                    \
  namespace {                                                                                                          \
  LASTACK_COLD result WithFault_##name parameters {                                                                    \
    const auto a = a_word;                                                                                             \
    const auto b = b_word;                                                                                             \
    Event& event = Begin(Call::name, fd, agent.sockets[fd], AtBegin(a), AtBegin(b));                                   \
    auto invoke = [=]([[maybe_unused]] size_t limit) mutable {                                                         \
      LASTACK_LIMIT_##extent return real.name arguments;                                                               \
    };                                                                                                                 \
    const auto returned = (result)Inject(Call::name, agent.sockets[fd].watch, agent.tallies[fd], event,                \
                                         FlagsOf(Call::name, event), Invocation(invoke));                              \
    AtEnd(event, event.a, a);                                                                                          \
    AtEnd(event, event.b, b);                                                                                          \
    After<Call::name>(event);                                                                                          \
    LASTACK_PASSED_##extent                                                                                            \
    return returned;                                                                                                   \
  }                                                                                                                    \
  }                                                                                                                    \
  result wrap::name parameters {                                                                                       \
    SocketState* socket = Track(fd);                                                                                   \
    if (LASTACK_UNLIKELY(socket == nullptr)) {                                                                         \
      return IsDecoy(fd) ? (result)OnDecoy(Call::name, fd) : real.name arguments;                                      \
    }                                                                                                                  \
    if (MayFire(Call::name, fd, *socket)) return WithFault_##name arguments;                                           \
    const auto a = a_word;                                                                                             \
    const auto b = b_word;                                                                                             \
    Event& event = Begin(Call::name, fd, *socket, AtBegin(a), AtBegin(b));                                             \
    const result returned = End(event, real.name arguments);                                                           \
    AtEnd(event, event.a, a);                                                                                          \
    AtEnd(event, event.b, b);                                                                                          \
    After<Call::name>(event);                                                                                          \
    LASTACK_PASSED_##extent                                                                                            \
    return returned;                                                                                                   \
  }
// clang-format on
#include "harness/sys/syscalls.inc"

#if defined(__x86_64__)
#define LASTACK_JUMP "jmp "
#define LASTACK_PLT "@PLT"
#else
#define LASTACK_JUMP "b "
#define LASTACK_PLT ""
#endif

// Another symbol for the same function, whatever its parameters: a jump.
#define LASTACK_ALIAS(alias, name)                                                  \
  asm(".pushsection .text\n.globl " #alias "\n.type " #alias ", @function\n" #alias \
      ": " LASTACK_JUMP #name LASTACK_PLT "\n.size " #alias ", . - " #alias "\n.popsection");
#include "harness/sys/syscalls.inc"

#define LASTACK_CHECKED_ALIAS(alias, name, result, parameters, arguments, fits) \
  result wrap::alias parameters {                                               \
    if (!(fits)) __chk_fail();                                                  \
    return wrap::name arguments;                                                \
  }
#include "harness/sys/syscalls.inc"

}  // namespace lastack
