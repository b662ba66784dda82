// The socket calls and those on descriptors: to the scope's SysApi if the descriptor is the network's, else on.
#include "mocks/interposed_calls.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "mocks/interposition_state.h"

extern "C" [[noreturn]] void __chk_fail();  // glibc's, for buffers that are too small

namespace lastack {
namespace {

template <Call kCall>
inline void BeforeReal(int) {}
inline void BeforeRead(int fd) {
  if (Interposition::KindOf(fd) != Interposition::Kind::kTimer) return;
  if (Interposition* scope = Interposition::Virtual()) scope->AwaitTimer(fd);
}
template <>
inline void BeforeReal<Call::read>(int fd) {
  BeforeRead(fd);
}
template <>
inline void BeforeReal<Call::readv>(int fd) {
  BeforeRead(fd);
}

constexpr bool IsFaked(int domain, int type) {
  return (domain == AF_INET || domain == AF_INET6 || domain == AF_UNIX) && (type & 0xf) == SOCK_STREAM;
}

}  // namespace

// --- Calls on the one descriptor that is their first parameter.

#define LASTACK_INTERPOSED_ON_FD(name, result, parameters, arguments)                           \
  result interposed::name parameters {                                                          \
    if (Interposition* scope = Interposition::Of(fd)) {                                         \
      return static_cast<result>(scope->Call([&](SysApi& sys) { return sys.name arguments; })); \
    }                                                                                           \
    BeforeReal<Call::name>(fd);                                                                 \
    return NextCalls::Get().name arguments;                                                     \
  }
#define LASTACK_SOCKET_CALL(name, result, parameters, arguments, ...) \
  LASTACK_INTERPOSED_ON_FD(name, result, parameters, arguments)
#include "harness/sys/syscalls.inc"

LASTACK_INTERPOSED_ON_FD(accept, int, (int fd, sockaddr* address, socklen_t* length), (fd, address, length))
LASTACK_INTERPOSED_ON_FD(accept4, int, (int fd, sockaddr* address, socklen_t* length, int flags),
                         (fd, address, length, flags))
LASTACK_INTERPOSED_ON_FD(ioctl, int, (int fd, unsigned long request, void* argument), (fd, request, argument))

// --- New sockets.

int interposed::socket(int domain, int type, int protocol) {
  Interposition* scope = Interposition::Active();
  if (scope == nullptr || !IsFaked(domain, type)) return NextCalls::Get().socket(domain, type, protocol);
  return static_cast<int>(scope->Call([=](SysApi& sys) { return sys.socket(domain, type, protocol); }));
}

int interposed::socketpair(int domain, int type, int protocol, int fds[2]) {
  Interposition* scope = Interposition::Active();
  if (scope == nullptr || !IsFaked(domain, type)) return NextCalls::Get().socketpair(domain, type, protocol, fds);
  return static_cast<int>(scope->Call([=](SysApi& sys) { return sys.socketpair(domain, type, protocol, fds); }));
}

// --- Closing.

int interposed::close(int fd) {
  if (Interposition* scope = Interposition::Active()) {
    if (Interposition::Owns(fd)) return static_cast<int>(scope->Call([=](SysApi& sys) { return sys.close(fd); }));
    scope->ForgetTimer(fd);
  }
  return NextCalls::Get().close(fd);
}

int interposed::close_range(unsigned first, unsigned last, int flags) {
  Interposition* scope = Interposition::Active();
  return scope != nullptr ? scope->CloseRange(first, last, flags) : NextCalls::Get().close_range(first, last, flags);
}

void interposed::closefrom(int first) {
  if (Interposition* scope = Interposition::Active()) {
    (void)scope->CloseRange(static_cast<unsigned>(first < 0 ? 0 : first), ~0U, 0);
  } else {
    NextCalls::Get().closefrom(first);
  }
}

// --- Copies.

namespace {

// Copies a descriptor: `fake(sys)` if it is the network's, else `real()`.
template <typename Fake, typename Real>
int Copy(int fd, Fake fake, Real real) {
  Interposition* scope = Interposition::Active();
  if (scope == nullptr) return real();
  const int copy = Interposition::Owns(fd) ? static_cast<int>(scope->Call(fake)) : real();
  scope->Copied(fd, copy);
  return copy;
}

// A real descriptor is to take the number of one that may be the network's.
template <typename Real>
int CopyOnto(int fd, int target, Real real) {
  Interposition* scope = Interposition::Active();
  if (scope == nullptr || fd == target || NextCalls::Get().fcntl(fd, F_GETFD, 0) < 0) return real();
  if (Interposition::Owns(target)) (void)scope->Call([=](SysApi& sys) { return sys.close(target); });
  scope->ForgetTimer(target);
  return real();
}

}  // namespace

int interposed::dup(int fd) {
  return Copy(
      fd, [=](SysApi& sys) { return sys.dup(fd); }, [=] { return NextCalls::Get().dup(fd); });
}

int interposed::dup2(int fd, int target) {
  const auto real = [=] { return NextCalls::Get().dup2(fd, target); };
  return Copy(
      fd, [=](SysApi& sys) { return sys.dup2(fd, target); }, [=] { return CopyOnto(fd, target, real); });
}

int interposed::dup3(int fd, int target, int flags) {
  const auto real = [=] { return NextCalls::Get().dup3(fd, target, flags); };
  return Copy(
      fd, [=](SysApi& sys) { return sys.dup3(fd, target, flags); }, [=] { return CopyOnto(fd, target, real); });
}

int interposed::fcntl(int fd, int command, long argument) {
  const auto fake = [=](SysApi& sys) { return sys.fcntl(fd, command, argument); };
  if (command == F_DUPFD || command == F_DUPFD_CLOEXEC) {
    return Copy(fd, fake, [=] { return NextCalls::Get().fcntl(fd, command, argument); });
  }
  if (Interposition* scope = Interposition::Of(fd)) return static_cast<int>(scope->Call(fake));
  return NextCalls::Get().fcntl(fd, command, argument);
}

// --- Other symbols for the same functions.

#if defined(__x86_64__)
#define LASTACK_JUMP "jmp "
#define LASTACK_PLT "@PLT"
#else
#define LASTACK_JUMP "b "
#define LASTACK_PLT ""
#endif

// Of calls that are not taken over, there is no other symbol either.
#define LASTACK_ALIAS_OF_clone(...)
#define LASTACK_ALIAS_OF_fork(...)
#define LASTACK_ALIAS_OF_sigaction(...)
#define LASTACK_ALIAS_OF_vfork(...)
#define LASTACK_ALIAS_OF_close LASTACK_JUMP_TO
#define LASTACK_ALIAS_OF_connect LASTACK_JUMP_TO
#define LASTACK_ALIAS_OF_dup2 LASTACK_JUMP_TO
#define LASTACK_ALIAS_OF_fcntl LASTACK_JUMP_TO
#define LASTACK_ALIAS_OF_poll LASTACK_JUMP_TO
#define LASTACK_ALIAS_OF_read LASTACK_JUMP_TO
#define LASTACK_ALIAS_OF_recv LASTACK_JUMP_TO
#define LASTACK_ALIAS_OF_select LASTACK_JUMP_TO
#define LASTACK_ALIAS_OF_send LASTACK_JUMP_TO
#define LASTACK_ALIAS_OF_sendmmsg LASTACK_JUMP_TO
#define LASTACK_ALIAS_OF_socket LASTACK_JUMP_TO
#define LASTACK_ALIAS_OF_write LASTACK_JUMP_TO
#define LASTACK_JUMP_TO(alias, name)                                                                                   \
  asm(".pushsection .text\n.weak " #alias "\n.type " #alias ", @function\n" #alias ": " LASTACK_JUMP #name LASTACK_PLT \
      "\n.size " #alias ", . - " #alias "\n.popsection");
#define LASTACK_ALIAS(alias, name) LASTACK_ALIAS_OF_##name(alias, name)
#include "harness/sys/syscalls.inc"

#define LASTACK_CHECKED_ALIAS(alias, name, result, parameters, arguments, fits) \
  result interposed::alias parameters {                                         \
    if (!(fits)) __chk_fail();                                                  \
    return interposed::name arguments;                                          \
  }
#include "harness/sys/syscalls.inc"

}  // namespace lastack
