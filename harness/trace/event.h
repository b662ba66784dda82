// One record of one thing that a backend saw in the subject. Fixed size, plain data, freestanding.
//
// A call's event is begun before the call is made (kind kInFlight) and completed when it has returned (kind kCall), so
// that a subject that dies or hangs inside a call leaves a record of it. All other kinds are written at once.
#ifndef LASTACK_HARNESS_TRACE_EVENT_H_
#define LASTACK_HARNESS_TRACE_EVENT_H_

#include <stdint.h>

#include "harness/plan/fault.h"

namespace lastack {

enum class EventKind : uint8_t {
  kEmpty,     // claimed, and never written: the writer died in between
  kInFlight,  // a call that has not returned: `call`, `fd`, `socket`, `a`, `b`, `start` are valid
  kCall,      // a call that has returned
  kCheckIn,   // the backend is in place in this process. a: parent's pid; b: 1 after exec or start, 2 after fork
  kInherit,   // a socket that the process held when the backend came into place. fd, socket; a: SocketWord
  kOpen,      // a call made this socket or this copy of it: right behind the call's own event. call: the maker; fd,
              // socket: the new descriptor; a: SocketWord; b: the descriptor it was accepted from or copied from, or -1
  kClosed,    // a descriptor was closed by a call on others: close_range, closefrom, dup2 and dup3 onto it. fd, socket;
              // with kOnDecoy: the range held a decoy's number; a: how many numbers beside it
  kVanished,  // a descriptor that should be open is not, or is another socket: it was closed unseen. fd, socket
  kUnseen,    // a socket is there that no seen call made. fd, socket; a: SocketWord
  kLeftOpen,  // at the exit of the process the socket is open. fd, socket; a: bytes unread, b: bytes unsent
  kExit,      // the process exits and has compared its descriptors with its table. result: count of kLeftOpen events
};

// Bits of Event::flags.
enum EventFlag : uint8_t {
  kOnDecoy = 1 << 0,        // the call was made on a decoy: the descriptor had been closed
  kNumberWasHeld = 1 << 1,  // kOpen: the number was still open in the table, so its close was not seen
};

// At its check-in a backend lists every socket below this number (kInherit), and above it up to a gap.
inline constexpr int kAlwaysLooked = 128;

inline constexpr uint8_t kNoFaultIndex = 0xff;

struct Event {
  uint64_t start;     // time stamp counter before the call
  uint32_t duration;  // ticks until it returned; saturates at UINT32_MAX
  Call call;
  EventKind kind;
  uint8_t flags;    // EventFlag
  int32_t fd;       // the descriptor that the call acts on, or -1
  uint16_t error;   // errno as the caller sees it; 0 if the call succeeded
  uint8_t fault;    // index in the plan of the fault that fired here, or kNoFaultIndex
  Effect effect;    // what that fault did to the kernel
  int64_t result;   // as the caller sees it
  uint64_t socket;  // the socket's inode number: its identity in every process that holds it; 0 for none
  uint64_t a;       // call-specific, as the call table says (its columns a and b)
  uint64_t b;
  uint32_t substitute;  // partial: the length that was really asked for; poll and select: what they reported for `fd`,
                        // as poll(2) revents; else reserved for substituted calls
  uint16_t restarts;    // how often the kernel restarted the call (tracer)
  uint8_t history;      // of the socket, before the call
  Realism realism;      // of the fault, if one fired
};
static_assert(sizeof(Event) == 64);

// SocketWord: what kind of socket it is. domain << 32 | type << 16 | SocketKind.
constexpr uint64_t SocketWord(int domain, int type, SocketKind kind) {
  return static_cast<uint64_t>(static_cast<uint32_t>(domain)) << 32 | static_cast<uint64_t>(type & 0xffff) << 16 |
         static_cast<uint64_t>(kind);
}
constexpr int SocketWordDomain(uint64_t word) { return static_cast<int>(word >> 32); }
constexpr int SocketWordType(uint64_t word) { return static_cast<int>(word >> 16 & 0xffff); }
constexpr SocketKind SocketWordKind(uint64_t word) { return static_cast<SocketKind>(word & 0xff); }

// An address in two words, for connect and bind. First: family << 48 | port << 32 (host order), and for IPv4 and
// IPv4-mapped IPv6 the IPv4 address (host order); second: for connect the local port.
constexpr int AddressWordFamily(uint64_t word) { return static_cast<int>(word >> 48); }
constexpr uint16_t AddressWordPort(uint64_t word) { return static_cast<uint16_t>(word >> 32); }
constexpr uint32_t AddressWordIpv4(uint64_t word) { return static_cast<uint32_t>(word); }

// setsockopt and getsockopt: a = level << 32 | option; b = the first 8 bytes of the value, as in memory. For SO_LINGER
// that is l_onoff in the low half and l_linger in the high half.
constexpr int OptionWordLevel(uint64_t word) { return static_cast<int>(word >> 32); }
constexpr int OptionWordOption(uint64_t word) { return static_cast<int>(word & 0xffffffff); }

// Whether the call replaces the program: one that succeeds stays in flight for ever.
constexpr bool IsExec(Call call) {
  switch (call) {
    case Call::execve:
    case Call::execveat:
    case Call::fexecve:
    case Call::execv:
    case Call::execvp:
    case Call::execvpe:
      return true;
    default:
      return false;
  }
}

// Whether everything in the event that names something names something that exists. What is read from a subject's
// mapping or from a file may hold anything; only the calls of sound events may be given to the functions of calls.h.
constexpr bool IsSound(const Event& event) {
  const bool is_call = event.kind == EventKind::kCall || event.kind == EventKind::kInFlight;
  const bool has_word =
      event.kind == EventKind::kInherit || event.kind == EventKind::kOpen || event.kind == EventKind::kUnseen;
  if (event.kind == EventKind::kEmpty || event.kind > EventKind::kExit) return false;
  if (event.call > Call::none || (is_call && event.call == Call::none)) return false;
  if (event.effect > kLastEffect || event.realism > Realism::kAdversarial) return false;
  if (event.fault >= kMaxFaults && event.fault != kNoFaultIndex) return false;
  return !has_word || SocketWordKind(event.a) <= SocketKind::kOther;
}

}  // namespace lastack

#endif  // LASTACK_HARNESS_TRACE_EVENT_H_
