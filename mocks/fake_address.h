// An address of the fake network: IPv4 and IPv6 alike, and its port.
//
// IPv4 is kept in its mapped form (::ffff:127.0.0.1), so that one comparison serves both. Allocates only in Text.
#ifndef LASTACK_MOCKS_FAKE_ADDRESS_H_
#define LASTACK_MOCKS_FAKE_ADDRESS_H_

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>
#include <string>

namespace lastack {

struct FakeAddress {
  in6_addr host{};
  uint16_t port = 0;  // host order

  static FakeAddress Ipv4(uint32_t host, uint16_t port) {
    FakeAddress address;
    address.host.s6_addr[10] = address.host.s6_addr[11] = 0xff;
    const uint32_t network = htonl(host);
    std::memcpy(&address.host.s6_addr[12], &network, 4);
    address.port = port;
    return address;
  }
  static FakeAddress Of(const sockaddr_in& from) { return Ipv4(ntohl(from.sin_addr.s_addr), ntohs(from.sin_port)); }
  static FakeAddress Of(const sockaddr_in6& from) { return {from.sin6_addr, ntohs(from.sin6_port)}; }

  bool is_ipv4() const { return IN6_IS_ADDR_V4MAPPED(&host); }
  uint32_t ipv4() const {
    uint32_t network;
    std::memcpy(&network, &host.s6_addr[12], 4);
    return ntohl(network);
  }
  bool is_any() const { return is_ipv4() ? ipv4() == INADDR_ANY : IN6_IS_ADDR_UNSPECIFIED(&host); }
  bool is_loopback() const { return is_ipv4() ? ipv4() >> 24 == 127 : IN6_IS_ADDR_LOOPBACK(&host); }
  bool SameHost(const FakeAddress& other) const { return std::memcmp(&host, &other.host, sizeof(host)) == 0; }
  friend bool operator==(const FakeAddress& a, const FakeAddress& b) { return a.port == b.port && a.SameHost(b); }

  // As getsockname gives it to a socket of the family. Returns the length.
  socklen_t Write(int family, sockaddr_storage& out) const {
    std::memset(&out, 0, sizeof(sockaddr_in6));
    if (family == AF_INET) {
      auto& four = reinterpret_cast<sockaddr_in&>(out);
      four.sin_family = AF_INET;
      four.sin_port = htons(port);
      std::memcpy(&four.sin_addr, &host.s6_addr[12], 4);
      return sizeof(four);
    }
    auto& six = reinterpret_cast<sockaddr_in6&>(out);
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    six.sin6_addr = host;
    return sizeof(six);
  }

  std::string Text() const;  // "127.0.0.1:80", "[::1]:80"
};

}  // namespace lastack

#endif  // LASTACK_MOCKS_FAKE_ADDRESS_H_
