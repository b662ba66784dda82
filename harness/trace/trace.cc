#include "harness/trace/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace lastack {
namespace {

absl::Status CannotMake(const std::string& path, int error) {
  const std::string message = absl::StrCat("cannot make the trace file ", path);
  switch (error) {
    case EEXIST:
      return absl::AlreadyExistsError(absl::StrCat(
          message, ": it belongs to another run; use another directory, or remove it if that run is over"));
    case EROFS:
    case EACCES:
      return absl::PermissionDeniedError(
          absl::StrCat(message, ": the directory is not writable; set TMPDIR to one that is"));
    default:
      return absl::ErrnoToStatus(error, message);
  }
}

absl::Status CannotAllocate(const std::string& directory, size_t size, int error) {
  const std::string message = absl::StrCat("cannot allocate ", size, " bytes for the trace file in ", directory);
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError(absl::StrCat(
          message, ": the disk or the quota is full; free space there, or set TMPDIR to a directory with more"));
    case EFBIG:
      return absl::ResourceExhaustedError(
          absl::StrCat(message, ": the limit on the size of files is lower; raise it with  ulimit -f unlimited"));
    default:
      return absl::ErrnoToStatus(error, message);
  }
}

int Allocate(int fd, size_t size) {
  int error = 0;
  do {
    error = posix_fallocate(fd, 0, static_cast<off_t>(size));
  } while (error == EINTR);
  return error;
}

bool FollowsCall(EventKind kind) { return kind == EventKind::kOpen || kind == EventKind::kClosed; }
bool IsCall(EventKind kind) { return kind == EventKind::kCall || kind == EventKind::kInFlight; }

// An event at its place: the events of one thread come in the order in which they were claimed.
struct Placed {
  Event event;
  int pid;
  int tid;
  // What the events are sorted by. An event that follows a call has the call's first two, and so stays right behind it.
  uint64_t start;
  size_t call_index;
  size_t index;
};

// The last call of each thread and name; what that call opened and closed follows it.
using LastCalls = absl::flat_hash_map<std::tuple<int, int, Call>, std::pair<uint64_t, size_t>>;

void Place(const Event& event, int pid, int tid, LastCalls& last_calls, std::vector<Placed>& placed) {
  const size_t index = placed.size();
  Placed place{event, pid, tid, event.start, index, index};
  const std::tuple<int, int, Call> key(pid, tid, event.call);
  if (IsCall(event.kind)) {
    last_calls[key] = {event.start, index};
  } else if (FollowsCall(event.kind)) {
    const auto call = last_calls.find(key);
    if (call != last_calls.end()) std::tie(place.start, place.call_index) = call->second;
  }
  placed.push_back(place);
}

void SortByTime(std::vector<Placed>& placed) {
  std::sort(placed.begin(), placed.end(), [](const Placed& left, const Placed& right) {
    return std::tie(left.start, left.call_index, left.index) < std::tie(right.start, right.call_index, right.index);
  });
}

// A writer stores the kind last: what it says was there when it was read, whatever a living writer adds meanwhile.
// The rest of an event that is not complete may change meanwhile, and counts for nothing then.
__attribute__((no_sanitize("thread"))) Event Snapshot(const Event& shared) {
  EventKind kind;
  __atomic_load(&shared.kind, &kind, __ATOMIC_ACQUIRE);
  Event copy = shared;
  copy.kind = kind;
  return copy;
}

// The subject could write anything there.
template <size_t kSize>
std::string TextOf(const char (&text)[kSize]) {
  return std::string(text, strnlen(text, kSize));
}

TracedEvent Timed(const Placed& place, const TimeScale& scale) {
  TracedEvent traced{place.event, place.pid, place.tid, scale.SinceStart(place.event.start), 0};
  if (place.event.kind == EventKind::kInFlight) traced.duration_ns = UINT64_MAX;
  if (place.event.kind == EventKind::kCall) traced.duration_ns = scale.Nanoseconds(place.event.duration);
  return traced;
}

}  // namespace

absl::StatusOr<TraceFile> TraceFile::Create(const std::string& directory, const Plan& plan, uint32_t segment_count) {
  std::string path = absl::StrCat(directory, "/trace");
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return CannotMake(path, errno);
  const absl::Cleanup close_it = [fd] { close(fd); };
  absl::Cleanup remove_it = [&path] { unlink(path.c_str()); };
  const size_t size = TraceFileSize(segment_count);
  if (const int error = Allocate(fd, size); error != 0) return CannotAllocate(directory, size, error);
  void* address = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (address == MAP_FAILED) return absl::ErrnoToStatus(errno, absl::StrCat("cannot map the trace file ", path));
  std::move(remove_it).Cancel();

  TraceFile file(std::move(path), static_cast<TraceHeader*>(address), segment_count);
  TraceHeader& header = file.header();
  header.version = kTraceVersion;
  header.segment_count = segment_count;
  header.plan = plan;
  header.tsc_at_start = file.start_.tsc;
  header.ns_at_start = file.start_.ns;
  header.magic = kTraceMagic;
  return file;
}

TraceFile::TraceFile(std::string path, TraceHeader* header, uint32_t segment_count)
    : path_(std::move(path)), header_(header), segment_count_(segment_count), start_(ReadClocks()) {}

TraceFile::TraceFile(TraceFile&& other) noexcept { *this = std::move(other); }

TraceFile& TraceFile::operator=(TraceFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(header_, other.header_);
  std::swap(segment_count_, other.segment_count_);
  std::swap(start_, other.start_);
  return *this;
}

TraceFile::~TraceFile() {
  if (header_ == nullptr) return;
  munmap(header_, TraceFileSize(segment_count_));
  unlink(path_.c_str());
}

Trace TraceFile::Read() const {
  // Always a new reading: one from an earlier Read would not enclose the events that came after it.
  const ClockReading end = ReadClocks();
  header_->tsc_at_end = end.tsc;
  header_->ns_at_end = end.ns;

  Trace trace;
  std::vector<Placed> placed;
  LastCalls last_calls;
  const uint32_t taken = std::min(__atomic_load_n(&header_->next_segment, __ATOMIC_ACQUIRE), segment_count_);
  for (uint32_t i = 0; i < taken; ++i) {
    const Segment& segment = *SegmentAt(header_, i);
    const uint32_t used = std::min(__atomic_load_n(&segment.used, __ATOMIC_ACQUIRE), kEventsPerSegment);
    if (used == 0) continue;
    const int pid = segment.pid;
    const int tid = segment.tid;
    for (uint32_t k = 0; k < used; ++k) {
      const Event event = Snapshot(segment.events[k]);
      if (pid > 0 && tid > 0 && IsSound(event)) {
        Place(event, pid, tid, last_calls, placed);
      } else {
        ++trace.torn_events;
      }
    }
  }
  SortByTime(placed);

  const TimeScale scale(start_, end);
  trace.events.reserve(placed.size());
  for (const Placed& place : placed) trace.events.push_back(Timed(place, scale));
  trace.lost_events = __atomic_load_n(&header_->lost_events, __ATOMIC_RELAXED);
  trace.untracked_sockets = __atomic_load_n(&header_->untracked_sockets, __ATOMIC_RELAXED);
  trace.foreign_calls = __atomic_load_n(&header_->foreign_calls, __ATOMIC_RELAXED);
  if (__atomic_load_n(&header_->interposer.found, __ATOMIC_ACQUIRE) != 0) {
    trace.interposed_call = TextOf(header_->interposer.call);
    trace.interposer = TextOf(header_->interposer.library);
  }
  return trace;
}

}  // namespace lastack
