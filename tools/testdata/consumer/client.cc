// Prints what http://ADDRESS:PORT/PATH answers. With --hasty it discards what the kernel has not sent when it closes.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

int Complain(const char* what) {
  fprintf(stderr, "client: %s: %s\n", what, strerror(errno));
  return 1;
}

// Closed on every way out, and once: close(2) releases the descriptor even when it fails.
class Socket {
 public:
  Socket() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { Close(); }

  int fd() const { return fd_; }
  void Close() {
    const int reason = errno;
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
    errno = reason;
  }

 private:
  int fd_;
};

// The address, the port and the path of a URL; exits if it has none.
struct Url {
  sockaddr_in address = {};
  std::string path = "/";

  explicit Url(const std::string& text) {
    const size_t start = strlen("http://");
    const size_t colon = text.find(':', start);
    const size_t slash = text.find('/', start);
    if (colon == std::string::npos || slash == std::string::npos) exit(2);
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(atoi(text.c_str() + colon + 1)));
    if (inet_pton(AF_INET, text.substr(start, colon - start).c_str(), &address.sin_addr) != 1) exit(2);
    path = text.substr(slash);
  }
};

// A connect that a signal interrupts goes on by itself.
bool Connect(int fd, const sockaddr_in& address) {
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return true;
  if (errno != EINTR) return false;
  pollfd connected = {.fd = fd, .events = POLLOUT, .revents = 0};
  while (poll(&connected, 1, -1) < 0) {
    if (errno != EINTR) return false;
  }
  socklen_t size = sizeof(errno);
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &errno, &size) == 0 && errno == 0;
}

bool SendAll(int fd, const std::string& text) {
  for (size_t sent = 0; sent < text.size();) {
    const ssize_t count = send(fd, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) sent += static_cast<size_t>(count);
  }
  return true;
}

bool ReceiveAll(int fd, std::string* answer) {
  char buffer[4096];
  for (;;) {
    const ssize_t count = recv(fd, buffer, sizeof(buffer), 0);
    if (count == 0) return true;
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) answer->append(buffer, static_cast<size_t>(count));
  }
}

// The header promises a length: less than that is no answer.
bool IsWhole(const std::string& answer) {
  const size_t end = answer.find("\r\n\r\n");
  const size_t length = answer.find("Content-Length: ");
  if (end == std::string::npos || length == std::string::npos) return false;
  return answer.size() - end - 4 >= strtoul(answer.c_str() + length + strlen("Content-Length: "), nullptr, 10);
}

}  // namespace

int main(int argc, char** argv) {
  const bool hasty = argc == 3 && strcmp(argv[1], "--hasty") == 0;
  if (argc < 2) return 2;
  const Url url(argv[argc - 1]);
  Socket peer;
  if (peer.fd() < 0) return Complain("socket");
  if (!Connect(peer.fd(), url.address)) return Complain("connect");
  std::string answer;
  if (!SendAll(peer.fd(), "GET " + url.path + " HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n")) {
    return Complain("send");
  }
  if (!ReceiveAll(peer.fd(), &answer)) return Complain("recv");
  if (hasty) {
    const linger abort = {1, 0};
    setsockopt(peer.fd(), SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
  }
  peer.Close();
  if (!IsWhole(answer)) {
    fprintf(stderr, "client: the answer was cut off\n");
    return 1;
  }
  const bool printed = fwrite(answer.data(), 1, answer.size(), stdout) == answer.size() && fflush(stdout) == 0;
  return printed ? 0 : 1;
}
