// A fault is a site, an effect on the kernel and a result for the caller; a plan is a list of faults.
//
// This is the form that the agent and the tracer execute: plain data of fixed size, copied into the shared mapping. The
// text and JSON forms, with all checks, are in parse.h. Freestanding.
//
// A site is a call on a socket: which calls, which kind of socket, after what has happened to it, and which occurrences
// in that socket's life. Occurrences are counted for each rule and each socket, from 1, over all the calls that the
// rule names; a call that does not match the rule does not count.
#ifndef LASTACK_HARNESS_PLAN_FAULT_H_
#define LASTACK_HARNESS_PLAN_FAULT_H_

#include <stdint.h>

#include "harness/sys/calls.h"

namespace lastack {

// A socket's kind, as a site selects it. Descriptors that are no sockets are never a site.
enum class SocketKind : uint8_t {
  kNotASocket,
  kTcp,       // a stream socket of IPv4 or IPv6 that does not listen
  kUnix,      // AF_UNIX
  kListener,  // after listen(2), of any family
  kOther,     // UDP, netlink, raw
};

// What has happened to a socket so far: bits of SocketState::history.
enum History : uint8_t {
  kShutdownWrite = 1 << 0,    // shutdown(SHUT_WR) or SHUT_RDWR succeeded
  kShutdownRead = 1 << 1,     // shutdown(SHUT_RD) or SHUT_RDWR succeeded
  kSawReset = 1 << 2,         // a call on it returned ECONNRESET or EPIPE, or poll POLLERR
  kSawEof = 1 << 3,           // a receive of more than 0 bytes returned 0
  kConnected = 1 << 4,        // connect(2) succeeded or is in progress, or it came from accept(2)
  kDecoy = 1 << 5,            // it is closed, and a decoy holds its number
  kFailedToConnect = 1 << 6,  // connect(2) failed at once
};

// What a fault does to the kernel.
enum class Effect : uint8_t {
  kNone,     // nothing: the call is made as it is (with `signal=`, or as the mark of an unharmed call in an event)
  kSkip,     // the call is not made
  kFull,     // the call is made completely, and its result replaced
  kPartial,  // the call is made for at most `amount` bytes; its result is the true one
  kDelay,    // the call is made `amount` microseconds late; its result is the true one
  // The peer resets the connection first; then the call is made, and its result is the true one. With EPIPE as its
  // error, somebody has been told of the reset before: the send finds a connection that is gone.
  kReset,
  kDecoy,      // close only: the socket is released and a decoy takes its number in the same step
  kInterrupt,  // the call is made, and interrupted if it has to wait: the kernel's own EINTR. The tracer's alone
  // The call is not made, as if the process had run out of descriptors when the fault was first due. Once it holds
  // fewer, the call is made as it is: the fault has not fired, and the call was no occurrence.
  kExhaust,
};

inline constexpr Effect kLastEffect = Effect::kExhaust;

// How real a fault is, at the site where it fired.
enum class Realism : uint8_t {
  kKernel,       // this kernel can produce it there
  kPosix,        // POSIX.1-2024 allows it there
  kAdversarial,  // neither: a defence beyond the rules
};

struct Fault {
  uint64_t calls[2];  // the set of calls: bit n % 64 of word n / 64 for call n
  uint32_t first;     // occurrences first, first + step, ... up to last; all >= 1
  uint32_t last;
  uint32_t step;
  uint32_t amount;  // bytes for kPartial, microseconds for kDelay, else 0
  uint8_t kinds;    // the set of socket kinds: bit n for SocketKind n
  uint8_t after;    // 0, or the History bits of which at least one must be set
  Effect effect;
  uint8_t signal;  // sent to the calling thread before the call returns; 0 for none
  uint16_t error;  // what the caller finds in errno; 0: the call's own result
  uint16_t reserved;

  bool operator==(const Fault&) const = default;
};
static_assert(kCallCount <= 128, "Fault::calls is too small");

inline constexpr uint32_t kMaxFaults = 16;

struct Plan {
  uint32_t fault_count;
  uint32_t faults_of_call[kCallCount];  // bit n: faults[n] names the call
  Fault faults[kMaxFaults];
};

constexpr bool Contains(const Fault& fault, Call call) {
  const auto index = static_cast<unsigned>(call);
  return (fault.calls[index / 64] >> (index % 64) & 1) != 0;
}

}  // namespace lastack

#endif  // LASTACK_HARNESS_PLAN_FAULT_H_
