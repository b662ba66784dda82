// The words that an event keeps of a call's arguments: how every backend makes them. event.h tells how they are read.
//
// Freestanding, but for the kernel's own structs. Threads, signals: safe. Allocation: none. errno: untouched.
#ifndef LASTACK_HARNESS_TRACE_EVENT_WORDS_H_
#define LASTACK_HARNESS_TRACE_EVENT_WORDS_H_

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "harness/plan/fault.h"

namespace lastack {

// family << 48 | port << 32 | IPv4 address, as far as the address has them.
inline uint64_t AddressWord(const sockaddr* address, size_t length) {
  if (address == nullptr || length < sizeof(sa_family_t)) return 0;
  const uint64_t family = static_cast<uint64_t>(address->sa_family) << 48;
  if (address->sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    sockaddr_in in;
    memcpy(&in, address, sizeof(in));
    return family | static_cast<uint64_t>(ntohs(in.sin_port)) << 32 | ntohl(in.sin_addr.s_addr);
  }
  if (address->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    sockaddr_in6 in;
    memcpy(&in, address, sizeof(in));
    uint32_t ipv4 = 0;  // of an IPv4-mapped address, as dual-stack programs use them
    if (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr)) memcpy(&ipv4, in.sin6_addr.s6_addr + 12, sizeof(ipv4));
    return family | static_cast<uint64_t>(ntohs(in.sin6_port)) << 32 | ntohl(ipv4);
  }
  return family;
}

constexpr uint64_t OptionWord(int level, int option) {
  return static_cast<uint64_t>(static_cast<uint32_t>(level)) << 32 | static_cast<uint32_t>(option);
}

// The first 8 bytes of an option's value.
inline uint64_t ValueWord(const void* value, size_t length) {
  uint64_t word = 0;
  if (value != nullptr) memcpy(&word, value, length < sizeof(word) ? length : sizeof(word));
  return word;
}

// Of SO_DOMAIN, SO_TYPE and SO_ACCEPTCONN.
constexpr SocketKind SocketKindOf(long domain, long type, bool listens) {
  if (listens) return SocketKind::kListener;
  if (domain == AF_UNIX) return SocketKind::kUnix;
  const bool internet = domain == AF_INET || domain == AF_INET6;
  return internet && type == SOCK_STREAM ? SocketKind::kTcp : SocketKind::kOther;
}

}  // namespace lastack

#endif  // LASTACK_HARNESS_TRACE_EVENT_WORDS_H_
