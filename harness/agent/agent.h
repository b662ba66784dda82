// The agent's state in one process of the subject, and the few steps that every wrapper is made of.
//
// Contract of all code in this directory: libc only (no C++ runtime, no stdio, no allocation after start); any thread,
// any signal handler; errno is the caller's: only a call itself or an injected result changes it. No lock is ever held
// across anything that a signal, a fork or a death could interrupt: shared fields are changed by single atomic
// instructions.
//
// A wrapper on one socket:
//
//   SocketState* socket = Track(fd);
//   if (socket == nullptr) return ...;                    // no socket of ours: the call and nothing else
//   if (MayFire(Call::send, fd, *socket)) return ...;     // cold: see inject.h
//   Event& event = Begin(Call::send, fd, *socket, a, b);
//   return End(event, real.send(fd, ...));
#ifndef LASTACK_HARNESS_AGENT_AGENT_H_
#define LASTACK_HARNESS_AGENT_AGENT_H_

#include <errno.h>
#include <linux/sockios.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include "harness/agent/raw.h"
#include "harness/plan/decide.h"
#include "harness/plan/fault.h"
#include "harness/trace/event.h"
#include "harness/trace/trace_file.h"

#define LASTACK_LIKELY(condition) __builtin_expect(static_cast<bool>(condition), 1)
#define LASTACK_UNLIKELY(condition) __builtin_expect(static_cast<bool>(condition), 0)
#define LASTACK_COLD __attribute__((noinline, cold))

namespace lastack {

// What the agent knows of one descriptor. `inode` is written last when it is born and first when it dies; 0: not a
// socket.
struct SocketState {
  uint64_t inode;
  Watch watch;
  uint64_t word;  // SocketWord
  SocketKind kind;
  uint8_t history;
  bool closing;  // a close is under way: another thread may be given the number before we are back
};
static_assert(sizeof(SocketState) == 32);

struct Agent {
  // Points to the size of the table, in a page that the kernel wipes in a forked child (MADV_WIPEONFORK): there no
  // descriptor is within the limit, and the first call finds out, even after a fork that bypassed libc. 0 as well
  // before the agent is in place, and where there is no trace.
  uint32_t* socket_limit;
  SocketState* sockets;  // indexed by descriptor
  Tally* tallies;        // likewise
  int32_t top;           // no descriptor above it was ever a socket
  int32_t decoy;         // the number that a decoy holds, or -1
  uint64_t decoy_inode;  // of the socket that was closed there
  uint32_t interposed;   // 1: another library stands between us and libc (Interposer)
  uint32_t most_held;    // the descriptors that were open when a fault first refused another; 0: none has
  TraceHeader* header;
  uint32_t segment_count;
  const Plan* plan;  // in the trace file
};

extern Agent agent;

// Where this thread's events go. At first, and when no segment is left, to one that is full and has no events.
extern thread_local constinit SegmentHead* thread_segment
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

// Whether the kernel wipes the page of `socket_limit` in a child. Not before Linux 4.14.
extern bool fork_is_noticed;

// Puts the agent in place, or notices that this is a new child. Returns whether events of this process are recorded.
LASTACK_COLD bool Revive();

// For calls on no particular socket: whether events of this process are recorded.
inline bool Recording() {
  return LASTACK_LIKELY(__atomic_load_n(agent.socket_limit, __ATOMIC_RELAXED) != 0) || Revive();
}

// As Track, for a number beyond the limit.
LASTACK_COLD SocketState* TrackBeyondLimit(int fd);

// The state of a socket of ours, or nullptr.
inline SocketState* Track(int fd) {
  if (LASTACK_UNLIKELY(static_cast<uint32_t>(fd) >= __atomic_load_n(agent.socket_limit, __ATOMIC_RELAXED))) {
    return TrackBeyondLimit(fd);
  }
  SocketState* socket = &agent.sockets[static_cast<uint32_t>(fd)];
  return __atomic_load_n(&socket->inode, __ATOMIC_RELAXED) != 0 ? socket : nullptr;
}

// Whether a fault may fire at this call; if not, the call is counted.
inline bool MayFire(Call call, int fd, SocketState& socket) {
  return LASTACK_UNLIKELY(Due(*agent.plan, socket.watch, call) != 0) &&
         LASTACK_UNLIKELY(!PassesQuietly(socket.watch, agent.tallies[static_cast<uint32_t>(fd)], call));
}

// A claim is one instruction, so that a signal handler's events cannot take the same place. The segment is this
// thread's alone: no lock prefix is needed.
inline uint32_t ClaimIndex(uint32_t& used) {
#if defined(__x86_64__)
  uint32_t index = 1;
  asm volatile("xaddl %0, %1" : "+r"(index), "+m"(used));
  return index;
#else
  return __atomic_fetch_add(&used, 1, __ATOMIC_RELAXED);
#endif
}

// A free event when the thread's segment is used up. Events beyond the file's end go to a scratch place and are counted
// as lost.
LASTACK_COLD Event& ClaimFromNextSegment();

inline Event& Claim() {
  SegmentHead* segment = thread_segment;
  const uint32_t index = ClaimIndex(segment->used);
  return LASTACK_LIKELY(index < kEventsPerSegment) ? static_cast<Segment*>(segment)->events[index]
                                                   : ClaimFromNextSegment();
}

inline Event& Begin(Call call, int fd, uint64_t inode, uint8_t history, uint64_t a, uint64_t b, uint8_t flags = 0) {
  Event& event = Claim();  // all zero: a segment is never used twice
  event.start = TimeStamp();
  event.call = call;
  event.kind = EventKind::kInFlight;
  event.flags = flags;
  event.fd = fd;
  event.fault = kNoFaultIndex;
  event.socket = inode;
  event.a = a;
  event.b = b;
  event.history = history;
  return event;
}

inline Event& Begin(Call call, int fd, const SocketState& socket, uint64_t a, uint64_t b) {
  return Begin(call, fd, socket.inode, socket.history, a, b);
}

// Last of all that is written of an event.
inline void SetKind(Event& event, EventKind kind) { __atomic_store(&event.kind, &kind, __ATOMIC_RELEASE); }

// Takes down the error of a call that failed, and what it says about the socket.
LASTACK_COLD void Failed(Event& event);

template <typename Result>
inline Result End(Event& event, Result result) {
  const uint64_t ticks = TimeStamp() - event.start;
  event.duration = ticks > UINT32_MAX ? UINT32_MAX : static_cast<uint32_t>(ticks);
  event.result = (int64_t)result;
  if (LASTACK_UNLIKELY((int64_t)result < 0)) Failed(event);
  SetKind(event, EventKind::kCall);
  return result;
}

// An event of its own, with no call around it.
void Note(EventKind kind, Call call, int fd, uint64_t inode, uint64_t a, uint64_t b, int64_t result = 0,
          uint8_t flags = 0);

// --- The socket table.

// A call has returned `fd`: if it is a socket, its life begins here, with a kOpen event. `from`: the descriptor that it
// was accepted or copied from, or -1.
void Born(int fd, Call maker, int from, uint8_t history);
// As Born, for a socket that the process already had: a kInherit event.
void Inherited(int fd);

// Around a call that closes `fd`. Between them another thread may be given the same number.
inline uint64_t Closing(SocketState& socket) {
  __atomic_store_n(&socket.closing, true, __ATOMIC_RELAXED);
  return socket.inode;
}
inline void Closed(SocketState& socket, uint64_t inode) {
  __atomic_compare_exchange_n(&socket.inode, &inode, 0, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

// Something has happened to the socket that a fault's `after=` or `fd=` may wait for.
LASTACK_COLD void Remember(int fd, SocketState& socket, uint8_t history);
LASTACK_COLD void BecomeListener(int fd, SocketState& socket);

// At exit: every descriptor of the table is compared with the kernel's, and every socket of the kernel's with the
// table.
void CompareAtExit();

// --- Facts from the kernel, by raw calls.

uint64_t InodeOf(int fd);                // 0 if it is not a socket
LASTACK_COLD bool HasNeverSent(int fd);  // a TCP socket that has ended
// What a socket's queues hold; 0 where they cannot be asked. For TCP the second includes what is not yet acknowledged.
inline uint64_t UnreadBytes(int fd) {
  unsigned bytes = 0;
  raw::Call(SYS_ioctl, fd, SIOCINQ, raw::Word(&bytes));
  return bytes;
}
// The kernel's own count, or its error.
inline long QueuedBytes(int fd) {
  unsigned bytes = 0;
  const long error = raw::Call(SYS_ioctl, fd, SIOCOUTQ, raw::Word(&bytes));
  return LASTACK_UNLIKELY(error < 0) ? error : static_cast<long>(bytes);
}
inline uint64_t UnsentBytes(int fd) {
  const long bytes = QueuedBytes(fd);
  return bytes <= 0 || HasNeverSent(fd) ? 0 : static_cast<uint64_t>(bytes);
}
uint16_t LocalPort(int fd);   // 0 if unknown
uint16_t RemotePort(int fd);  // 0 if unknown

}  // namespace lastack

#endif  // LASTACK_HARNESS_AGENT_AGENT_H_
