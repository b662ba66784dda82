// An IPv4 address and a port, for libraries that take a sockaddr.
#ifndef LASTACK_CASES_DRIVERS_CPP_ADDRESS_H_
#define LASTACK_CASES_DRIVERS_CPP_ADDRESS_H_

#include <arpa/inet.h>
#include <netinet/in.h>

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

}  // namespace lastack

#endif  // LASTACK_CASES_DRIVERS_CPP_ADDRESS_H_
