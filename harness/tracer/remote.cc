#include "harness/tracer/remote.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "harness/sys/never_sent.h"

namespace lastack {
namespace {

uint16_t PortOf(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return 0;
}

uint64_t QueueBytes(int fd, unsigned long request) {
  int bytes = 0;
  return ioctl(fd, request, &bytes) == 0 ? static_cast<uint64_t>(bytes) : 0;
}

}  // namespace

bool ReadMemory(pid_t process, uint64_t address, void* to, size_t size) {
  const iovec ours = {to, size};
  const iovec theirs = {reinterpret_cast<void*>(address), size};
  return process_vm_readv(process, &ours, 1, &theirs, 1, 0) == static_cast<ssize_t>(size);
}

bool WriteMemory(pid_t process, uint64_t address, const void* from, size_t size) {
  const iovec ours = {const_cast<void*>(from), size};
  const iovec theirs = {reinterpret_cast<void*>(address), size};
  return process_vm_writev(process, &ours, 1, &theirs, 1, 0) == static_cast<ssize_t>(size);
}

RemoteDescriptor::RemoteDescriptor(int pidfd, int fd)
    : copy_(fd < 0 ? -1 : static_cast<int>(syscall(SYS_pidfd_getfd, pidfd, fd, 0))) {}

RemoteDescriptor::~RemoteDescriptor() {
  if (copy_ >= 0) close(copy_);
}

uint64_t RemoteDescriptor::inode() const {
  struct stat file {};
  return copy_ >= 0 && fstat(copy_, &file) == 0 && S_ISSOCK(file.st_mode) ? file.st_ino : 0;
}

long RemoteDescriptor::Option(int option) const {
  int value = 0;
  socklen_t size = sizeof(value);
  return getsockopt(copy_, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

uint16_t RemoteDescriptor::LocalPort() const {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  return getsockname(copy_, reinterpret_cast<sockaddr*>(&address), &size) == 0 ? PortOf(address) : 0;
}

uint16_t RemoteDescriptor::RemotePort() const {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  return getpeername(copy_, reinterpret_cast<sockaddr*>(&address), &size) == 0 ? PortOf(address) : 0;
}

uint64_t RemoteDescriptor::UnreadBytes() const { return QueueBytes(copy_, SIOCINQ); }

uint64_t RemoteDescriptor::UnsentBytes() const {
  const uint64_t bytes = QueueBytes(copy_, SIOCOUTQ);
  tcp_info info{};
  socklen_t size = sizeof(info);
  const bool asked = bytes > 0 && getsockopt(copy_, IPPROTO_TCP, TCP_INFO, &info, &size) == 0;
  return asked && NeverSent(info, size) ? 0 : bytes;
}

bool RemoteDescriptor::WasReset() const {
  tcp_info info{};
  socklen_t size = sizeof(info);
  return getsockopt(copy_, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && info.tcpi_state == kTcpClosed;
}

bool RemoteDescriptor::IsBlocking() const {
  const int status = fcntl(copy_, F_GETFL);
  return status >= 0 && (status & O_NONBLOCK) == 0;
}

void RemoteDescriptor::SetBlocking(bool blocking) const {
  const int status = fcntl(copy_, F_GETFL);
  if (status >= 0) fcntl(copy_, F_SETFL, blocking ? status & ~O_NONBLOCK : status | O_NONBLOCK);
}

}  // namespace lastack
