// One connection of the peer: a thread that plays a script on it, then reads to the end and closes.
//
// Every wait of that thread is a poll(2) that an order from outside ends at once: a reset, or the end of the run.
// What has already come is always taken first, so that a script whose conditions are met is played even if the subject
// is gone before the thread was scheduled for the first time.
//
// Threads: Start, AwaitFinished, Join and the destructor are the owner's; Reset, Stop and finished may be called by any
// thread.
#ifndef LASTACK_HARNESS_PEER_CONNECTION_H_
#define LASTACK_HARNESS_PEER_CONNECTION_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "harness/peer/connection_record.h"
#include "harness/peer/deadline.h"
#include "harness/peer/peer_socket.h"
#include "harness/peer/script.h"
#include "harness/peer/socket_row.h"

namespace lastack {

class Connection {
 public:
  struct Setting {
    Endpoint near;                   // our address and port
    Endpoint far;                    // the subject's
    const Script* script = nullptr;  // outlives the connection
    uint64_t script_index = 0;
    absl::Duration step_timeout;
    absl::Duration end_timeout = absl::InfiniteDuration();  // how long ExpectEnd waits; afterwards the script goes on
    uint64_t start_ns = 0;
    std::atomic<int64_t>* keep_left = nullptr;
  };

  // Takes the connected, non-blocking `socket` and `wake`, an eventfd for its own use.
  Connection(int socket, int wake, const Setting& setting);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  void Start();

  uint16_t far_port() const { return setting_.far.port; }
  uint16_t near_port() const { return setting_.near.port; }
  bool finished() const { return finished_; }

  // Ends the script by a RST, now. True when it has been sent; false if the connection was over.
  bool Reset();

  // The subject is gone: reads what is still under way until `patience`, then closes.
  void Stop(const Deadline& patience);

  // Waits until the script has come to its Hold, or is over, at most until `deadline`.
  void AwaitHolding(const Deadline& deadline);

  // Waits until all is over, at most until `deadline`, and at most `grace` once only the subject's end is still to
  // come: whether it is.
  bool AwaitFinished(const Deadline& deadline, absl::Duration grace = absl::InfiniteDuration());

  // Only the subject's end is still to come: the script is over but for that, and our FIN has gone.
  bool awaits_end() const { return awaits_end_; }

  // Waits for the thread. Afterwards record() is complete.
  void Join();
  ConnectionRecord& record() { return socket_.record(); }

 private:
  enum class Wake : uint8_t { kReady, kDeadline, kStop, kOrder };
  // What became of a step.
  enum class Outcome : uint8_t { kDone, kFailed, kStopped, kOrdered };
  enum class Order : uint8_t { kNone, kWanted, kDone, kTooLate };

  void Run();
  Outcome PlayScript();
  Outcome Play(const Step& step);
  Outcome ExpectUntil(const std::string& text);
  Outcome ExpectBytes(uint64_t count);
  Outcome Send(const std::string& text);
  Outcome AwaitRead();
  Outcome AwaitClosed();
  Outcome Stall(const Deadline& deadline);
  Outcome Hold();
  Outcome HalfClose();
  Outcome SendReset();
  Outcome SendLast(const std::string& text);
  Outcome ReadLate();
  Outcome AwaitStuck(const Deadline& deadline, absl::Duration unchanged, bool* ended);
  bool TakeHelping();
  Outcome ReadToEnd(const Deadline& deadline = Deadline::Never());

  template <typename Look>
  Outcome AwaitBarrier(const Look& look);
  bool SubjectHasRead(std::string* not_yet);
  bool SubjectHasClosed(std::string* not_yet);

  Outcome AwaitEnd();
  void Conclude(Outcome outcome);
  void AnswerOrder();
  void AwaitLastAcknowledgement();

  Wake Wait(short events, const Deadline& deadline);
  Wake Pause(const Deadline& deadline);
  Wake WaitThroughPatience(short events, const Deadline& deadline);
  Outcome Failed(Wake wake, const std::string& why_at_deadline);
  Outcome Failed(const std::string& why);
  bool OutOfTime(const Deadline& deadline) const;

  const Setting setting_;
  PeerSocket socket_;
  int wake_;  // readable from the first order on
  std::thread thread_;
  std::atomic<bool> finished_{false};
  std::atomic<bool> holding_{false};
  std::atomic<bool> awaits_end_{false};
  std::string why_failed_;

  mutable std::mutex mutex_;
  std::condition_variable answered_;
  std::atomic<Order> order_{Order::kNone};
  std::atomic<bool> stop_{false};
  Deadline patience_ = Deadline::Never();  // guarded by mutex_
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_PEER_CONNECTION_H_
