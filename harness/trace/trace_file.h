// The layout of the shared-memory trace: one file, mapped by the runner and by every process of the subject.
//
//   TraceHeader | Segment 0 | Segment 1 | ...
//
// The runner makes the file with a plan in it. A backend opens it by path, maps it and closes the descriptor, so that
// the subject can neither see nor close it. Each thread of the subject owns one segment at a time and takes the next
// free one when it is full; a segment is never given back, so nothing is ever overwritten and a dead writer loses
// nothing. When all are taken, events are counted in `lost_events` and dropped: the evidence is then incomplete.
//
// Freestanding; all fields that two parties touch are accessed by the __atomic built-ins.
#ifndef LASTACK_HARNESS_TRACE_TRACE_FILE_H_
#define LASTACK_HARNESS_TRACE_TRACE_FILE_H_

#include <stddef.h>
#include <stdint.h>

#include "harness/plan/fault.h"
#include "harness/trace/event.h"

namespace lastack {

// The environment variable with the file's path. The agent keeps it, and LD_PRELOAD, across exec.
inline constexpr char kTraceVariable[] = "LASTACK_TRACE";

inline constexpr uint32_t kTraceMagic = 0x4b41534c;  // "LSAK"
inline constexpr uint32_t kTraceVersion = 4;

// An order from the subject's side to the peer: reset the connection with these ports.
struct ResetOrder {
  enum State : uint32_t { kIdle, kWriting, kRequested, kDone, kRefused };
  uint32_t state;      // a futex word
  uint32_t port;       // the subject's local port, host order
  uint32_t peer_port;  // the peer's, which alone tells a server's connections apart; 0: unknown, as after a reset
};

// A call that faults can hit, and whose next definition behind the agent is a library's that is not libc. Faults are
// played above that library: it does not meet them, and what it would do about them, as to try again, does not show.
struct Interposer {
  uint32_t found;     // 0: there is none. Whoever sets it first writes the rest
  char call[28];      // "close"; ends with a NUL, as the next
  char library[224];  // its path, cut off if it is longer
};

struct TraceHeader {
  uint32_t magic;
  uint32_t version;
  uint32_t segment_count;
  uint32_t next_segment;       // first that was never taken; may run past segment_count
  uint64_t lost_events;        // dropped because no segment was left
  uint64_t untracked_sockets;  // sockets whose number is beyond the backend's table
  uint64_t foreign_calls;      // calls by another architecture's convention, which the tracer does not follow
  Interposer interposer;       // the first that was found
  uint32_t decoys_planted;     // at most one at a time in a process
  ResetOrder reset_order;
  uint64_t reset_timeout_ns;  // how long a backend waits for the peer
  // Two readings of both clocks, at the start and at the end of the run, turn time stamps into CLOCK_MONOTONIC.
  uint64_t tsc_at_start;
  uint64_t ns_at_start;
  uint64_t tsc_at_end;
  uint64_t ns_at_end;
  Plan plan;
};

inline constexpr uint32_t kEventsPerSegment = 63;

struct SegmentHead {
  int32_t pid;
  int32_t tid;
  uint32_t used;  // events claimed; a thread's signal handlers claim too, so a claim is one instruction
  uint32_t reserved[13];
};

struct Segment : SegmentHead {
  Event events[kEventsPerSegment];
};
static_assert(sizeof(Segment) == 4096);

inline constexpr size_t kSegmentsOffset = 8192;
static_assert(sizeof(TraceHeader) <= kSegmentsOffset);

constexpr size_t TraceFileSize(uint32_t segment_count) { return kSegmentsOffset + segment_count * sizeof(Segment); }

inline Segment* SegmentAt(TraceHeader* header, uint32_t index) {
  return reinterpret_cast<Segment*>(reinterpret_cast<char*>(header) + kSegmentsOffset) + index;
}

// The time stamp counter. Invariant and the same on all cores wherever `lastack doctor` says so.
inline uint64_t TimeStamp() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  uint64_t value;
  asm volatile("mrs %0, cntvct_el0" : "=r"(value));
  return value;
#else
#error "no time stamp counter known for this architecture"
#endif
}

}  // namespace lastack

#endif  // LASTACK_HARNESS_TRACE_TRACE_FILE_H_
