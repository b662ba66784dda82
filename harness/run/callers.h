// The peer as clients of a driver that listens: calls that go on beside each other, each in a thread of its own.
//
//   Callers callers({address, port}, start_ns);
//   callers.Call(script);                     // the driver may accept now
//   callers.AwaitLast(Deadline(patience));    // where the client is to be gone before that
//   std::vector<ConnectionRecord> records = callers.Stop(absl::Seconds(2));
//
// Threads: one owner. Allocates. A call costs three descriptors and two threads while it lasts.
#ifndef LASTACK_HARNESS_RUN_CALLERS_H_
#define LASTACK_HARNESS_RUN_CALLERS_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "harness/peer/caller.h"
#include "harness/peer/deadline.h"

namespace lastack {

class Callers {
 public:
  Callers(const Endpoint& server, uint64_t start_ns) : server_(server), start_ns_(start_ns) {}
  Callers(const Callers&) = delete;
  Callers& operator=(const Callers&) = delete;
  ~Callers();  // as Stop, without patience

  // Connects and plays the script, beside the calls before.
  void Call(const Script& script);

  // Whether the last call was over, wholly, before the deadline.
  bool AwaitLast(const Deadline& deadline) const;

  // Waits for all calls to be over, ends those that are not, and returns a record of each, in order.
  [[nodiscard]] std::vector<ConnectionRecord> Stop(absl::Duration patience);

 private:
  struct Running {
    Running(const Endpoint& server, const Caller::Options& options) : caller(server, options) {}
    Caller caller;
    std::vector<ConnectionRecord> records;
    std::atomic<bool> over{false};
    std::thread thread;
  };

  const Endpoint server_;
  const uint64_t start_ns_;
  std::vector<std::unique_ptr<Running>> calls_;
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_RUN_CALLERS_H_
