// How a FakeNetwork behaves: which system it models, its speed, its limits.
#ifndef LASTACK_MOCKS_FAKE_OPTIONS_H_
#define LASTACK_MOCKS_FAKE_OPTIONS_H_

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace lastack {

// The document "How do you properly close a socket?" and Linux disagree in places (cases/os/CLAIMS.md, "where Linux
// differs"). kLinux does what the kernel does; kDocument what the document says.
enum class FakePersonality { kLinux, kDocument };

// What happens to SIGPIPE. It is counted and stands in the timeline either way.
enum class FakeSignals {
  kRaise,   // raise(): the process's own disposition decides, as with the kernel
  kRecord,  // nothing more
};

struct FakeOptions {
  FakePersonality personality = FakePersonality::kLinux;
  FakeSignals signals = FakeSignals::kRaise;

  // Of each segment's way, in virtual time. At zero everything has arrived when the call returns.
  absl::Duration latency = absl::ZeroDuration();
  absl::Duration jitter = absl::ZeroDuration();  // at most this much more, by the seed; segments stay in order
  int64_t bytes_per_second = 0;                  // 0: no limit
  uint64_t seed = 1;

  // What SO_SNDBUF and SO_RCVBUF say on a new socket: what it queues of written and of arrived data.
  size_t send_queue_bytes = 256 * 1024;
  size_t receive_queue_bytes = 128 * 1024;

  int max_descriptors = 1024;  // of one process; then EMFILE
  absl::Duration time_wait = absl::Seconds(60);
  absl::Duration fin_wait2 = absl::Seconds(60);  // of a closed socket whose peer does not close
  size_t time_wait_max = 4096;                   // the oldest ends early, as with tcp_max_tw_buckets
  size_t timeline_entries = 512;                 // the newest are kept
};

}  // namespace lastack

#endif  // LASTACK_MOCKS_FAKE_OPTIONS_H_
