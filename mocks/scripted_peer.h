// The peer of a subject on a fake network: plays the scripts of harness/peer/script.h, and keeps the records that
// harness/peer keeps. It has no threads: it acts when it is told that something may have happened.
//
//   ScriptedPeer peer(network, now);
//   const uint16_t port = peer.Listen({{Step::ExpectBytes(5), Step::Send("answer"), Step::Finish()}});
//   ... the subject makes its calls, and peer.Act() follows each of them ...
//   std::vector<ConnectionRecord> records = peer.Stop();
//
// Between two calls of the subject the peer does all that it can do. Deadlines are in the network's time. Threads:
// none.
#ifndef LASTACK_MOCKS_SCRIPTED_PEER_H_
#define LASTACK_MOCKS_SCRIPTED_PEER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "harness/peer/connection_record.h"
#include "harness/peer/script.h"
#include "mocks/fake_network.h"

namespace lastack {

class ScriptedConnection;

class ScriptedPeer {
 public:
  // `now`: since the start of the run; each reading is later than the one before.
  ScriptedPeer(FakeNetwork& network, std::function<uint64_t()> now);
  ~ScriptedPeer();

  // At a free port of 127.0.0.1, which is returned: connection n plays scripts[n], those beyond the last play the last.
  uint16_t Listen(std::vector<Script> scripts);
  // A port at which all connections are refused.
  uint16_t Refuse();
  // Connects to the subject and plays the script; the index by which over() knows it.
  size_t Call(uint16_t port, const Script& script);
  bool over(size_t call) const;

  // Does what can be done now: whether anything was.
  bool Act();
  // When it will act again if nothing happens; FakeEvents::kNever.
  [[nodiscard]] int64_t next_ns() const;
  // By its ports: the subject's, and the peer's. Whether there is one: not before its handshake is over.
  bool Knows(uint16_t subject_port, uint16_t peer_port) const { return Find(subject_port, peer_port) != nullptr; }
  // Resets it. False: there is none, or it is over.
  bool Reset(uint16_t subject_port, uint16_t peer_port);

  // The subject is gone: what is on its way is read, and all is closed. In the order of acceptance, or of the calls.
  [[nodiscard]] std::vector<ConnectionRecord> Stop();

 private:
  ScriptedConnection* Find(uint16_t subject_port, uint16_t peer_port) const;
  void Add(int fd, const Script& script, bool called);
  bool AcceptAll();
  int NewSocket();

  FakeNetwork& network_;
  const std::function<uint64_t()> now_;
  FakeProcess process_;
  int listener_ = -1;
  std::vector<Script> scripts_;
  std::vector<std::unique_ptr<ScriptedConnection>> connections_;
};

}  // namespace lastack

#endif  // LASTACK_MOCKS_SCRIPTED_PEER_H_
