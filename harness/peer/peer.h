// The scripted other end of a subject's connections: a TCP server that plays a script on each connection, and records
// every byte and how the connection ended.
//
//   auto peer = Peer::Listen("127.0.0.2");
//   const Script early_reset = {Step::ExpectUntil("\r\n\r\n"), Step::Send(head), Step::AwaitRead(), Step::Reset()};
//   const Script ordinary = {Step::ExpectUntil("\r\n\r\n"), Step::Send(answer), Step::Finish()};
//   (*peer)->Start({early_reset, ordinary}, Peer::Options());  // the first connection, and all later ones
//   ... the subject runs against (*peer)->port() ...
//   std::vector<ConnectionRecord> connections = (*peer)->Stop();
//
// FIN, RST and silence are different facts, always. Barriers look at the kernel's socket table (socket_table.h), never
// at the subject's socket, whose pending error they would consume; no step waits longer than its deadline. A barrier or
// an expectation that fails ends its script with an ordinary close and says so in `trouble`: the stimulus was not
// delivered.
//
// Threads: one owner calls; the peer runs threads of its own, with all signals blocked, which Stop joins. Allocates.
// A connection costs two descriptors and a thread while it lasts.
// Sources: tcp(7), RFC 9293 section 3.10.4 (close), 3.10.7.4 (reset).
#ifndef LASTACK_HARNESS_PEER_PEER_H_
#define LASTACK_HARNESS_PEER_PEER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "harness/peer/connection_record.h"
#include "harness/peer/script.h"
#include "harness/trace/trace_file.h"

namespace lastack {

class Peer {
 public:
  static constexpr size_t kMaxKeptBytes = ConnectionRecord::kMaxKeptBytes;
  static constexpr size_t kMaxKeptByAll = 64 * 1024 * 1024;  // by all records together

  struct Options {
    // Bounds every step but kExpectEnd, kStall and the reading of kFinish, which end with Stop.
    absl::Duration step_timeout = absl::Seconds(5);
    uint64_t start_ns = 0;          // CLOCK_MONOTONIC at the start of the run; times count from here
    TraceHeader* orders = nullptr;  // where reset orders come from; may be null
  };

  // Binds a free port of `address` (any of 127.0.0.0/8) and listens: from now on connections are taken, and wait for
  // Start. InvalidArgumentError: not a loopback address. `narrow`: all connections are (kNarrow in script.h).
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Peer>> Listen(const std::string& address, bool narrow = false);
  // Binds a free port of `address` and does not listen: whoever connects is refused, really. Start plays nothing.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Peer>> Refuse(const std::string& address);
  ~Peer();  // as Stop, without patience

  uint16_t port() const;

  // Begins to accept. Connection n plays scripts[n], those beyond the last play the last; without any, all are read to
  // the end. Call it once. Fork before, not after: threads.
  void Start(std::vector<Script> scripts, const Options& options);

  // How many connections are not over: their scripts, the subject's end and ours. Any thread.
  [[nodiscard]] size_t unfinished() const;

  // Call it when the subject is gone. What is still in the kernel's queues is read (at most `patience`), then all is
  // closed. Records are by order of acceptance. A second call returns nothing.
  [[nodiscard]] std::vector<ConnectionRecord> Stop(absl::Duration patience = absl::Seconds(2));

 private:
  class Impl;
  explicit Peer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_PEER_PEER_H_
