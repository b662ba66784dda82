// IPv4 addresses and ports, for libraries that take a sockaddr.
#ifndef LASTACK_CASES_DRIVERS_CPP_ADDRESS_H_
#define LASTACK_CASES_DRIVERS_CPP_ADDRESS_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

namespace lastack {

struct Address {
  Address(const std::string& host, int port) {
    in.sin_family = AF_INET;
    in.sin_port = htons(static_cast<uint16_t>(port));
    inet_pton(AF_INET, host.c_str(), &in.sin_addr);
  }
  const sockaddr* name() const { return reinterpret_cast<const sockaddr*>(&in); }

  sockaddr_in in = {};
};

// That `fd` is bound to; 0: none.
inline int PortOf(int fd) {
  sockaddr_in in = {};
  socklen_t size = sizeof(in);
  return getsockname(fd, reinterpret_cast<sockaddr*>(&in), &size) == 0 ? ntohs(in.sin_port) : 0;
}

}  // namespace lastack

#endif  // LASTACK_CASES_DRIVERS_CPP_ADDRESS_H_
