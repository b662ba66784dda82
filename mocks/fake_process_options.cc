// Socket options, fcntl and ioctl.
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>

#include <algorithm>

#include "mocks/fake_memory.h"
#include "mocks/fake_process.h"

namespace lastack {
namespace {

// The option's place, if it is one of those that are only kept.
int* PlainOption(FakeSocket& socket, int level, int option) {
  FakePlainOptions& plain = socket.plain;
  if (level == SOL_SOCKET) {
    switch (option) {
      case SO_KEEPALIVE:
        return &plain.keep_alive;
      case SO_BROADCAST:
        return &plain.broadcast;
      case SO_OOBINLINE:
        return &plain.oob_inline;
      case SO_PRIORITY:
        return &plain.priority;
      default:
        return nullptr;
    }
  }
  if (level == IPPROTO_TCP) {
    switch (option) {
      case TCP_NODELAY:
        return &plain.no_delay;
      case TCP_CORK:
        return &plain.cork;
      case TCP_QUICKACK:
        return &plain.quick_ack;
      case TCP_KEEPIDLE:
        return &plain.keep_idle;
      case TCP_KEEPINTVL:
        return &plain.keep_interval;
      case TCP_KEEPCNT:
        return &plain.keep_count;
      case TCP_USER_TIMEOUT:
        return &plain.user_timeout;
      case TCP_DEFER_ACCEPT:
        return &plain.defer_accept;
      case TCP_SYNCNT:
        return &plain.syn_count;
      case TCP_LINGER2:
        return &plain.linger2;
      default:
        return nullptr;
    }
  }
  if (level == IPPROTO_IP && option == IP_TOS) return &plain.tos;
  if (level == IPPROTO_IP && option == IP_TTL) return &plain.ttl;
  return nullptr;
}

bool IsSwitch(int level, int option) {
  if (level == SOL_SOCKET) return option != SO_PRIORITY;
  return level == IPPROTO_TCP && (option == TCP_NODELAY || option == TCP_CORK || option == TCP_QUICKACK);
}

size_t QueueBytes(int value, size_t least) {
  constexpr int kMost = 212992;  // net.core.rmem_max, wmem_max
  return std::max<size_t>(static_cast<size_t>(std::clamp(value, 0, kMost)), least / 2);
}

}  // namespace

// --- Setting.

SysResult FakeProcess::DoSetOption(int fd, int level, int option, const void* value, socklen_t length) {
  FakeSocket* found_socket;
  if (static_cast<int>(length) < 0) return {-1, EINVAL};
  if (const SysResult found = SocketOf(fd, &found_socket); !found.ok()) return found;
  FakeSocket& socket = *found_socket;
  if (level != SOL_SOCKET && !socket.is_tcp()) return {-1, EOPNOTSUPP};
  const bool v6_only = level == IPPROTO_IPV6 && option == IPV6_V6ONLY && socket.family == AF_INET6;
  int* plain = PlainOption(socket, level, option);
  if (level != SOL_SOCKET && plain == nullptr && !v6_only) return {-1, ENOPROTOOPT};
  if (length < sizeof(int)) return {-1, EINVAL};
  if (BadPointer(value)) return {-1, EFAULT};
  int number;
  memcpy(&number, value, sizeof(number));
  if (v6_only) {
    if (socket.bound) return {-1, EINVAL};
    socket.v6_only = number != 0;
    return {0, 0};
  }
  if (plain != nullptr) {
    *plain = IsSwitch(level, option) ? number != 0 : number;
    return {0, 0};
  }
  switch (option) {
    case SO_REUSEADDR:
      socket.reuse_address = number != 0;
      return {0, 0};
    case SO_REUSEPORT:
      socket.reuse_port = number != 0;
      return {0, 0};
    case SO_SNDBUF:
      socket.send_queue_bytes = QueueBytes(number, 4608);
      return {0, 0};
    case SO_RCVBUF:
      socket.receive_queue_bytes = QueueBytes(number, 2304);
      return {0, 0};
    case SO_RCVLOWAT:
      socket.receive_low_water = number <= 0 ? (number < 0 ? INT32_MAX : 1) : number;
      return {0, 0};
    case SO_LINGER: {
      linger wanted;
      if (length < sizeof(wanted)) return {-1, EINVAL};
      memcpy(&wanted, value, sizeof(wanted));
      socket.linger_on = wanted.l_onoff != 0;
      if (socket.linger_on) socket.linger_seconds = wanted.l_linger < 0 ? INT32_MAX : wanted.l_linger;
      return {0, 0};
    }
    case SO_RCVTIMEO:
    case SO_SNDTIMEO: {
      timeval wanted;
      if (length < sizeof(wanted)) return {-1, EINVAL};
      memcpy(&wanted, value, sizeof(wanted));
      if (wanted.tv_usec < 0 || wanted.tv_usec >= 1'000'000) return {-1, EDOM};
      int64_t& timeout_us = option == SO_RCVTIMEO ? socket.receive_timeout_us : socket.send_timeout_us;
      timeout_us = wanted.tv_sec < 0 ? 0 : wanted.tv_sec * int64_t{1'000'000} + wanted.tv_usec;
      return {0, 0};
    }
    default:
      return {-1, ENOPROTOOPT};
  }
}

SysResult FakeProcess::setsockopt(int fd, int level, int option, const void* value, socklen_t length) {
  return Done("setsockopt", fd, level, DoSetOption(fd, level, option, value, length), option);
}

// --- Getting.

namespace {

// The options that are one number; false if it is none of these.
bool GetNumber(FakeSocket& socket, int level, int option, int* number) {
  if (const int* plain = PlainOption(socket, level, option)) {
    *number = *plain;
    return true;
  }
  if (level == IPPROTO_IPV6 && option == IPV6_V6ONLY && socket.family == AF_INET6) {
    *number = socket.v6_only;
    return true;
  }
  if (level != SOL_SOCKET) return false;
  switch (option) {
    case SO_ERROR:
      *number = FakeTcp::TakeError(socket);
      return true;
    case SO_TYPE:
      *number = SOCK_STREAM;
      return true;
    case SO_DOMAIN:
      *number = socket.family;
      return true;
    case SO_PROTOCOL:
      *number = socket.is_tcp() ? IPPROTO_TCP : 0;
      return true;
    case SO_ACCEPTCONN:
      *number = socket.state == TcpState::kListen;
      return true;
    case SO_REUSEADDR:
      *number = socket.reuse_address;
      return true;
    case SO_REUSEPORT:
      *number = socket.reuse_port;
      return true;
    case SO_SNDBUF:  // doubled, as in Linux
      *number = static_cast<int>(2 * socket.send_queue_bytes);
      return true;
    case SO_RCVBUF:
      *number = static_cast<int>(2 * socket.receive_queue_bytes);
      return true;
    case SO_RCVLOWAT:
      *number = socket.receive_low_water;
      return true;
    case SO_SNDLOWAT:
      *number = 1;
      return true;
    default:
      return false;
  }
}

timeval TimevalOf(int64_t us) { return {us / 1'000'000, us % 1'000'000}; }

}  // namespace

SysResult FakeProcess::DoGetOption(int fd, int level, int option, void* value, socklen_t* length) {
  FakeSocket* socket;
  if (const SysResult found = SocketOf(fd, &socket); !found.ok()) return found;
  if (level != SOL_SOCKET && !socket->is_tcp()) return {-1, EOPNOTSUPP};
  if (BadPointer(length)) return {-1, EFAULT};
  if (static_cast<int>(*length) < 0) return {-1, EINVAL};
  union {
    int number;
    linger lingering;
    timeval time;
    tcp_info info;
  } out;
  memset(&out, 0, sizeof(out));
  size_t size = sizeof(int);
  if (level == SOL_SOCKET && option == SO_LINGER) {
    out.lingering = {socket->linger_on, socket->linger_seconds};
    size = sizeof(linger);
  } else if (level == SOL_SOCKET && (option == SO_RCVTIMEO || option == SO_SNDTIMEO)) {
    out.time = TimevalOf(option == SO_RCVTIMEO ? socket->receive_timeout_us : socket->send_timeout_us);
    size = sizeof(timeval);
  } else if (level == IPPROTO_TCP && option == TCP_INFO) {
    out.info.tcpi_state = static_cast<uint8_t>(socket->state);
    out.info.tcpi_unacked = socket->state == TcpState::kListen ? static_cast<uint32_t>(socket->waiting.size())
                                                               : static_cast<uint32_t>(socket->in_flight() > 0);
    out.info.tcpi_sacked = socket->state == TcpState::kListen ? static_cast<uint32_t>(socket->backlog) : 0;
    size = sizeof(tcp_info);
  } else if (!GetNumber(*socket, level, option, &out.number)) {
    return {-1, ENOPROTOOPT};
  }
  size = std::min<size_t>(size, *length);
  if (size > 0 && BadPointer(value)) return {-1, EFAULT};
  memcpy(value, &out, size);
  *length = static_cast<socklen_t>(size);
  return {0, 0};
}

SysResult FakeProcess::getsockopt(int fd, int level, int option, void* value, socklen_t* length) {
  return Done("getsockopt", fd, level, DoGetOption(fd, level, option, value, length), option);
}

// --- fcntl and ioctl.

SysResult FakeProcess::DoFcntl(int fd, int command, long argument) {
  FakeFile* file = descriptors_.Find(fd);
  if (file == nullptr) return {-1, EBADF};
  switch (command) {
    case F_GETFD:
      return {descriptors_.At(fd).close_on_exec ? FD_CLOEXEC : 0, 0};
    case F_SETFD:
      descriptors_.At(fd).close_on_exec = (argument & FD_CLOEXEC) != 0;
      return {0, 0};
    case F_GETFL:
      return {O_RDWR | (file->nonblocking ? O_NONBLOCK : 0), 0};
    case F_SETFL:
      file->nonblocking = (argument & O_NONBLOCK) != 0;
      return {0, 0};
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
      return DoDup(fd, static_cast<int>(argument), command == F_DUPFD_CLOEXEC);
    default:
      return {-1, EINVAL};
  }
}

SysResult FakeProcess::fcntl(int fd, int command, long argument) {
  return Done("fcntl", fd, command, DoFcntl(fd, command, argument), argument);
}

SysResult FakeProcess::DoIoctl(int fd, unsigned long request, void* argument) {
  FakeFile* file = descriptors_.Find(fd);
  if (file == nullptr) return {-1, EBADF};
  switch (request) {
    case FIOCLEX:
    case FIONCLEX:
      descriptors_.At(fd).close_on_exec = request == FIOCLEX;
      return {0, 0};
    case FIONBIO:
      if (BadPointer(argument)) return {-1, EFAULT};
      file->nonblocking = *static_cast<int*>(argument) != 0;
      return {0, 0};
    default:
      break;
  }
  FakeSocket* socket = FindSocket(fd);
  if (socket == nullptr || (request != FIONREAD && request != SIOCOUTQ)) return {-1, ENOTTY};
  if (socket->state == TcpState::kListen) return {-1, EINVAL};
  if (BadPointer(argument)) return {-1, EFAULT};
  const bool connecting = socket->state == TcpState::kSynSent || socket->state == TcpState::kSynReceived;
  const uint64_t bytes = request == FIONREAD ? socket->readable : connecting ? 0 : socket->pending();
  *static_cast<int*>(argument) = static_cast<int>(bytes);
  return {0, 0};
}

SysResult FakeProcess::ioctl(int fd, unsigned long request, void* argument) {
  return Done("ioctl", fd, static_cast<int64_t>(request), DoIoctl(fd, request, argument));
}

}  // namespace lastack
