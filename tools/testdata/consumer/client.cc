// Prints what http://ADDRESS:PORT/PATH answers. With --hasty it discards what the kernel has not sent when it closes.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

[[noreturn]] void Die(const char* what) {
  fprintf(stderr, "client: %s: %s\n", what, strerror(errno));
  exit(1);
}

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

void SendAll(int fd, const std::string& text) {
  for (size_t sent = 0; sent < text.size();) {
    const ssize_t count = send(fd, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (count < 0 && errno != EINTR) Die("send");
    if (count > 0) sent += static_cast<size_t>(count);
  }
}

std::string ReceiveAll(int fd) {
  std::string answer;
  char buffer[4096];
  for (;;) {
    const ssize_t count = recv(fd, buffer, sizeof(buffer), 0);
    if (count == 0) return answer;
    if (count < 0 && errno != EINTR) Die("recv");
    if (count > 0) answer.append(buffer, static_cast<size_t>(count));
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
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) Die("socket");
  if (connect(fd, reinterpret_cast<const sockaddr*>(&url.address), sizeof(url.address)) != 0) {
    const int reason = errno;
    close(fd);
    errno = reason;
    Die("connect");
  }
  SendAll(fd, "GET " + url.path + " HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const std::string answer = ReceiveAll(fd);
  if (hasty) {
    const linger abort = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
  }
  if (close(fd) != 0 && errno != EINTR) Die("close");
  if (!IsWhole(answer)) {
    fprintf(stderr, "client: the answer was cut off\n");
    return 1;
  }
  const bool printed = fwrite(answer.data(), 1, answer.size(), stdout) == answer.size() && fflush(stdout) == 0;
  return printed ? 0 : 1;
}
