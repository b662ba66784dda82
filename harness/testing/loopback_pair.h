// Two ends of a TCP connection over 127.0.0.1, for programs that tests and benchmarks watch: libc only. Aborts on
// failure.
#ifndef LASTACK_HARNESS_TESTING_LOOPBACK_PAIR_H_
#define LASTACK_HARNESS_TESTING_LOOPBACK_PAIR_H_

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

namespace lastack {

struct LoopbackPair {
  int near;  // connected
  int far;   // accepted
};

inline LoopbackPair ConnectLoopback() {
  const auto require = [](bool holds) {
    if (!holds) abort();
  };
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  require(bind(listener, generic, size) == 0 && listen(listener, 1) == 0 && getsockname(listener, generic, &size) == 0);
  LoopbackPair pair{};
  pair.near = socket(AF_INET, SOCK_STREAM, 0);
  // A fault may interrupt connect: it goes on, and accept finds the connection.
  require(connect(pair.near, generic, size) == 0 || errno == EINTR);
  pair.far = accept(listener, nullptr, nullptr);
  require(pair.far >= 0);
  close(listener);
  return pair;
}

}  // namespace lastack

#endif  // LASTACK_HARNESS_TESTING_LOOPBACK_PAIR_H_
