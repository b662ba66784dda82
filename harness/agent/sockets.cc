// The calls that make sockets.
#include <sys/socket.h>

#include "harness/agent/wrap.h"

namespace lastack {
namespace {

// A fault on the making of a socket has no socket in whose life it could be counted: the process's own count serves.
Watch making;
Tally made;

template <typename Invoke>
int Make(Call call, uint64_t a, uint64_t b, Invoke invoke) {
  making.armed = AllFaults(*agent.plan);
  const bool may_fire = Due(*agent.plan, making, call) != 0 && !PassesQuietly(making, made, call);
  Event& event = Begin(call, -1, 0, 0, a, b);
  if (LASTACK_LIKELY(!may_fire)) return End(event, invoke(kWhole));
  return static_cast<int>(Inject(call, making, made, event, 0, Invocation(invoke)));
}

template <typename Invoke>
int Accept(Call call, int fd, int flags, Invoke invoke) {
  SocketState* listener = Track(fd);
  if (listener == nullptr) return IsDecoy(fd) ? static_cast<int>(OnDecoy(call, fd)) : invoke(kWhole);
  const int accepted = OnSocket<int>(call, fd, *listener, static_cast<uint64_t>(flags), 0, 0, invoke);
  if (accepted >= 0) Born(accepted, call, fd, kConnected);
  return accepted;
}

}  // namespace

int wrap::socket(int domain, int type, int protocol) {
  if (!Recording()) return real.socket(domain, type, protocol);
  const auto invoke = [=](size_t) { return real.socket(domain, type, protocol); };
  const int fd =
      Make(Call::socket, SocketWord(domain, type, SocketKind::kOther), static_cast<uint64_t>(protocol), invoke);
  if (fd >= 0) Born(fd, Call::socket, -1, 0);
  return fd;
}

int wrap::socketpair(int domain, int type, int protocol, int fds[2]) {
  if (!Recording()) return real.socketpair(domain, type, protocol, fds);
  const auto invoke = [=](size_t) { return real.socketpair(domain, type, protocol, fds); };
  const int result = Make(Call::socketpair, SocketWord(domain, type, SocketKind::kOther), 0, invoke);
  if (result == 0) {
    Born(fds[0], Call::socketpair, -1, kConnected);
    Born(fds[1], Call::socketpair, -1, kConnected);
  }
  return result;
}

int wrap::accept(int fd, sockaddr* address, socklen_t* length) {
  return Accept(Call::accept, fd, 0, [=](size_t) { return real.accept(fd, address, length); });
}

int wrap::accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
  return Accept(Call::accept4, fd, flags, [=](size_t) { return real.accept4(fd, address, length, flags); });
}

}  // namespace lastack
