// Sending and receiving.
#include <errno.h>
#include <limits.h>
#include <signal.h>

#include <algorithm>
#include <utility>

#include "mocks/fake_await.h"
#include "mocks/fake_memory.h"
#include "mocks/fake_process.h"

namespace lastack {
namespace {

constexpr size_t kLengthMax = 0x7ffff000;  // of one call: Linux MAX_RW_COUNT

// An errno, or 0. `too_many` is what the call says of more vectors than there may be.
int CheckVector(const iovec* vector, size_t count, int too_many, size_t* total) {
  if (count > IOV_MAX) return too_many;
  if (count > 0 && BadPointer(vector)) return EFAULT;
  *total = 0;
  for (size_t i = 0; i < count; ++i) {
    if (static_cast<ssize_t>(vector[i].iov_len) < 0) return EINVAL;
    *total += vector[i].iov_len;
  }
  return 0;
}

}  // namespace

// --- Sending.

SysResult FakeProcess::AfterSend(SysResult result, int flags) {
  if (result.ok() || result.error != EPIPE || (flags & MSG_NOSIGNAL) != 0) return result;
  ++sigpipes_;
  stack_.timeline.Note(stack_.events.now_ns(), "SIGPIPE");
  if (stack_.options.signals == FakeSignals::kRaise) raise(SIGPIPE);
  return result;
}

// All of it, waiting as long as the socket blocks: then what was sent before an error counts, and the error comes next.
SysResult FakeProcess::SendTo(FakeSocket& socket, const void* data, size_t length, int flags) {
  const bool at_once = socket.nonblocking || (flags & MSG_DONTWAIT) != 0;
  const char* at = static_cast<const char*>(data);
  size_t sent = 0;
  bool begun = false;
  while (true) {
    const SysResult result = Await(socket, at_once, socket.send_timeout_us, "send", [&] {
      return socket.is_tcp() ? stack_.tcp.Send(socket, at + sent, length - sent)
                             : stack_.unix_domain.Send(socket, at + sent, length - sent, std::exchange(begun, true));
    });
    if (!result.ok()) return sent > 0 ? SysResult{static_cast<ssize_t>(sent), 0} : result;
    sent += static_cast<size_t>(result.value);
    if (sent == length) return {static_cast<ssize_t>(sent), 0};
  }
}

SysResult FakeProcess::DoSend(int fd, const void* data, size_t length, int flags) {
  FakeSocket* socket;
  if (const SysResult found = SocketOf(fd, &socket); !found.ok()) return found;
  if ((flags & MSG_OOB) != 0) return {-1, EOPNOTSUPP};
  return AfterSend(SendTo(*socket, data, std::min(length, kLengthMax), flags), flags);
}

SysResult FakeProcess::DoSendVector(FakeSocket& socket, const iovec* vector, size_t count, int flags) {
  size_t sent = 0;
  for (size_t i = 0; i < count; ++i) {
    if (vector[i].iov_len == 0 && (sent > 0 || i + 1 < count)) continue;
    const SysResult result = SendTo(socket, vector[i].iov_base, vector[i].iov_len, flags);
    if (!result.ok()) return sent > 0 ? SysResult{static_cast<ssize_t>(sent), 0} : AfterSend(result, flags);
    sent += static_cast<size_t>(result.value);
    if (static_cast<size_t>(result.value) < vector[i].iov_len) break;
  }
  if (count == 0) return AfterSend(SendTo(socket, nullptr, 0, flags), flags);
  return {static_cast<ssize_t>(sent), 0};
}

SysResult FakeProcess::DoSendMessage(int fd, const msghdr* message, int flags) {
  FakeSocket* socket;
  if (const SysResult found = SocketOf(fd, &socket); !found.ok()) return found;
  if (BadPointer(message)) return {-1, EFAULT};
  size_t total;
  if (const int error = CheckVector(message->msg_iov, message->msg_iovlen, EMSGSIZE, &total)) return {-1, error};
  if ((flags & MSG_OOB) != 0) return {-1, EOPNOTSUPP};
  if (!socket->is_tcp() && message->msg_namelen > 0) {
    return {-1, socket->phase == FakeSocket::Phase::kConnected ? EISCONN : EOPNOTSUPP};
  }
  return DoSendVector(*socket, message->msg_iov, message->msg_iovlen, flags);
}

SysResult FakeProcess::send(int fd, const void* data, size_t length, int flags) {
  return Done("send", fd, static_cast<int64_t>(length), DoSend(fd, data, length, flags), flags);
}
SysResult FakeProcess::sendto(int fd, const void* data, size_t length, int flags, const sockaddr* address,
                              socklen_t address_length) {
  FakeSocket* socket = FindSocket(fd);
  const bool named = address != nullptr && socket != nullptr && !socket->is_tcp();  // TCP does not look at it
  SysResult result;
  if (address != nullptr && socket != nullptr && static_cast<int>(address_length) < 0) {
    result = {-1, EINVAL};
  } else if (named) {
    result = {-1, socket->phase == FakeSocket::Phase::kConnected ? EISCONN : EOPNOTSUPP};
  } else {
    result = DoSend(fd, data, length, flags);
  }
  return Done("sendto", fd, static_cast<int64_t>(length), result);
}
SysResult FakeProcess::sendmsg(int fd, const msghdr* message, int flags) {
  return Done("sendmsg", fd, flags, DoSendMessage(fd, message, flags));
}
SysResult FakeProcess::sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
  FakeSocket* socket;
  SysResult result = SocketOf(fd, &socket);
  if (result.ok() && count > 0 && BadPointer(messages)) result = {-1, EFAULT};
  unsigned sent = 0;
  while (result.ok() && sent < std::min<unsigned>(count, IOV_MAX)) {
    const SysResult one = DoSendMessage(fd, &messages[sent].msg_hdr, flags);
    if (!one.ok()) {
      if (sent == 0) result = one;
      break;
    }
    messages[sent++].msg_len = static_cast<unsigned>(one.value);
  }
  if (result.ok()) result = {static_cast<ssize_t>(sent), 0};
  return Done("sendmmsg", fd, count, result);
}
SysResult FakeProcess::write(int fd, const void* data, size_t length) {
  FakeSocket* socket;
  SysResult result = SocketOf(fd, &socket);
  if (!result.ok()) {
    if (result.error == ENOTSOCK) result.error = EINVAL;  // an epoll set
  } else if (static_cast<ssize_t>(length) < 0) {
    result = {-1, EFAULT};
  } else {
    result = DoSend(fd, data, length, 0);
  }
  return Done("write", fd, static_cast<int64_t>(length), result);
}
SysResult FakeProcess::writev(int fd, const iovec* vector, int count) {
  FakeSocket* socket;
  SysResult result = SocketOf(fd, &socket);
  size_t total = 0;
  if (result.ok()) {
    if (const int error = CheckVector(vector, static_cast<size_t>(count), EINVAL, &total)) {
      result = {-1, error};
    } else if (total > 0) {
      result = DoSendVector(*socket, vector, static_cast<size_t>(count), 0);
    }
  }
  return Done("writev", fd, count, result);
}

// The source is a real file: the fake has none.
SysResult FakeProcess::DoSendfile(int fd, int source, off64_t* offset, size_t length) {
  FakeSocket* socket;
  if (const SysResult found = SocketOf(fd, &socket); !found.ok()) return found;
  char buffer[64 * 1024];
  size_t sent = 0;
  while (sent < length) {
    const size_t wanted = std::min(sizeof(buffer), length - sent);
    const off64_t from = offset != nullptr ? *offset : ::lseek64(source, 0, SEEK_CUR);
    const ssize_t got = ::pread64(source, buffer, wanted, from);
    if (got < 0) return {-1, errno};
    if (got == 0) break;
    const SysResult result = AfterSend(SendTo(*socket, buffer, static_cast<size_t>(got), 0), 0);
    if (!result.ok()) return sent > 0 ? SysResult{static_cast<ssize_t>(sent), 0} : result;
    sent += static_cast<size_t>(result.value);
    if (offset != nullptr) {
      *offset += result.value;
    } else {
      (void)::lseek64(source, from + result.value, SEEK_SET);
    }
    if (result.value < got) break;
  }
  return {static_cast<ssize_t>(sent), 0};
}
SysResult FakeProcess::sendfile(int fd, int source, off_t* offset, size_t length) {
  off64_t at = offset != nullptr ? *offset : 0;
  const SysResult result = DoSendfile(fd, source, offset != nullptr ? &at : nullptr, length);
  if (offset != nullptr) *offset = at;
  return Done("sendfile", fd, source, result);
}
SysResult FakeProcess::sendfile64(int fd, int source, off64_t* offset, size_t length) {
  return Done("sendfile64", fd, source, DoSendfile(fd, source, offset, length));
}

// --- Receiving.

SysResult FakeProcess::ReceiveFrom(FakeSocket& socket, void* data, size_t length, int flags) {
  const bool at_once = socket.nonblocking || (flags & MSG_DONTWAIT) != 0;
  const bool all = (flags & MSG_WAITALL) != 0 && (flags & MSG_PEEK) == 0;
  char* at = static_cast<char*>(data);
  size_t got = 0;
  while (true) {
    const SysResult result = Await(socket, at_once, socket.receive_timeout_us, "recv", [&] {
      return socket.is_tcp() ? stack_.tcp.Receive(socket, at + got, length - got, flags)
                             : stack_.unix_domain.Receive(socket, at + got, length - got, flags);
    });
    if (!result.ok()) return got > 0 ? SysResult{static_cast<ssize_t>(got), 0} : result;
    got += static_cast<size_t>(result.value);
    if (!all || result.value == 0 || got == length) return {static_cast<ssize_t>(got), 0};
  }
}

SysResult FakeProcess::DoReceive(int fd, void* data, size_t length, int flags) {
  FakeSocket* socket;
  if (const SysResult found = SocketOf(fd, &socket); !found.ok()) return found;
  if ((flags & MSG_ERRQUEUE) != 0 && socket->is_tcp()) return {-1, EAGAIN};
  if ((flags & MSG_OOB) != 0) return {-1, EINVAL};
  return ReceiveFrom(*socket, data, std::min(length, kLengthMax), flags);
}

SysResult FakeProcess::DoReceiveVector(FakeSocket& socket, const iovec* vector, size_t count, int flags) {
  size_t got = 0;
  for (size_t i = 0; i < count; ++i) {
    if (vector[i].iov_len == 0 && (got > 0 || i + 1 < count)) continue;
    // Only the first may wait: what is there is enough.
    const int how = got > 0 && (flags & MSG_WAITALL) == 0 ? flags | MSG_DONTWAIT : flags;
    const SysResult result = ReceiveFrom(socket, vector[i].iov_base, vector[i].iov_len, how);
    if (!result.ok()) return got > 0 ? SysResult{static_cast<ssize_t>(got), 0} : result;
    got += static_cast<size_t>(result.value);
    if (static_cast<size_t>(result.value) < vector[i].iov_len || (flags & MSG_PEEK) != 0) break;
  }
  return {static_cast<ssize_t>(got), 0};
}

SysResult FakeProcess::DoReceiveMessage(int fd, msghdr* message, int flags) {
  FakeSocket* socket;
  if (const SysResult found = SocketOf(fd, &socket); !found.ok()) return found;
  if (BadPointer(message)) return {-1, EFAULT};
  size_t total;
  if (const int error = CheckVector(message->msg_iov, message->msg_iovlen, EMSGSIZE, &total)) return {-1, error};
  if ((flags & MSG_OOB) != 0) return {-1, EINVAL};
  const SysResult result = DoReceiveVector(*socket, message->msg_iov, message->msg_iovlen, flags);
  if (!result.ok()) return result;
  message->msg_namelen = 0;
  message->msg_controllen = 0;
  message->msg_flags = flags & MSG_CMSG_CLOEXEC;
  return result;
}

SysResult FakeProcess::recv(int fd, void* data, size_t length, int flags) {
  return Done("recv", fd, static_cast<int64_t>(length), DoReceive(fd, data, length, flags), flags);
}
SysResult FakeProcess::recvfrom(int fd, void* data, size_t length, int flags, sockaddr* address,
                                socklen_t* address_length) {
  SysResult result = DoReceive(fd, data, length, flags);
  if (result.ok() && address != nullptr) {
    if (BadPointer(address_length)) {
      result = {-1, EFAULT};
    } else {
      *address_length = 0;  // a stream names no sender
    }
  }
  return Done("recvfrom", fd, static_cast<int64_t>(length), result);
}
SysResult FakeProcess::recvmsg(int fd, msghdr* message, int flags) {
  return Done("recvmsg", fd, flags, DoReceiveMessage(fd, message, flags));
}
SysResult FakeProcess::recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout) {
  FakeSocket* socket;
  SysResult result = SocketOf(fd, &socket);
  if (result.ok() && timeout != nullptr &&
      (timeout->tv_sec < 0 || timeout->tv_nsec < 0 || timeout->tv_nsec > 999999999)) {
    result = {-1, EINVAL};
  }
  if (result.ok() && count > 0 && BadPointer(messages)) result = {-1, EFAULT};
  unsigned got = 0;
  while (result.ok() && got < std::min<unsigned>(count, IOV_MAX)) {
    const int how = got > 0 && (flags & MSG_WAITFORONE) != 0 ? flags | MSG_DONTWAIT : flags;
    const SysResult one = DoReceiveMessage(fd, &messages[got].msg_hdr, how & ~MSG_WAITFORONE);
    if (!one.ok()) {
      if (got == 0) result = one;
      break;
    }
    messages[got++].msg_len = static_cast<unsigned>(one.value);
  }
  if (result.ok()) result = {static_cast<ssize_t>(got), 0};
  return Done("recvmmsg", fd, count, result);
}
SysResult FakeProcess::read(int fd, void* data, size_t length) {
  FakeSocket* socket;
  SysResult result = SocketOf(fd, &socket);
  if (!result.ok()) {
    if (result.error == ENOTSOCK) result.error = EINVAL;  // an epoll set
  } else if (static_cast<ssize_t>(length) < 0) {
    result = {-1, EFAULT};
  } else if (length > 0) {  // else 0, whatever the socket says
    result = DoReceive(fd, data, length, 0);
  }
  return Done("read", fd, static_cast<int64_t>(length), result);
}
SysResult FakeProcess::readv(int fd, const iovec* vector, int count) {
  FakeSocket* socket;
  SysResult result = SocketOf(fd, &socket);
  size_t total = 0;
  if (result.ok()) {
    if (const int error = CheckVector(vector, static_cast<size_t>(count), EINVAL, &total)) {
      result = {-1, error};
    } else if (total > 0) {
      result = DoReceiveVector(*socket, vector, static_cast<size_t>(count), 0);
    }
  }
  return Done("readv", fd, count, result);
}

}  // namespace lastack
