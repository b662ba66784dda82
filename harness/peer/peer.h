// The scripted other end of a subject's connections: a TCP server that plays a script on each connection, and records
// every byte and how the connection ended.
//
//   auto peer = Peer::Listen("127.0.0.2");
//   (*peer)->Start({{Step::ExpectUntil("\r\n\r\n"), Step::Send(head), Step::AwaitRead(), Step::Reset()},   // first
//                   {Step::ExpectUntil("\r\n\r\n"), Step::Send(answer), Step::Finish()}});              // and later ones
//   ... the subject runs against (*peer)->port() ...
//   std::vector<ConnectionRecord> connections = (*peer)->Stop();
//
// FIN, RST and silence are different facts, always. Barriers look at the kernel's socket table (/proc/net/tcp), never at
// the subject's socket, whose pending error they would consume; no step waits longer than its deadline.
//
// Threads: one owner calls; the peer runs threads of its own, which Stop joins. Allocates.
// Sources: tcp(7), proc(5) "/proc/net/tcp", RFC 9293 section 3.10.4 (close), 3.10.7.4 (reset).
#ifndef LASTACK_HARNESS_PEER_PEER_H_
#define LASTACK_HARNESS_PEER_PEER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "harness/trace/trace_file.h"

namespace lastack {

// One action of the peer on a connection.
struct Step {
  enum class Kind : uint8_t {
    kExpectUntil,  // receive until `text` has come
    kExpectBytes,  // receive `count` more bytes
    kExpectEnd,    // receive until the subject's FIN or RST
    kSend,         // send `text` wholly
    kAwaitRead,    // barrier: all that was sent is acknowledged and read by the subject (its queue is empty)
    kAwaitClosed,  // barrier: the subject's socket is in CLOSE_WAIT or later
    kStall,        // read nothing more until the end of the run
    kHalfClose,    // shutdown(SHUT_WR): our FIN goes, we read on
    kFinish,       // our FIN, then read to the end: an ordinary close
    kReset,        // close with SO_LINGER {1, 0}: our RST goes
  };
  Kind kind;
  std::string text;
  uint64_t count = 0;

  static Step ExpectUntil(std::string text);
  static Step ExpectBytes(uint64_t count);
  static Step ExpectEnd();
  static Step Send(std::string text);
  static Step AwaitRead();
  static Step AwaitClosed();
  static Step Stall();
  static Step HalfClose();
  static Step Finish();
  static Step Reset();
};
using Script = std::vector<Step>;  // after the last step the peer reads to the end

// How the subject's side of a connection ended, as seen from here.
enum class Ending : uint8_t {
  kNothing,  // no FIN and no RST came while we listened
  kFin,      // FIN
  kReset,    // RST, without a FIN before
  kFinThenReset,
};

struct ConnectionRecord {
  uint16_t far_port = 0;       // the subject's port: joins this record with the ledger
  uint64_t accepted_ns = 0;    // times: CLOCK_MONOTONIC since the start of the run
  std::string received;        // the first kMaxKeptBytes of what came
  uint64_t bytes_received = 0;
  uint64_t bytes_sent = 0;     // handed to our kernel
  Ending ending = Ending::kNothing;
  uint64_t fin_ns = 0;         // when the subject's FIN was read; 0: never
  uint64_t reset_ns = 0;
  uint64_t our_fin_ns = 0;     // when we sent FIN; 0: never
  uint64_t our_reset_ns = 0;
  uint64_t steps_done = 0;     // of the script, in order
  uint64_t script = 0;         // index of the script that was played
  bool script_done = false;
  std::string trouble;         // why the script stopped early, in words: "barrier: unread bytes remain after 2s"
};

class Peer {
 public:
  static constexpr size_t kMaxKeptBytes = 64 * 1024;

  struct Options {
    absl::Duration step_timeout = absl::Seconds(5);  // bounds every step but kExpectEnd and kStall, which end with Stop
    uint64_t start_ns = 0;                            // CLOCK_MONOTONIC at the start of the run; times count from here
    TraceHeader* orders = nullptr;                    // where reset orders come from; may be null
  };

  // Binds a free port of `address` (any of 127.0.0.0/8) and listens.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Peer>> Listen(const std::string& address);
  ~Peer();  // as Stop

  uint16_t port() const;

  // Begins to accept. Connection n plays scripts[n], those beyond the last play the last. Fork before, not after: threads.
  void Start(std::vector<Script> scripts, const Options& options);

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
