// Two connected sockets in one process, and what a claim does with them: the vocabulary of cases/os.
//
//   Finding CloseDeliversPending(Pair& pair) {
//     const size_t written = pair.here.Fill();
//     pair.here.Close();
//     const Reading read = pair.peer.ReadToEnd();
//     return Finding(read.bytes == written && read.end == "EOF").Bytes("written", written).Bytes("received",
//     read.bytes);
//   }
//
// `here` is the end that a claim is about, and which connected; `peer` the one that was accepted. Both have small
// queues, so that the peer's is soon full. All calls go through SysApi, all else through Witness: what holds is said of
// those two.
//
// Waiting is bounded by the witness's patience, and every wait is for something that can be seen. Threads: one pair,
// one thread, but for what waits (Witness::Meanwhile). Signals: none are raised (MSG_NOSIGNAL) unless a claim says so.
// Allocates.
#ifndef LASTACK_CASES_OS_PAIR_H_
#define LASTACK_CASES_OS_PAIR_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cases/os/witness.h"
#include "harness/sys/sys_api.h"

namespace lastack::os {

// A call that takes less did not wait for the network or a peer.
inline constexpr double kAtOnceMs = 100;

enum class Family { kIpv4, kIpv6, kUnix };
[[nodiscard]] const char* FamilyName(Family family);  // "IPv4", "IPv6", "AF_UNIX"

// "0", "12", "EPIPE": what a call returned.
[[nodiscard]] std::string Word(const SysResult& result);

// One measured value: a number with its unit, or a word.
struct Fact {
  std::string name;
  std::string unit;  // "ms", "bytes"; empty for a word
  double number = 0;
  std::string word;
};

// What one run of a claim found.
class Finding {
 public:
  explicit Finding(bool holds) : holds_(holds) {}
  // Not measured: the reason.
  explicit Finding(absl::Status status) : holds_(false), status_(std::move(status)) {}

  Finding& Bytes(const char* name, size_t bytes);
  Finding& Ms(const char* name, double ms);
  Finding& Word(const char* name, const std::string& word);
  Finding& Word(const char* name, const SysResult& result) { return Word(name, os::Word(result)); }

  bool holds() const { return holds_; }
  const absl::Status& status() const { return status_; }
  const std::vector<Fact>& facts() const { return facts_; }

 private:
  bool holds_;
  absl::Status status_;
  std::vector<Fact> facts_;
};

struct Reading {
  size_t bytes = 0;
  std::string end;  // "EOF", an errno's name, or "nothing" if the end did not come
};

// One end of a connection.
class End {
 public:
  End(SysApi& sys, Witness& witness) : sys(sys), witness(witness) {}

  SysApi& sys;
  Witness& witness;
  int fd = -1;  // -1 once closed by Close
  Address address;

  SysResult Send(size_t bytes);  // without waiting, without SIGPIPE
  SysResult Receive();           // at most 64 KiB; without waiting: EAGAIN
  size_t Fill();                 // until the peer's queue and ours are full: how many bytes
  Reading ReadToEnd();           // all that comes
  bool AwaitInput();             // data, or an end; false after a while
  bool AwaitHangUp();            // POLLHUP or POLLERR: both directions have ended, or a reset came
  SysResult Shutdown(int how);
  SysResult SetLinger(int on, int seconds);
  SysResult SetNonBlocking();
  Timed Close();
};

class Pair {
 public:
  // UnavailableError where the machine has no such family.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Pair>> Connect(SysApi& sys, Witness& witness, Family family);
  ~Pair();
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  SysApi& sys;
  Witness& witness;
  const Family family;
  End here;
  End peer;
  End listener;  // of `peer`; none for AF_UNIX

  // Whether the socket table was asked in vain: then the claim's states are not to be believed.
  bool blind() const { return blind_; }
  bool is_tcp() const { return family != Family::kUnix; }
  [[nodiscard]] absl::StatusOr<std::unique_ptr<Pair>> Another() { return Connect(sys, witness, family); }

  // Connects one more to the listener. The caller closes it.
  [[nodiscard]] absl::StatusOr<int> ConnectOneMore();

  // "FIN_WAIT2"; "none" if the socket is gone, or the table cannot be read (blind).
  std::string HereState() { return StateOf(here, peer); }
  std::string PeerState() { return StateOf(peer, here); }
  // The state, as soon as it is `expected`; after a while as it is.
  std::string AwaitHereState(const std::string& expected);
  // What waits at our end: written and not acknowledged. 0 if the socket is gone.
  size_t HereUnsent() { return UnsentOf(here, peer); }

  // Waits until that many bytes are left.
  void AwaitHereUnsent(size_t bytes);
  void AwaitPeerUnsent(size_t bytes);

  // "FIN", "RST", "FIN, RST", "neither"; "not seen" without a capture.
  std::string HereSent();

 private:
  Pair(SysApi& sys, Witness& witness, Family family);
  absl::Status Open();
  absl::optional<SocketRow> RowOf(const End& end, const End& other);
  std::string StateOf(const End& end, const End& other);
  size_t UnsentOf(const End& end, const End& other);
  // Until `reached`, or the witness's patience is over.
  void AwaitThat(const std::function<bool()>& reached);

  bool blind_ = false;
};

}  // namespace lastack::os

#endif  // LASTACK_CASES_OS_PAIR_H_
