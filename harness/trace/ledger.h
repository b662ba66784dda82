// The life of every descriptor and every socket of a subject, derived from its trace.
//
// A socket is known by its inode number, the same in all processes that hold it; a descriptor is a number in one
// process, from the event that gave it the socket to the event that took it away. A socket's FIN or RST goes when its
// last descriptor is closed, so "closed" is a fact of the socket and not of one number.
//
//   Ledger ledger = Ledger::Of(trace);
//   for (const SocketLife& socket : ledger.sockets)
//     if (socket.connected && !socket.closed()) ...      // leaked, or left to the exit: see its descriptors' fates
//
// A number is free from the start of the call that closes it, and taken from the end of the call that opens it: so a
// blocking accept in one thread may be given a number that another thread closes meanwhile.
//
// Pure: a function of the trace. Allocates. Any trace will do, however odd: the ledger never trusts what it reads.
#ifndef LASTACK_HARNESS_TRACE_LEDGER_H_
#define LASTACK_HARNESS_TRACE_LEDGER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/trace/trace.h"

namespace lastack {

enum class Origin : uint8_t { kSocket, kSocketpair, kAccept, kDup, kInherit, kFork, kPassed, kUnseen };
enum class Fate : uint8_t {
  kOpen,          // open when the trace ends, in a process that did not exit (killed, or still alive)
  kClosed,        // close, fclose; also a close that never returned: Linux frees the number before it waits
  kSwept,         // close_range, closefrom
  kReplaced,      // dup2 or dup3 onto it
  kDecoyed,       // closed, and a decoy took its number
  kClosedOnExec,  // gone after an exec
  kVanished,      // closed in a way that the backend did not see
  kLeftToExit,    // open when its process exited
};

// Whether the subject released the descriptor, by a call that was seen.
constexpr bool IsRelease(Fate fate) {
  return fate != Fate::kOpen && fate != Fate::kVanished && fate != Fate::kLeftToExit;
}

// One descriptor's life.
struct DescriptorLife {
  int pid = 0;
  int fd = -1;
  Origin origin = Origin::kUnseen;
  Fate fate = Fate::kOpen;
  uint64_t born_ns = 0;
  uint64_t ended_ns = 0;  // start of the call that ended it; of the exit, for kLeftToExit; 0 for kOpen
};

struct SocketLife {
  uint64_t socket = 0;  // inode
  SocketKind kind = SocketKind::kOther;
  int domain = 0;
  std::vector<DescriptorLife> descriptors;  // at least one, by birth
  bool connected = false;                   // connect succeeded or was in progress, or it was accepted
  uint16_t local_port = 0;                  // of a TCP connection, where known; joins it with the peer's record
  uint16_t remote_port = 0;
  uint32_t remote_ipv4 = 0;
  uint64_t connected_ns = 0;
  bool abortive_linger = false;  // SO_LINGER {on, 0} was in force at the last close, be it by the exit
  // The last descriptor was released by a call that was seen. Copies in children that had exited before count as gone.
  [[nodiscard]] bool closed() const;
  // Whether one of these processes had it open at that time, as far as calls and exits were seen.
  [[nodiscard]] bool HeldAt(uint64_t ns, const std::vector<int>& pids) const;
  // When the last descriptor was released; 0 unless closed().
  [[nodiscard]] uint64_t closed_ns() const;
};

// A process of the subject, as the trace shows it.
struct ProcessLife {
  int pid = 0;
  bool said_goodbye = false;    // a kExit event: descriptors were compared with the table at exit
  bool exec_in_flight = false;  // an exec that did not fail, and no check-in after it: what ran then was not seen
  uint64_t first_ns = 0;
  uint64_t last_ns = 0;
};

struct Ledger {
  std::vector<SocketLife> sockets;     // by birth
  std::vector<ProcessLife> processes;  // by check-in; a number that was used again has a life for each use
  // What makes the ledger doubtful, in words, each with the call, descriptor and process; empty if nothing does:
  // numbers that were still held, vanished or unseen descriptors, exec into something that never checked in, events
  // that were lost, sockets beyond the backend's table.
  std::vector<std::string> blind_spots;

  [[nodiscard]] static Ledger Of(const Trace& trace);
  [[nodiscard]] const SocketLife* Find(uint64_t socket) const;
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_TRACE_LEDGER_H_
