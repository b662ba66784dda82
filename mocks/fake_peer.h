// The other end of a connection, scripted: it reacts to what arrives, and acts at given times, without threads.
//
//   network.OnConnect(8080, [](FakePeer& peer) {
//     peer.OnData([](FakePeer& peer, const std::string& request) { peer.Send("HTTP/1.1 200 OK\r\n\r\n"); });
//     peer.OnEnd([](FakePeer& peer) { peer.Reset(); });          // RST in answer to FIN
//     peer.After(absl::Seconds(5), [](FakePeer& peer) { peer.Close(); });
//   });
//
// A peer reads what comes, at once. One that is told DoNotRead leaves it in its queue: what is sent to it fills up, and
// its Close sends RST, as on a kernel.
// A peer lives until its network ends or, once closed, until another connects. Reactions run between the calls of the
// code under test, and while it waits; they must not block.
#ifndef LASTACK_MOCKS_FAKE_PEER_H_
#define LASTACK_MOCKS_FAKE_PEER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "mocks/fake_process.h"

namespace lastack {

class FakeReactor {
 public:
  virtual ~FakeReactor() = default;
  virtual void React() = 0;
};

class FakePeer : public FakeReactor {
 public:
  using Action = std::function<void(FakePeer& peer)>;
  using DataAction = std::function<void(FakePeer& peer, const std::string& data)>;

  FakePeer(FakeStack& stack, FakeProcess& process, int fd);
  ~FakePeer() override;

  // The reactions replace earlier ones, and also see what has already arrived.
  void OnData(DataAction action);
  void OnEnd(Action action);    // FIN, after all data that the peer reads
  void OnReset(Action action);  // RST
  void After(absl::Duration delay, Action action);

  void DoNotRead() { reads_ = false; }
  void Send(absl::string_view data);  // what the queue does not take follows as soon as it does
  void Finish();                      // shutdown(SHUT_WR), after that
  void Close();                       // at once
  void Reset();                       // RST: {1, 0} and close

  const std::string& received() const { return received_; }
  bool ended() const { return ended_; }          // FIN has
  bool was_reset() const { return was_reset_; }  // RST has
  bool open() const { return fd_ >= 0; }
  int fd() const { return fd_; }  // in `process`
  FakeProcess& process() { return process_; }

  void React() override;

 private:
  void Flush();
  void ReactSoon();

  FakeStack& stack_;
  FakeProcess& process_;
  int fd_;
  DataAction on_data_;
  Action on_end_, on_reset_;
  std::string received_, unsent_;
  bool reads_ = true, finishing_ = false, ended_ = false, was_reset_ = false, told_end_ = false, told_reset_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // scheduled actions may come later than our end
};

}  // namespace lastack

#endif  // LASTACK_MOCKS_FAKE_PEER_H_
