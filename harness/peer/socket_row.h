// What the kernel says of one TCP connection, from outside.
//
// Threads: values. Allocates only in TcpStateName.
#ifndef LASTACK_HARNESS_PEER_SOCKET_ROW_H_
#define LASTACK_HARNESS_PEER_SOCKET_ROW_H_

#include <cstdint>
#include <string>

namespace lastack {

// The kernel's numbers (include/net/tcp_states.h).
enum class TcpState : uint8_t {
  kEstablished = 1,
  kSynSent,
  kSynReceived,
  kFinWait1,
  kFinWait2,
  kTimeWait,
  kClose,
  kCloseWait,
  kLastAck,
  kListen,
  kClosing,
  kNewSynReceived,
};

// "CLOSE_WAIT"; "state 77" for a number that is none.
[[nodiscard]] std::string TcpStateName(TcpState state);

// An address of IPv4, in host order.
struct Endpoint {
  uint32_t address = 0;
  uint16_t port = 0;
};

struct SocketRow {
  TcpState state = TcpState::kClose;
  uint32_t unsent = 0;  // bytes that were written and are not acknowledged; a FIN counts as one more
  uint32_t unread = 0;  // bytes that arrived and were not read; so does a FIN, unless it came along with the last bytes
  uint64_t inode = 0;   // 0: no process holds the socket, or it was not accepted yet
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_PEER_SOCKET_ROW_H_
