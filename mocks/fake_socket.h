// One socket of the fake network: its options, its queues, and where its connection stands.
//
// The transitions are elsewhere: TCP's in fake_tcp.h, AF_UNIX's in fake_unix.h. Names as in RFC 9293 and in Linux.
#ifndef LASTACK_MOCKS_FAKE_SOCKET_H_
#define LASTACK_MOCKS_FAKE_SOCKET_H_

#include <sys/socket.h>

#include <cstdint>
#include <deque>
#include <string>

#include "harness/peer/socket_row.h"
#include "mocks/byte_ring.h"
#include "mocks/fake_address.h"
#include "mocks/fake_events.h"
#include "mocks/fake_file.h"

namespace lastack {

// How many segments of each kind an end has sent.
struct FakeSegments {
  uint32_t syn = 0;
  uint32_t data = 0;
  uint32_t fin = 0;
  uint32_t rst = 0;
};

// Options that are kept and given back, and change nothing here.
struct FakePlainOptions {
  int keep_alive = 0, broadcast = 0, oob_inline = 0, no_delay = 0, cork = 0, quick_ack = 1;
  int keep_idle = 7200, keep_interval = 75, keep_count = 9, user_timeout = 0, defer_accept = 0, syn_count = 6;
  int priority = 0, tos = 0, ttl = 64, mark = 0, linger2 = 60;
};

class FakeSocket : public FakeFile {
 public:
  static constexpr int kReceive = 1, kSend = 2, kBoth = 3;  // of `shut`
  enum class Phase : uint8_t { kUnconnected, kConnecting, kConnected };

  FakeSocket() : FakeFile(Kind::kSocket) {}

  bool is_tcp() const { return family != AF_UNIX; }
  bool linger_aborts() const { return linger_on && linger_seconds == 0; }

  uint32_t incarnation = 0;  // the object is used again and again
  bool in_use = false;
  int family = AF_INET;
  uint64_t serial = 0;

  // --- Where it stands.
  TcpState state = TcpState::kClose;
  Phase phase = Phase::kUnconnected;
  int error = 0;            // SO_ERROR: told once
  int shut = 0;             // directions that have ended
  bool at_end = false;      // the peer's FIN has arrived
  bool orphan = false;      // no descriptor refers to it
  bool held = false;        // by a lingering close, which waits
  bool port_owned = false;  // counts in the table of ports
  int64_t time_wait_until_ns = 0;
  FakeSocket* peer = nullptr;      // the other end, while it exists
  FakeSocket* listener = nullptr;  // in whose queue it waits
  void* reaction = nullptr;        // a FakePeer's
  bool reaction_due = false;

  // --- Addresses.
  FakeAddress local, remote;
  bool bound = false;          // has a port, or a path
  bool bound_by_name = false;  // and it was asked for
  std::string path, peer_path;

  // --- A listener.
  std::deque<FakeSocket*> waiting;  // to be accepted
  int handshakes = 0;               // under way
  size_t backlog = 0;

  // --- What arrives. Of `in`, the first `readable` bytes have; the others are on their way.
  ByteRing in;
  size_t readable = 0;
  uint64_t received = 0;  // in all

  // --- What is sent.
  ByteRing unsent;  // beyond the peer's window
  uint64_t sent = 0, acknowledged = 0, window_end = 0;
  bool fin_queued = false, fin_sent = false, fin_acknowledged = false;
  bool pushing = false;
  bool wants_space = false;  // somebody found the queue full
  int64_t link_free_ns = 0;  // when the last segment has left, and when it arrives
  int64_t last_arrival_ns = 0;
  FakeSegments segments;
  int syn_retries = 0;

  // --- Options.
  bool linger_on = false;
  int linger_seconds = 0;
  bool reuse_address = false, reuse_port = false, v6_only = false;
  size_t send_queue_bytes = 0, receive_queue_bytes = 0;
  int receive_low_water = 1;
  int64_t receive_timeout_us = 0, send_timeout_us = 0;  // 0: none
  FakePlainOptions plain;

  uint64_t in_flight() const { return sent - acknowledged; }
  // What waits at this end: written and not acknowledged; the FIN counts as a byte.
  uint64_t pending() const { return unsent.size() + in_flight() + (fin_queued && !fin_acknowledged ? 1 : 0); }
  size_t queued() const { return static_cast<size_t>(unsent.size() + in_flight()); }
  size_t space() const { return queued() >= send_queue_bytes ? 0 : send_queue_bytes - queued(); }
  bool writable() const { return 2 * space() >= queued(); }

  // As if new, but for its memory.
  void Reset();
};

}  // namespace lastack

#endif  // LASTACK_MOCKS_FAKE_SOCKET_H_
