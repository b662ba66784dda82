#include "cases/drivers/posix_library.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "cases/drivers/spawn.h"

namespace lastack {
namespace {

class PosixConnection : public LibraryConnection {
 public:
  PosixConnection(SysApi& sys, int fd) : sys_(sys), fd_(fd) {}

  int Send(const std::string& data) override {
    for (size_t sent = 0; sent < data.size();) {
      const SysResult result = sys_.send(fd_, data.data() + sent, data.size() - sent, MSG_NOSIGNAL);
      if (!result.ok() && result.error != EINTR) return result.error;
      if (result.ok()) sent += static_cast<size_t>(result.value);
    }
    return 0;
  }

  int Receive(size_t most, std::string* data) override {
    data->resize(most);
    SysResult result = {-1, EINTR};
    while (result.error == EINTR) result = sys_.recv(fd_, data->data(), data->size(), 0);
    data->resize(static_cast<size_t>(std::max<ssize_t>(result.value, 0)));
    return result.error;
  }

  int Finish() override { return Shutdown(SHUT_WR); }
  int ShutdownReceive() override { return Shutdown(SHUT_RD); }
  int ShutdownBoth() override { return Shutdown(SHUT_RDWR); }

  int SetLinger(int seconds) override {
    const linger patient = {.l_onoff = 1, .l_linger = seconds};
    return sys_.setsockopt(fd_, SOL_SOCKET, SO_LINGER, &patient, sizeof(patient)).error;
  }

  // Not again, whatever it says: the descriptor is released.
  int Close() override {
    const SysResult result = sys_.close(fd_);
    return result.error == EINTR ? 0 : result.error;
  }

  int Abort() override {
    const linger abortive = {.l_onoff = 1, .l_linger = 0};
    const SysResult set = sys_.setsockopt(fd_, SOL_SOCKET, SO_LINGER, &abortive, sizeof(abortive));
    const int closed = Close();
    return set.ok() ? closed : set.error;
  }

 private:
  int Shutdown(int how) {
    SysResult result = {-1, EINTR};
    while (result.error == EINTR) result = sys_.shutdown(fd_, how);
    return result.error;
  }

  SysApi& sys_;
  const int fd_;
};

class PosixListener : public LibraryListener {
 public:
  PosixListener(SysApi& sys, int fd) : sys_(sys), fd_(fd) {}

  int Accept(std::unique_ptr<LibraryConnection>* connection) override {
    SysResult result = {-1, EINTR};
    while (result.error == EINTR) result = sys_.accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (result.ok()) *connection = std::make_unique<PosixConnection>(sys_, static_cast<int>(result.value));
    return result.error;
  }

  int Stop() override {
    const SysResult result = sys_.close(fd_);
    return result.error == EINTR ? 0 : result.error;
  }

 private:
  SysApi& sys_;
  const int fd_;
};

bool AddressOf(const std::string& host, int port, sockaddr_in* address) {
  *address = {};
  address->sin_family = AF_INET;
  address->sin_port = htons(static_cast<uint16_t>(port));
  return inet_pton(AF_INET, host.c_str(), &address->sin_addr) == 1;
}

// Binds and listens, and tells the port.
int ListenAt(SysApi& sys, int fd, sockaddr_in address, int* port) {
  const int on = 1;
  socklen_t size = sizeof(address);
  auto* const name = reinterpret_cast<sockaddr*>(&address);
  int error = sys.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)).error;
  if (error == 0) error = sys.bind(fd, name, size).error;
  if (error == 0) error = sys.listen(fd, SOMAXCONN).error;
  if (error == 0) error = sys.getsockname(fd, name, &size).error;
  if (error == 0) *port = ntohs(address.sin_port);
  return error;
}

// An interrupted connect goes on by itself: wait for its end, and ask how it ended.
int AwaitConnected(SysApi& sys, int fd) {
  pollfd entry = {fd, POLLOUT, 0};
  SysResult ready = {-1, EINTR};
  while (ready.error == EINTR) ready = sys.poll(&entry, 1, -1);
  if (!ready.ok()) return ready.error;
  int error = 0;
  socklen_t size = sizeof(error);
  const SysResult asked = sys.getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return asked.ok() ? error : asked.error;
}

}  // namespace

int PosixLibrary::Connect(const std::string& host, int port, std::unique_ptr<LibraryConnection>* connection) {
  sockaddr_in address;
  if (!AddressOf(host, port, &address)) return EINVAL;
  const SysResult made = sys_.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (!made.ok()) return made.error;
  const int fd = static_cast<int>(made.value);
  int error = sys_.connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)).error;
  if (error == EINTR) error = AwaitConnected(sys_, fd);
  if (error != 0) {
    (void)sys_.close(fd);
    return error;
  }
  *connection = std::make_unique<PosixConnection>(sys_, fd);
  return 0;
}

int PosixLibrary::Listen(const std::string& host, int* port, std::unique_ptr<LibraryListener>* listener) {
  sockaddr_in address;
  if (!AddressOf(host, *port, &address)) return EINVAL;
  const SysResult made = sys_.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (!made.ok()) return made.error;
  const int fd = static_cast<int>(made.value);
  const int error = ListenAt(sys_, fd, address, port);
  if (error != 0) {
    (void)sys_.close(fd);
    return error;
  }
  *listener = std::make_unique<PosixListener>(sys_, fd);
  return 0;
}

int PosixLibrary::Spawn(const std::vector<std::string>& words, int* pid) { return SpawnProgram(words, pid); }

}  // namespace lastack
