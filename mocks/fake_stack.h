// The fake's network stack: its sockets, ports and listeners, its virtual time, and the wire between the ends.
//
// FakeProcess (fake_process.h) makes the socket calls of it; FakeTcp and FakeUnix hold the rules of the connections.
// Code that tests with a FakeNetwork needs none of this.
//
// Threads: none. Allocates when there is more of something than ever before, for bound paths, and for actions.
#ifndef LASTACK_MOCKS_FAKE_STACK_H_
#define LASTACK_MOCKS_FAKE_STACK_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "harness/peer/socket_row.h"
#include "mocks/fake_events.h"
#include "mocks/fake_options.h"
#include "mocks/fake_socket.h"
#include "mocks/fake_tcp.h"
#include "mocks/fake_timeline.h"
#include "mocks/fake_unix.h"

namespace lastack {

// What is left of an end when its socket is gone: TIME_WAIT, or nothing but the memory of it.
struct FakeTrace {
  FakeAddress local, remote;
  FakeSegments segments;
  int64_t time_wait_until_ns = 0;
  bool holds_port = false;
  bool reuse_address = false;
};

class FakeStack {
 public:
  explicit FakeStack(const FakeOptions& options);
  ~FakeStack();
  FakeStack(const FakeStack&) = delete;
  FakeStack& operator=(const FakeStack&) = delete;

  const FakeOptions options;
  FakeEvents events;
  FakeTimeline timeline;
  FakeTcp tcp;
  FakeUnix unix_domain;

  bool document() const { return options.personality == FakePersonality::kDocument; }

  // --- Sockets.
  FakeSocket& NewSocket(int family);
  // Frees what nobody refers to and has no connection.
  void Release(FakeSocket& socket);
  const std::vector<std::unique_ptr<FakeSocket>>& sockets() const { return all_; }
  size_t sockets_in_use() const { return all_.size() - free_.size(); }

  // --- Ports. Each returns an errno, or 0.
  int Bind(FakeSocket& socket, FakeAddress address);
  int BindToAny(FakeSocket& socket);  // an ephemeral port
  void ShareListenersPort(FakeSocket& accepted, const FakeSocket& listener);
  void LetGoOfPort(FakeSocket& socket);  // unless it was bound by name
  void Listen(FakeSocket& socket);
  void StopListening(FakeSocket& socket);
  FakeSocket* ListenerAt(const FakeAddress& address);
  FakeSocket* ListenerAt(const std::string& path);
  std::set<std::string> paths;  // of AF_UNIX that were bound: files outlive their sockets

  // --- The wire.
  void Transmit(FakeSocket& from, const FakeSegment& segment);
  // A segment of nobody: the refusal of a connection.
  void TransmitTo(FakeSocket& to, const FakeSegment& segment);
  void ScheduleFor(FakeSocket& socket, FakeEvent::Kind kind, int64_t after_ns);
  void ScheduleAction(int64_t at_ns, std::function<void()> action);
  // Keeps the end's TIME_WAIT after its socket.
  void KeepTimeWait(FakeSocket& socket);

  // --- Time. Does the reactions that are due, else moves to the next event, if that is not after `until_ns`, else to
  // `until_ns`. False if there was nothing to do and no `until_ns` (FakeEvents::kNever), or it is reached.
  bool Advance(int64_t until_ns);
  // What has already happened has its consequences: reactions, events of this very moment.
  void Settle();
  // Something happened to a socket that a poller or a reaction may wait for; bits as for Wake.
  void Notify(FakeSocket& socket, uint32_t events);
  // Called with each socket whose reaction is due.
  std::function<void(FakeSocket&)> react;

  // --- Looking.
  absl::optional<SocketRow> Row(const FakeAddress& local, const FakeAddress& remote);
  absl::optional<FakeSegments> Sent(const FakeAddress& local, const FakeAddress& remote);

 private:
  bool RunReactions();
  void Run(FakeEvent event);
  void Expire();
  void Keep(const FakeTrace& trace);
  void Recycle(FakeSocket& socket);
  bool Conflicts(const FakeSocket& socket, const FakeAddress& address);
  int64_t ArrivalNs(FakeSocket& from, uint64_t bytes);
  const int64_t latency_ns_;
  const int64_t jitter_ns_;
  const bool instant_;
  std::mt19937_64 random_;
  std::vector<std::unique_ptr<FakeSocket>> all_;
  std::vector<FakeSocket*> free_;
  std::vector<FakeSocket*> listeners_;
  std::vector<FakeSocket*> due_;  // for reactions
  std::vector<uint16_t> port_owners_;
  uint16_t next_port_;
  uint64_t serial_ = 0;
  bool reacting_ = false;

  // The newest traces, in a ring; those that hold a port do so until their time or their turn is over.
  std::vector<FakeTrace> traces_;
  size_t next_trace_ = 0;
  int64_t next_expiry_ns_ = 0;  // no TIME_WAIT ends before; new ones end later
};

}  // namespace lastack

#endif  // LASTACK_MOCKS_FAKE_STACK_H_
