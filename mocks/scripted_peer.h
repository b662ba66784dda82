// The peer of a case (harness/peer/script.h) on a fake network: plays a script on one connection, and keeps what it
// saw.
#ifndef LASTACK_MOCKS_SCRIPTED_PEER_H_
#define LASTACK_MOCKS_SCRIPTED_PEER_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "harness/peer/connection_record.h"
#include "harness/peer/script.h"
#include "mocks/fake_network.h"

namespace lastack {

class ScriptedPeer : public FakeReactor {
 public:
  // `peer` was just accepted; it acts from now on by the script alone. `script` outlives it.
  ScriptedPeer(FakeNetwork& network, FakePeer& peer, const Script& script, size_t script_index);
  ScriptedPeer(const ScriptedPeer&) = delete;
  ScriptedPeer& operator=(const ScriptedPeer&) = delete;

  void React() override { Play(); }
  // As far as it goes now.
  void Play();
  // As if it were ordered from the subject's side; false if the connection is over.
  bool Reset();
  // The run is over: what is still on its way has this long.
  ConnectionRecord Finish(absl::Duration patience);

  uint16_t far_port() const { return record_.far_port; }

 private:
  enum class Outcome { kDone, kNotYet, kFailed };

  Outcome Do(const Step& step);
  enum class Got { kBytes, kNothingYet, kEnd };
  Got Take(uint64_t most, uint64_t* taken);
  Outcome Receive(uint64_t count);  // in this step
  Outcome ReadToEnd();
  Outcome Send(const std::string& text);
  Outcome SendFin();
  Outcome AwaitRead();
  Outcome ReadLate();
  Outcome Failed(const std::string& why);
  Outcome Later();
  void LookForEnd();
  void Conclude();
  bool ended() const { return record_.fin_ns != 0 || record_.reset_ns != 0; }
  FakeSocket* mine() const { return open_ ? peer_.process().FindSocket(peer_.fd()) : nullptr; }
  uint64_t now_ns() const { return static_cast<uint64_t>(network_.now_ns()); }

  FakeNetwork& network_;
  FakePeer& peer_;
  const Script& script_;
  ConnectionRecord record_;
  bool open_ = true;
  bool playing_ = false;
  bool over_ = false;      // of the script, one way or the other
  uint64_t done_ = 0;      // bytes of the present step
  uint64_t began_ns_ = 0;  // the present step
  bool helping_ = false;
  bool run_over_ = false;
};

}  // namespace lastack

#endif  // LASTACK_MOCKS_SCRIPTED_PEER_H_
