// The facts of one run as judges see them: both ends of every connection joined, and what makes the facts doubtful.
#ifndef LASTACK_CASES_EVIDENCE_H_
#define LASTACK_CASES_EVIDENCE_H_

#include <string>
#include <vector>

#include "harness/run/observation.h"
#include "harness/trace/ledger.h"

namespace lastack {

// One connection between the subject and the peer.
struct Exchange {
  const SocketLife* socket = nullptr;        // from inside: the ledger
  const ConnectionRecord* record = nullptr;  // from outside: the peer; null if it knows none with this port
  // The peer has said all that it had to say, and has ended its side.
  bool over() const { return record != nullptr && record->script_done && record->our_fin_ns != 0; }
};

// The signal that the subject died by: itself, or a child that it made, as a shell tells by the status 128 + signal; 0:
// none.
[[nodiscard]] int DeathOf(const Observation& run);

// Immutable. Pointers lead into the object itself, so it does not move.
class Evidence {
 public:
  explicit Evidence(Observation observation);
  Evidence(const Evidence&) = delete;
  Evidence& operator=(const Evidence&) = delete;

  const Observation& run() const { return observation_; }
  const Ledger& ledger() const { return ledger_; }

  bool of_server() const { return observation_.role == "server"; }
  bool of_driver() const { return observation_.role == "library"; }
  // The peer is the client: of a server, and of a driver that listens.
  bool accepts() const { return accepts_; }
  // The subject lived on past a point at which all exchanges were over and it had had time to close: a server, or a
  // driver.
  bool has_barrier() const { return !observation_.lives.empty() && observation_.lives.front().quiet_ns != 0; }

  // The subject's TCP sockets that connected to the peer, or that it accepted from it, by birth.
  const std::vector<Exchange>& exchanges() const { return exchanges_; }

  // Why the facts from inside may not be the whole truth, in words; empty: they are. No verdict that rests on something
  // not having happened stands against a doubt.
  const std::vector<std::string>& doubts() const { return doubts_; }

  // Why nothing at all can be judged from this run; empty: it can.
  const std::string& unusable() const { return unusable_; }

  // Whether some process still held the socket at the barrier.
  bool HeldAtBarrier(const SocketLife& socket) const;

  // The port that tells a connection from the others.
  uint16_t PortOf(const ConnectionRecord& record) const;

  // Events on one socket, by time.
  std::vector<const TracedEvent*> EventsOn(const SocketLife& socket) const;

  // "exited with status 56", "exited with status 139 (a child died of SIGSEGV)", "died by SIGPIPE", "was still running
  // after 10s"
  std::string EndInWords() const;

 private:
  void Join();
  void JoinAccepted();
  bool IsKnown(const ConnectionRecord& record) const;
  void CollectDoubts();
  void DoubtEarlyEnding(const Exchange& exchange);
  void DoubtStdio(const Exchange& exchange);
  void DoubtLateEnding(const Exchange& exchange);

  Observation observation_;
  Ledger ledger_;
  bool accepts_;
  std::vector<Exchange> exchanges_;
  std::vector<std::string> doubts_;
  std::string unusable_;
};

}  // namespace lastack

#endif  // LASTACK_CASES_EVIDENCE_H_
