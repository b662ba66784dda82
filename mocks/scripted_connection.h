// One connection of a ScriptedPeer: the counterpart of harness/peer/connection.h and peer_socket.h, without threads.
#ifndef LASTACK_MOCKS_SCRIPTED_CONNECTION_H_
#define LASTACK_MOCKS_SCRIPTED_CONNECTION_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/time/time.h"
#include "harness/peer/connection_record.h"
#include "harness/peer/script.h"
#include "mocks/fake_network.h"

namespace lastack {

class ScriptedConnection {
 public:
  struct Setting {
    Script script;
    uint64_t index = 0;   // of the script
    bool called = false;  // we connect; it may not be connected yet
    absl::Duration step_timeout;
    absl::Duration end_timeout = absl::InfiniteDuration();  // how long ExpectEnd waits; afterwards the script goes on
    std::function<uint64_t()> now;
  };

  // Takes the non-blocking `fd` of `process`.
  ScriptedConnection(FakeNetwork& network, FakeProcess& process, int fd, Setting setting);

  bool Act();
  bool over() const { return phase_ == Phase::kOver; }
  int64_t next_ns() const { return over() ? FakeEvents::kNever : std::min(deadline_ns_, stuck_ns_); }
  // Ends the script by a RST. False: the connection was over.
  bool Reset();
  // The subject is gone: reads on what is under way.
  void Stop() { stopped_ = true; }
  // There is no patience left.
  void Close();

  const ConnectionRecord& record() const { return record_; }

 private:
  enum class Phase : uint8_t { kConnecting, kPlaying, kReadingToEnd, kAwaitingLast, kOver };
  enum class Outcome : uint8_t { kWaits, kDone, kFailed, kStopped };
  enum class Got : uint8_t { kBytes, kNothingYet, kEnd };

  void Connected();
  void PlayOn();
  Outcome Play(const Step& step);
  Outcome ExpectUntil(const std::string& text);
  Outcome ExpectBytes(uint64_t count);
  Outcome Send(const std::string& text);
  Outcome AwaitRead();
  Outcome AwaitClosed();
  Outcome Stall();
  Outcome HalfClose();
  Outcome SendReset();
  Outcome ReadLate();
  Outcome ReadToEnd(bool bounded);
  Outcome Failed(const std::string& why);
  Outcome NotYet(const std::string& why_at_deadline);
  void EndScript(Outcome outcome, const Step& step);

  // Our end of the wire, as PeerSocket has it.
  Got Receive(size_t limit);
  bool SendFin();
  bool ResetNow();
  TcpState LookForEnd();
  void NoteFin();
  void NoteReset();
  void NoteError(int error);
  void Release();
  std::string WhyEnded() const;
  const FakeSocket* socket() const { return fd_ < 0 ? nullptr : process_.FindSocket(fd_); }
  TcpState State() const { return socket() == nullptr ? TcpState::kClose : socket()->state; }
  void Widen();
  int64_t After(absl::Duration duration) const;
  bool DeadlinePassed() const { return network_.now_ns() >= deadline_ns_; }

  FakeNetwork& network_;
  FakeProcess& process_;
  int fd_;
  const Setting setting_;
  ConnectionRecord record_;
  Phase phase_;
  size_t step_ = 0;
  // Of the step that is being played.
  bool begun_ = false;
  uint64_t progress_ = 0;
  std::string seen_;
  uint64_t queues_ = 0;
  int64_t deadline_ns_ = FakeEvents::kNever;
  int64_t stuck_ns_ = FakeEvents::kNever;
  bool took_ = false;

  bool fin_ = false;
  bool reset_ = false;
  std::string error_;
  std::string why_failed_;
  std::string received_;
  bool stopped_ = false;
  uint64_t activity_ = 0;
};

}  // namespace lastack

#endif  // LASTACK_MOCKS_SCRIPTED_CONNECTION_H_
