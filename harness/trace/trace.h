// A run's trace: makes the shared file, and reads the events back when the run is over.
//
//   absl::StatusOr<TraceFile> file = TraceFile::Create(directory, plan);
//   ... start the subject with LASTACK_TRACE=file->path() ...
//   Trace trace = file->Read();
//   for (const TracedEvent& event : trace.events) ...     // in order of time
//
// The mapping is shared with the subject, which may write anything there: what cannot be an event is counted as torn,
// and what the reader depends on (sizes, the clock at the start) is not read back from it.
//
// Threads: one owner. Allocates. Survives the death of every writer at any instruction.
#ifndef LASTACK_HARNESS_TRACE_TRACE_H_
#define LASTACK_HARNESS_TRACE_TRACE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "harness/trace/clocks.h"
#include "harness/trace/trace_file.h"

namespace lastack {

// An event with its writer and its time.
struct TracedEvent {
  Event event;
  int pid = 0;
  int tid = 0;
  uint64_t start_ns = 0;     // since the start of the run
  uint64_t duration_ns = 0;  // UINT64_MAX if it is still in flight; a lower bound if event.duration is saturated
};

struct Trace {
  std::vector<TracedEvent> events;  // by start; a kOpen or kClosed event stays behind the call that caused it
  uint64_t lost_events = 0;         // > 0: the evidence is incomplete
  uint64_t torn_events = 0;         // claimed and never written: a writer died there; or no event at all, but garbage
  uint64_t untracked_sockets = 0;   // > 0: the evidence is incomplete
  uint64_t foreign_calls = 0;       // > 0: likewise
  std::string interposed_call;  // not empty: likewise. A call that `interposer`, a library behind the agent, defines
  std::string interposer;
};

class TraceFile {
 public:
  static constexpr uint32_t kDefaultSegments = 1024;  // 64,512 events, 4 MiB

  // Makes and maps <directory>/trace, for its owner only. Its blocks are allocated at once, so that a full disk is an
  // error here (ResourceExhausted) and not a SIGBUS in the subject. AlreadyExists: a trace is there, of another run.
  [[nodiscard]] static absl::StatusOr<TraceFile> Create(const std::string& directory, const Plan& plan,
                                                        uint32_t segment_count = kDefaultSegments);

  TraceFile(TraceFile&& other) noexcept;
  TraceFile& operator=(TraceFile&& other) noexcept;
  ~TraceFile();  // unmaps and removes the file

  const std::string& path() const { return path_; }
  TraceHeader& header() const { return *header_; }

  // All events so far, sorted. Call it when no writer lives any more for the whole truth; earlier calls are a snapshot.
  [[nodiscard]] Trace Read() const;

 private:
  TraceFile(std::string path, TraceHeader* header, uint32_t segment_count);

  std::string path_;
  TraceHeader* header_ = nullptr;
  uint32_t segment_count_ = 0;
  ClockReading start_;
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_TRACE_TRACE_H_
