// The peer as a client: plays scripts on connections that it makes to the subject, one after the other.
//
// Each connection comes from a port of its own on the server's address, which the record has as near_port: for the
// socket that the subject accepted, that is the remote port. The next connection is made when the one before is over.
//
//   Caller caller({address, port}, {.start_ns = start_ns});
//   std::vector<ConnectionRecord> records = caller.Play({ordinary, reset_at_once, ordinary});
//
// A step that fails ends its script with an ordinary close, and says so in `trouble`; the next script is played all the
// same. A connection that could not be made has a record with nothing but the trouble.
//
// Threads: one owner; Stop may be called by any thread. Runs a thread for the connection and one for orders, with all
// signals blocked. Allocates. Sources: connect(2), ip(7) IP_BIND_ADDRESS_NO_PORT.
#ifndef LASTACK_HARNESS_PEER_CALLER_H_
#define LASTACK_HARNESS_PEER_CALLER_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "harness/peer/connection.h"
#include "harness/peer/connection_record.h"
#include "harness/peer/reset_orders.h"
#include "harness/peer/script.h"
#include "harness/peer/socket_row.h"
#include "harness/trace/trace_file.h"

namespace lastack {

class Caller {
 public:
  struct Options {
    absl::Duration step_timeout = absl::Seconds(2);
    // How long ExpectEnd and Stall wait for a server that keeps the connection; the script then goes on, and our FIN
    // tells it.
    absl::Duration end_timeout = absl::Seconds(1);
    absl::Duration connection_timeout = absl::Seconds(4);  // for a whole connection
    // A client whose part is over waits that long for the server's end. Then it is held, and the next one comes beside
    // it.
    absl::Duration leave_after = absl::InfiniteDuration();
    bool until_unserved = false;  // plays no more scripts after one that failed
    // After each of the first three that failed: a server that sends a client away may send away all who come while it
    // is at it.
    absl::Duration calm = absl::Milliseconds(200);
    uint64_t start_ns = 0;          // CLOCK_MONOTONIC at the start of the run
    TraceHeader* orders = nullptr;  // where reset orders come from; may be null
  };

  Caller(const Endpoint& server, const Options& options) : server_(server), options_(options) {}
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  // Plays all scripts, and returns a record of each; of a connection that is held, only after EndHeld. If one of them
  // awaits a reset, only those that do obey an order. Once; orders are answered from then on to our end: whoever orders
  // late must not wait in vain.
  [[nodiscard]] std::vector<ConnectionRecord> Play(const std::vector<Script>& scripts);

  // Plays the connections that are held (Holds in script.h, leave_after) to their end, and puts their records in their
  // places. Their scripts must still be there.
  void EndHeld(std::vector<ConnectionRecord>* records);

  // Plays no more scripts, and ends the one that is being played.
  void Stop();

 private:
  ConnectionRecord PlayOne(const Script& script, uint64_t index);
  std::unique_ptr<Connection> Begin(const Script& script, uint64_t index, ConnectionRecord* failed);
  bool PlayToEnd(Connection& connection, bool obeys);
  int Connect(bool narrow, Endpoint* near, std::string* trouble) const;
  bool Reset(uint16_t far_port, uint16_t near_port);
  bool stopped();
  void KeepCalm();

  const Endpoint server_;
  const Options options_;
  std::atomic<int64_t> keep_left_{64 * 1024 * 1024};
  bool orders_are_awaited_ = false;
  int calms_left_ = 3;
  std::vector<std::unique_ptr<Connection>> held_;

  std::mutex mutex_;               // of the three below
  Connection* running_ = nullptr;  // the one that is being played
  bool obeys_ = false;             // it takes orders
  bool stopped_ = false;
  std::condition_variable stopping_;

  std::unique_ptr<ResetOrders> orders_;  // the last member: it calls Reset to its end
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_PEER_CALLER_H_
