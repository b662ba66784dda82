#include "harness/tracer/recorder.h"

namespace lastack {
namespace {

void SetKind(Event& event, EventKind kind) { __atomic_store(&event.kind, &kind, __ATOMIC_RELEASE); }

}  // namespace

Event& Recorder::Claim(pid_t process, pid_t thread) {
  Segment*& segment = segments_[thread];
  // A thread's number may come again in another process.
  if (segment != nullptr && segment->pid == process && segment->used < kEventsPerSegment) {
    return segment->events[__atomic_fetch_add(&segment->used, 1, __ATOMIC_RELEASE)];  // somebody may read meanwhile
  }
  const uint32_t index = __atomic_load_n(&header_.next_segment, __ATOMIC_RELAXED);
  if (index >= header_.segment_count) {
    __atomic_add_fetch(&header_.lost_events, 1, __ATOMIC_RELAXED);
    scratch_ = {};
    return scratch_;
  }
  __atomic_add_fetch(&header_.next_segment, 1, __ATOMIC_RELAXED);
  segment = SegmentAt(&header_, index);
  segment->pid = process;
  segment->tid = thread;
  __atomic_store_n(&segment->used, 1, __ATOMIC_RELEASE);
  return segment->events[0];
}

Event& Recorder::Begin(pid_t process, pid_t thread, Call call, int fd, uint64_t socket, uint8_t history, uint64_t a,
                       uint64_t b, uint8_t flags) {
  Event& event = Claim(process, thread);
  event.start = TimeStamp();
  event.call = call;
  event.flags = flags;
  event.fd = fd;
  event.fault = kNoFaultIndex;
  event.socket = socket;
  event.history = history;
  event.a = a;
  event.b = b;
  SetKind(event, EventKind::kInFlight);
  return event;
}

void Recorder::End(Event& event, int64_t result) {
  const uint64_t ticks = TimeStamp() - event.start;
  event.duration = ticks > UINT32_MAX ? UINT32_MAX : static_cast<uint32_t>(ticks);
  const bool failed = result < 0 && result >= -4095;
  event.result = failed ? -1 : result;
  event.error = failed ? static_cast<uint16_t>(-result) : 0;
  SetKind(event, EventKind::kCall);
}

void Recorder::Note(pid_t process, pid_t thread, EventKind kind, Call call, int fd, uint64_t socket, uint64_t a,
                    uint64_t b, int64_t result, uint8_t flags) {
  Event& event = Claim(process, thread);
  event.start = TimeStamp();
  event.call = call;
  event.flags = flags;
  event.fd = fd;
  event.fault = kNoFaultIndex;
  event.result = result;
  event.socket = socket;
  event.a = a;
  event.b = b;
  SetKind(event, kind);
}

}  // namespace lastack
