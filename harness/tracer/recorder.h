// Writes events into the shared trace as the agent does, on behalf of the traced threads.
//
// Threads: the tracing thread only. Allocates.
#ifndef LASTACK_HARNESS_TRACER_RECORDER_H_
#define LASTACK_HARNESS_TRACER_RECORDER_H_

#include <sys/types.h>

#include <map>

#include "harness/trace/trace_file.h"

namespace lastack {

class Recorder {
 public:
  explicit Recorder(TraceHeader& header) : header_(header) {}

  // A call that has begun. The reference stays good: segments are never given back.
  Event& Begin(pid_t process, pid_t thread, Call call, int fd, uint64_t socket, uint8_t history, uint64_t a, uint64_t b,
               uint8_t flags = 0);
  // It has returned: `result` is the kernel's, -errno for failure.
  void End(Event& event, int64_t result);
  // An event without a call around it.
  void Note(pid_t process, pid_t thread, EventKind kind, Call call, int fd, uint64_t socket, uint64_t a, uint64_t b,
            int64_t result = 0, uint8_t flags = 0);

 private:
  Event& Claim(pid_t process, pid_t thread);

  TraceHeader& header_;
  std::map<pid_t, Segment*> segments_;  // of each thread, the last one
  Event scratch_{};                     // where events go that find no place
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_TRACER_RECORDER_H_
