// Addresses of 127.0.0.0/8, the only ones that a peer uses.
//
// Threads: any. Allocates in errors only.
#ifndef LASTACK_HARNESS_PEER_LOOPBACK_H_
#define LASTACK_HARNESS_PEER_LOOPBACK_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "harness/peer/socket_row.h"

namespace lastack {

inline Endpoint EndpointOf(const sockaddr_in& address) {
  return {ntohl(address.sin_addr.s_addr), ntohs(address.sin_port)};
}

// Before a socket listens or connects: what its connections can take is then little (1,152 bytes at a time), and so is,
// with segments that small, what the other side's kernel takes from its sender (about 30,000 bytes). Source: tcp(7)
// TCP_MAXSEG.
inline void MakeNarrow(int socket) {
  const int segment = 536;
  const int smallest = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof(segment));
  setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &smallest, sizeof(smallest));
}

// With port 0. InvalidArgumentError: not an address of 127.0.0.0/8.
[[nodiscard]] inline absl::StatusOr<sockaddr_in> LoopbackAddress(const std::string& text) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  if (inet_pton(AF_INET, text.c_str(), &address.sin_addr) != 1 || ntohl(address.sin_addr.s_addr) >> 24 != 127) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is not an address of 127.0.0.0/8"));
  }
  return address;
}

}  // namespace lastack

#endif  // LASTACK_HARNESS_PEER_LOOPBACK_H_
