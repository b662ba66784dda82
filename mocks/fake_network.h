// A network in memory: TCP (IPv4, IPv6 loopback) and AF_UNIX stream sockets behind the socket calls, for tests of code
// that closes sockets. No kernel sockets, no threads, no waiting: time is virtual.
//
//   FakeNetwork network;
//   network.OnConnect(8080, [](FakePeer& peer) {
//     peer.OnEnd([](FakePeer& peer) { peer.Reset(); });       // the server answers our FIN with RST
//   });
//   EXPECT_EQ(FetchAndClose(network, 8080), EXIT_OK) << network.Timeline();     // takes a SysApi&
//   EXPECT_EQ(network.open_descriptors(), 0);
//
// It is a model, not canned replies: every state in which a connection closes, bounded queues, RST where the kernel
// sends it, errors told once, readiness for poll, select and epoll. tests hold it against the kernel:
// sys_contract_test (the same body for both) and differential_test (random sequences on both).
//
// The calls, waiting and deadlocks: fake_process.h. Scripted results on top: mock_sys.h. Threads: none.
#ifndef LASTACK_MOCKS_FAKE_NETWORK_H_
#define LASTACK_MOCKS_FAKE_NETWORK_H_

#include "mocks/needs_cpp20.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "harness/peer/socket_row.h"
#include "mocks/fake_options.h"
#include "mocks/fake_peer.h"
#include "mocks/fake_process.h"
#include "mocks/fake_stack.h"

namespace lastack {

// A base, so that the stack exists before the process that makes calls of it.
struct FakeNetworkStack {
  explicit FakeNetworkStack(const FakeOptions& options) : own_stack(options) {}
  FakeStack own_stack;
};

class FakeNetwork : private FakeNetworkStack, public FakeProcess {
 public:
  explicit FakeNetwork(const FakeOptions& options = FakeOptions());
  ~FakeNetwork() override;

  // --- Scripted peers, at 127.0.0.1 and ::1.
  void OnConnect(uint16_t port, std::function<void(FakePeer& peer)> accepted);
  // Connects to a listener of the code under test. Its reactions are set before anything can arrive.
  FakePeer& ConnectTo(uint16_t port);
  // RST from the other end of a descriptor's connection, whoever holds that end.
  void ResetPeerOf(int fd);
  // At a time from now on, whatever waits then.
  void After(absl::Duration delay, std::function<void()> action);

  // --- Looking. Nothing here changes anything: SO_ERROR is not consumed.
  // Of the connection, as a socket table shows it: TIME_WAIT too, where TCP_INFO says CLOSE.
  [[nodiscard]] TcpState State(int fd) const;
  [[nodiscard]] FakeSegments Sent(int fd) const;
  // The end at `local` of the connection with `remote`, closed or not; nullopt if there is none any more.
  [[nodiscard]] absl::optional<SocketRow> Row(const sockaddr& local, const sockaddr& remote);
  // What it sent; nullopt if it is forgotten (the newest ends are remembered).
  [[nodiscard]] absl::optional<FakeSegments> Sent(const sockaddr& local, const sockaddr& remote);
  // The last calls and segments as text, for failure messages.
  [[nodiscard]] std::string Timeline() const { return stack_.timeline.Text(); }
  [[nodiscard]] int open_descriptors() const { return CountDescriptors(); }
  [[nodiscard]] size_t sockets() const { return stack_.sockets_in_use(); }  // with those without descriptors

  // --- Time, for whoever drives it.
  int64_t now_ns() const { return stack_.events.now_ns(); }
  int64_t next_event_ns() const { return stack_.events.next_ns(); }  // FakeEvents::kNever
  // To the next event, but not after `until_ns`; false if there is none and `until_ns` is reached or kNever.
  bool Advance(int64_t until_ns = FakeEvents::kNever) { return stack_.Advance(until_ns); }
  // Until nothing is on its way any more (timers of dead sockets and scheduled actions included), at most `patience`.
  void Settle(absl::Duration patience = absl::Seconds(1));

  FakeStack& stack() { return stack_; }

 private:
  class Listener;

  FakePeer& AddPeer(int fd);

  FakeProcess peers_process_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::unique_ptr<FakePeer>> peers_;
};

}  // namespace lastack

#endif  // LASTACK_MOCKS_FAKE_NETWORK_H_
