// Descriptors, connections and their ends; data are in fake_process_data.cc, options in fake_process_options.cc,
// waiting for several in fake_process_poll.cc.
#include "mocks/fake_process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "mocks/fake_await.h"
#include "mocks/fake_memory.h"

namespace lastack {
namespace {

FakeDeadlockHandler& DeadlockHandler() {
  static FakeDeadlockHandler handler;
  return handler;
}

constexpr int kTypeFlags = SOCK_CLOEXEC | SOCK_NONBLOCK;
constexpr size_t kPathOffset = offsetof(sockaddr_un, sun_path);
constexpr size_t kIpv6LengthMin = 24;  // RFC 2133: without the scope

}  // namespace

FakeDeadlockHandler SetFakeDeadlockHandler(FakeDeadlockHandler handler) {
  return std::exchange(DeadlockHandler(), std::move(handler));
}

FakeProcess::FakeProcess(FakeStack& stack) : stack_(stack), descriptors_(stack.options.max_descriptors, nullptr) {}

FakeProcess::~FakeProcess() { Exit(); }

// --- Waiting.

bool FakeProcess::Wait(int64_t until_ns) {
  return waiter_ != nullptr ? waiter_->Wait(stack_, until_ns) : stack_.Advance(until_ns);
}

SysResult FakeProcess::Deadlocked(const char* what) {
  const std::string text =
      absl::StrCat(what, " waits for ever: nothing is on its way, no timer is armed, no peer is there to act.\n",
                   stack_.timeline.Text());
  if (DeadlockHandler()) {
    DeadlockHandler()(text);
    return {-1, EDEADLK};
  }
  fprintf(stderr, "FakeNetwork: %s", text.c_str());
  abort();
}

// --- Descriptors.

FakeSocket* FakeProcess::FindSocket(int fd) const {
  FakeFile* file = descriptors_.Find(fd);
  return file != nullptr && file->kind == FakeFile::Kind::kSocket ? static_cast<FakeSocket*>(file) : nullptr;
}

bool FakeProcess::IsSocket(int fd) const { return FindSocket(fd) != nullptr; }

int FakeProcess::CountDescriptors() const {
  int count = 0;
  for (int fd = 0; fd < descriptors_.end(); ++fd) count += Owns(fd) ? 1 : 0;
  return count;
}

SysResult FakeProcess::SocketOf(int fd, FakeSocket** socket) const {
  FakeFile* file = descriptors_.Find(fd);
  if (file == nullptr || file->dead) return {-1, EBADF};
  if (file->kind != FakeFile::Kind::kSocket) return {-1, ENOTSOCK};
  *socket = static_cast<FakeSocket*>(file);
  return {0, 0};
}

SysResult FakeProcess::Install(FakeFile& file, bool close_on_exec) {
  const int fd = descriptors_.Add(file, close_on_exec);
  return fd < 0 ? SysResult{-1, EMFILE} : SysResult{fd, 0};
}

void FakeProcess::Drop(FakeFile& file, bool exiting) {
  if (--file.references > 0) return;
  if (file.kind == FakeFile::Kind::kSocket) {
    FinalClose(static_cast<FakeSocket&>(file), exiting);
  } else {
    Unwatch(file);
    delete &static_cast<FakeEpoll&>(file);
  }
}

void FakeProcess::FinalClose(FakeSocket& socket, bool exiting) {
  Unwatch(socket);
  socket.reaction = nullptr;
  const bool waits = socket.linger_on && socket.linger_seconds > 0 && (!exiting || stack_.document());
  const int64_t until_ns = stack_.events.now_ns() + int64_t{socket.linger_seconds} * 1'000'000'000;
  socket.held = true;
  if (!socket.is_tcp()) {
    if (waits && stack_.document()) {
      while (FakeUnix::Lingers(socket) && Wait(until_ns)) {
      }
    }
    if (!socket.dead) stack_.unix_domain.Close(socket);
    socket.held = false;
    stack_.Release(socket);
    return;
  }
  if (!socket.dead) stack_.tcp.Close(socket);
  if (waits) {
    while (FakeTcp::Lingers(socket) && Wait(until_ns)) {
    }
    stack_.tcp.LingerIsOver(socket);
  }
  stack_.tcp.Adjudge(socket);
}

void FakeProcess::CloseNumber(int fd, bool exiting) {
  FakeFile& file = *descriptors_.Find(fd);
  descriptors_.Remove(fd);
  // The document: close ends the connection, whoever else holds a copy.
  if (stack_.document() && file.kind == FakeFile::Kind::kSocket && file.references > 1 && !file.dead) {
    auto& socket = static_cast<FakeSocket&>(file);
    if (socket.is_tcp()) {
      stack_.tcp.Close(socket);
    } else {
      stack_.unix_domain.Close(socket);
    }
    socket.dead = true;
  }
  Drop(file, exiting);
}

std::unique_ptr<FakeProcess> FakeProcess::Fork() {
  auto child = std::make_unique<FakeProcess>(stack_);
  for (int fd = 0; fd < descriptors_.end(); ++fd) {
    const FakeDescriptors::Entry& entry = descriptors_.At(fd);
    if (entry.file != nullptr) (void)child->descriptors_.AddAt(fd, *entry.file, entry.close_on_exec);
  }
  return child;
}

void FakeProcess::Exit() {
  for (int fd = 0; fd < descriptors_.end(); ++fd) {
    if (Owns(fd)) CloseNumber(fd, true);
  }
  stack_.Settle();
}

SysResult FakeProcess::DoClose(int fd) {
  if (!Owns(fd)) return {-1, EBADF};
  CloseNumber(fd, false);
  return {0, 0};
}

SysResult FakeProcess::DoDup(int fd, int at_least, bool close_on_exec) {
  FakeFile* file = descriptors_.Find(fd);
  if (file == nullptr) return {-1, EBADF};
  if (at_least < 0 || at_least >= descriptors_.limit()) return {-1, EINVAL};
  const int copy = descriptors_.Add(*file, close_on_exec, at_least);
  return copy < 0 ? SysResult{-1, EMFILE} : SysResult{copy, 0};
}

SysResult FakeProcess::DoDup2(int fd, int target, bool close_on_exec) {
  FakeFile* file = descriptors_.Find(fd);
  if (file == nullptr || target < 0 || target >= descriptors_.limit()) return {-1, EBADF};
  if (fd == target) return {fd, 0};
  if (Owns(target)) CloseNumber(target, false);
  if (!descriptors_.AddAt(target, *file, close_on_exec)) return {-1, EBADF};
  return {target, 0};
}

SysResult FakeProcess::dup(int fd) { return Done("dup", fd, FakeTimeline::kNoArgument, DoDup(fd, 0, false)); }
SysResult FakeProcess::dup2(int fd, int target) { return Done("dup2", fd, target, DoDup2(fd, target, false)); }
SysResult FakeProcess::dup3(int fd, int target, int flags) {
  const bool bad = (flags & ~O_CLOEXEC) != 0 || fd == target;
  return Done("dup3", fd, target, bad ? SysResult{-1, EINVAL} : DoDup2(fd, target, (flags & O_CLOEXEC) != 0));
}
SysResult FakeProcess::close(int fd) { return Done("close", fd, FakeTimeline::kNoArgument, DoClose(fd)); }

// --- Making sockets.

SysResult FakeProcess::DoSocket(int domain, int type, int protocol) {
  const int kind = type & ~kTypeFlags;
  if ((type & ~(kTypeFlags | 0xf)) != 0 || kind < 0 || kind > 10) return {-1, EINVAL};
  if (domain != AF_INET && domain != AF_INET6 && domain != AF_UNIX) return {-1, EAFNOSUPPORT};
  if (kind != SOCK_STREAM) return {-1, ESOCKTNOSUPPORT};
  const bool fits = protocol == 0 || protocol == (domain == AF_UNIX ? PF_UNIX : IPPROTO_TCP);
  if (!fits) return {-1, EPROTONOSUPPORT};
  FakeSocket& socket = stack_.NewSocket(domain);
  socket.local = socket.remote = domain == AF_INET ? FakeAddress::Ipv4(INADDR_ANY, 0) : FakeAddress();
  socket.nonblocking = (type & SOCK_NONBLOCK) != 0;
  const SysResult installed = Install(socket, (type & SOCK_CLOEXEC) != 0);
  if (!installed.ok()) stack_.Release(socket);
  return installed;
}

SysResult FakeProcess::DoSocketpair(int domain, int type, int protocol, int fds[2]) {
  if (domain != AF_UNIX && (domain == AF_INET || domain == AF_INET6)) return {-1, EOPNOTSUPP};
  if (BadPointer(fds)) return {-1, EFAULT};
  SysResult ends[2];
  for (SysResult& end : ends) end = DoSocket(domain, type, protocol);
  if (!ends[0].ok()) return ends[0];
  if (!ends[1].ok()) {
    (void)DoClose(static_cast<int>(ends[0].value));
    return ends[1];
  }
  for (int i = 0; i < 2; ++i) fds[i] = static_cast<int>(ends[i].value);
  stack_.unix_domain.Join(*FindSocket(fds[0]), *FindSocket(fds[1]));
  return {0, 0};
}

SysResult FakeProcess::socket(int domain, int type, int protocol) {
  return Done("socket", domain, type, DoSocket(domain, type, protocol));
}
SysResult FakeProcess::socketpair(int domain, int type, int protocol, int fds[2]) {
  return Done("socketpair", domain, type, DoSocketpair(domain, type, protocol, fds));
}

// --- Names.

namespace {

// An errno, or 0.
int ReadAddress(const FakeSocket& socket, const sockaddr* address, socklen_t length, FakeAddress* out) {
  if (static_cast<int>(length) < 0 || length > sizeof(sockaddr_storage)) return EINVAL;
  if (BadPointer(address)) return length == 0 ? EINVAL : EFAULT;
  const bool six = socket.family == AF_INET6;
  if (length < (six ? kIpv6LengthMin : sizeof(sockaddr_in))) return EINVAL;
  if (address->sa_family != socket.family) return EAFNOSUPPORT;
  *out = six ? FakeAddress::Of(*reinterpret_cast<const sockaddr_in6*>(address))
             : FakeAddress::Of(*reinterpret_cast<const sockaddr_in*>(address));
  return 0;
}

int ReadPath(const sockaddr* address, socklen_t length, std::string* out) {
  if (static_cast<int>(length) < 0 || length > sizeof(sockaddr_storage)) return EINVAL;
  if (BadPointer(address)) return length == 0 ? EINVAL : EFAULT;
  if (length <= kPathOffset || length > sizeof(sockaddr_un) || address->sa_family != AF_UNIX) return EINVAL;
  const char* path = reinterpret_cast<const sockaddr_un*>(address)->sun_path;
  const size_t size = length - kPathOffset;
  out->assign(path, path[0] == '\0' ? size : strnlen(path, size));  // an abstract name counts to its end
  return 0;
}

}  // namespace

SysResult FakeProcess::DoBind(int fd, const sockaddr* address, socklen_t length) {
  FakeSocket* socket;
  if (const SysResult found = SocketOf(fd, &socket); !found.ok()) return found;
  if (socket->is_tcp()) {
    FakeAddress wanted;
    if (const int error = ReadAddress(*socket, address, length, &wanted)) return {-1, error};
    if (socket->bound || socket->state != TcpState::kClose) return {-1, EINVAL};
    const int error = stack_.Bind(*socket, wanted);
    return error != 0 ? SysResult{-1, error} : SysResult{0, 0};
  }
  std::string path;
  if (const int error = ReadPath(address, length, &path)) return {-1, error};
  if (socket->bound) return {-1, EINVAL};
  if (path[0] != '\0' ? stack_.paths.count(path) > 0 : stack_.ListenerAt(path) != nullptr) return {-1, EADDRINUSE};
  if (path[0] != '\0') stack_.paths.insert(path);
  socket->path = path;
  socket->bound = true;
  return {0, 0};
}

SysResult FakeProcess::DoListen(int fd, int backlog) {
  constexpr unsigned kSomaxconn = 4096;
  FakeSocket* socket;
  if (const SysResult found = SocketOf(fd, &socket); !found.ok()) return found;
  const size_t limit = std::min(static_cast<unsigned>(backlog), kSomaxconn);
  if (socket->state == TcpState::kListen) {
    socket->backlog = limit;
    return {0, 0};
  }
  if (socket->phase != FakeSocket::Phase::kUnconnected || socket->state != TcpState::kClose) return {-1, EINVAL};
  if (!socket->bound) {
    if (!socket->is_tcp()) return {-1, EINVAL};
    if (const int error = stack_.BindToAny(*socket)) return {-1, error};
  }
  socket->backlog = limit;
  socket->shut = 0;
  stack_.Listen(*socket);
  return {0, 0};
}

void FakeProcess::WriteAddress(const FakeSocket& socket, bool of_peer, sockaddr* address, socklen_t* length) {
  sockaddr_storage bytes;
  socklen_t size;
  if (socket.is_tcp()) {
    size = (of_peer ? socket.remote : socket.local).Write(socket.family, bytes);
  } else {
    auto& name = reinterpret_cast<sockaddr_un&>(bytes);
    const std::string& path = of_peer ? socket.peer_path : socket.path;
    memset(&name, 0, sizeof(name));
    name.sun_family = AF_UNIX;
    memcpy(name.sun_path, path.data(), path.size());
    const bool ends_in_zero = !path.empty() && path[0] != '\0';
    size = static_cast<socklen_t>(kPathOffset + path.size() + (ends_in_zero ? 1 : 0));
  }
  memcpy(address, &bytes, std::min(size, *length));
  *length = size;
}

SysResult FakeProcess::DoGetName(int fd, sockaddr* address, socklen_t* length, bool of_peer) {
  FakeSocket* socket;
  if (const SysResult found = SocketOf(fd, &socket); !found.ok()) return found;
  if (of_peer) {
    const bool connected = socket->is_tcp()
                               ? socket->state != TcpState::kClose && socket->state != TcpState::kSynSent &&
                                     socket->state != TcpState::kListen
                               : socket->phase == FakeSocket::Phase::kConnected;
    if (!connected) return {-1, ENOTCONN};
  }
  if (BadPointer(length)) return {-1, EFAULT};
  if (static_cast<int>(*length) < 0) return {-1, EINVAL};
  if (BadPointer(address) && *length > 0) return {-1, EFAULT};
  WriteAddress(*socket, of_peer, address, length);
  return {0, 0};
}

SysResult FakeProcess::bind(int fd, const sockaddr* address, socklen_t length) {
  return Done("bind", fd, length, DoBind(fd, address, length));
}
SysResult FakeProcess::listen(int fd, int backlog) { return Done("listen", fd, backlog, DoListen(fd, backlog)); }
SysResult FakeProcess::getsockname(int fd, sockaddr* address, socklen_t* length) {
  return Done("getsockname", fd, FakeTimeline::kNoArgument, DoGetName(fd, address, length, false));
}
SysResult FakeProcess::getpeername(int fd, sockaddr* address, socklen_t* length) {
  return Done("getpeername", fd, FakeTimeline::kNoArgument, DoGetName(fd, address, length, true));
}

// --- Connecting.

// What connect says once the handshake is over, as Linux's __inet_stream_connect does.
SysResult FakeProcess::FinishConnect(FakeSocket& socket) {
  if (socket.state == TcpState::kSynSent || socket.state == TcpState::kSynReceived) return {-1, EAGAIN};
  if (socket.state == TcpState::kClose) {
    const int error = FakeTcp::TakeError(socket);
    socket.phase = FakeSocket::Phase::kUnconnected;
    socket.shut = 0;
    return {-1, error != 0 ? error : ECONNABORTED};
  }
  socket.phase = FakeSocket::Phase::kConnected;
  return {0, 0};
}

SysResult FakeProcess::DoConnect(int fd, const sockaddr* address, socklen_t length) {
  FakeSocket* found_socket;
  if (const SysResult found = SocketOf(fd, &found_socket); !found.ok()) return found;
  FakeSocket& socket = *found_socket;
  if (!socket.is_tcp()) return DoConnectUnix(socket, address, length);
  if (static_cast<int>(length) < 0 || length > sizeof(sockaddr_storage)) return {-1, EINVAL};
  if (BadPointer(address) && length > 0) return {-1, EFAULT};
  if (length < sizeof(sa_family_t)) return {-1, EINVAL};
  if (address->sa_family == AF_UNSPEC) {  // dissolves the association
    if (socket.state != TcpState::kClose) stack_.tcp.Abort(socket);
    socket.phase = FakeSocket::Phase::kUnconnected;
    socket.shut = 0;
    return {0, 0};
  }
  SysResult pending{-1, EALREADY};
  if (socket.phase == FakeSocket::Phase::kConnected) return {-1, EISCONN};
  if (socket.phase == FakeSocket::Phase::kUnconnected) {
    if (socket.state != TcpState::kClose) return {-1, EISCONN};
    FakeAddress to;
    if (const int error = ReadAddress(socket, address, length, &to)) return {-1, error};
    if (to.is_any()) {
      to = to.is_ipv4() ? FakeAddress::Ipv4(INADDR_LOOPBACK, to.port) : FakeAddress{in6addr_loopback, to.port};
    }
    if (!to.is_loopback()) return {-1, ENETUNREACH};
    if (!socket.bound) {
      if (const int error = stack_.BindToAny(socket)) return {-1, error == EADDRINUSE ? EADDRNOTAVAIL : error};
    }
    if (socket.local.is_any()) {
      const uint16_t port = socket.local.port;
      socket.local = to.is_ipv4() ? FakeAddress::Ipv4(INADDR_LOOPBACK, port) : FakeAddress{to.host, port};
    }
    socket.phase = FakeSocket::Phase::kConnecting;
    stack_.tcp.Connect(socket, to);
    pending.error = EINPROGRESS;
    if (socket.nonblocking) return pending;  // Linux, too, looks at the answer only after this
  }
  const SysResult result =
      Await(socket, socket.nonblocking, socket.send_timeout_us, "connect", [&] { return FinishConnect(socket); });
  return !result.ok() && result.error == EAGAIN ? pending : result;
}

SysResult FakeProcess::DoConnectUnix(FakeSocket& socket, const sockaddr* address, socklen_t length) {
  std::string path;
  if (const int error = ReadPath(address, length, &path)) return {-1, error};
  if (socket.state == TcpState::kListen) return {-1, EINVAL};
  if (socket.phase == FakeSocket::Phase::kConnected) return {-1, EISCONN};
  return Await(socket, socket.nonblocking, socket.send_timeout_us, "connect", [&] {
    const int error = stack_.unix_domain.Connect(socket, path);
    return error != 0 ? SysResult{-1, error} : SysResult{0, 0};
  });
}

SysResult FakeProcess::DoAccept(int fd, sockaddr* address, socklen_t* length, int flags) {
  if ((flags & ~kTypeFlags) != 0) return {-1, EINVAL};
  FakeSocket* listener;
  if (const SysResult found = SocketOf(fd, &listener); !found.ok()) return found;
  FakeSocket* accepted = nullptr;
  const SysResult taken =
      Await(*listener, listener->nonblocking, listener->receive_timeout_us, "accept", [&]() -> SysResult {
        if (listener->state != TcpState::kListen) return {-1, EINVAL};
        if (listener->waiting.empty()) return {-1, EAGAIN};
        accepted = listener->waiting.front();
        listener->waiting.pop_front();
        return {0, 0};
      });
  if (!taken.ok()) return taken;
  accepted->listener = nullptr;
  accepted->orphan = false;
  accepted->nonblocking = (flags & SOCK_NONBLOCK) != 0;
  const SysResult installed = Install(*accepted, (flags & SOCK_CLOEXEC) != 0);
  const bool bad_address = address != nullptr && (BadPointer(length) || static_cast<int>(*length) < 0);
  if (installed.ok() && !bad_address) {
    if (address != nullptr) WriteAddress(*accepted, true, address, length);
    return installed;
  }
  if (installed.ok()) {
    (void)DoClose(static_cast<int>(installed.value));
    return {-1, BadPointer(length) ? EFAULT : EINVAL};
  }
  FinalClose(*accepted, false);
  return installed;
}

SysResult FakeProcess::connect(int fd, const sockaddr* address, socklen_t length) {
  return Done("connect", fd, FakeTimeline::kNoArgument, DoConnect(fd, address, length));
}
SysResult FakeProcess::accept(int fd, sockaddr* address, socklen_t* length) {
  return Done("accept", fd, FakeTimeline::kNoArgument, DoAccept(fd, address, length, 0));
}
SysResult FakeProcess::accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
  return Done("accept4", fd, flags, DoAccept(fd, address, length, flags));
}

SysResult FakeProcess::DoShutdown(int fd, int how) {
  FakeSocket* socket;
  if (const SysResult found = SocketOf(fd, &socket); !found.ok()) return found;
  if (how < SHUT_RD || how > SHUT_RDWR) return {-1, EINVAL};
  if (!socket->is_tcp()) {
    stack_.unix_domain.Shutdown(*socket, how + 1);
    return {0, 0};
  }
  const int error = stack_.tcp.Shutdown(*socket, how + 1);
  return error != 0 ? SysResult{-1, error} : SysResult{0, 0};
}

SysResult FakeProcess::shutdown(int fd, int how) { return Done("shutdown", fd, how, DoShutdown(fd, how)); }

}  // namespace lastack
