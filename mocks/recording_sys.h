// A backend of facts in process: makes the calls on a fake network, records them as the agent does in a subject, and
// carries out the faults of a plan.
//
//   RecordingSys sys(network, plan);
//   ScopedInterposition scope(sys, network);
//   ... the subject's calls ...
//   sys.Exit();
//   Observation observation; observation.trace = sys.trace();
//
// Each call takes a microsecond of virtual time, so that events have an order. poll, select and epoll are made and not
// recorded. Threads: none. Allocates.
#ifndef LASTACK_MOCKS_RECORDING_SYS_H_
#define LASTACK_MOCKS_RECORDING_SYS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "harness/plan/decide.h"
#include "harness/sys/sys_api.h"
#include "harness/trace/trace.h"
#include "mocks/fake_network.h"

namespace lastack {

class RecordingSys : public SysApi {
 public:
  static constexpr int kPid = 1;

  RecordingSys(FakeNetwork& network, const Plan& plan);

  // Around each call: what others do meanwhile.
  void OnPause(std::function<void()> pause) { pause_ = std::move(pause); }
  // For effect=reset: the peer of the connection from this port resets it. Whether it could.
  void OnResetOrder(std::function<bool(uint16_t port)> reset) { reset_ = std::move(reset); }

#define LASTACK_SYS_API_CALL(name, parameters, arguments) SysResult name parameters override;
#include "harness/sys/sys_api_calls.inc"

  // The end of the process: what it leaves open.
  void Exit();

  bool AnyOpen() const { return !sockets_.empty(); }
  // A SIGPIPE was due.
  bool sigpipe() const { return sigpipe_ || network_.sigpipes() > 0; }
  const Trace& trace() const { return trace_; }
  uint64_t now_ns() const { return static_cast<uint64_t>(network_.now_ns()); }

 private:
  struct Socket {
    uint64_t inode = 0;
    int domain = 0;
    SocketKind kind = SocketKind::kOther;
    uint8_t history = 0;
    Watch watch{};
    Tally tally{};
  };
  using Make = std::function<SysResult(size_t limit)>;
  // Fills in the words of an event; what the caller points to may be read if `readable`.
  using Words = std::function<void(Event& event, bool readable)>;

  SysResult Do(Call call, int fd, int flags, const Make& make, const Words& words);
  SysResult Perform(const Fault& fault, int fd, Event& event, const Make& make);
  SysResult Decoy(const Fault& fault, int fd, Event& event, const Make& make);
  SysResult OnDecoy(Call call, int fd);
  bool ResetByPeer(int fd);
  SysResult Accept(Call call, int fd, const Make& make);
  SysResult Copy(Call call, int fd, const Make& make);
  void After(const Event& event, Socket& socket);
  void Born(int fd, Call maker, int from, uint8_t history, int64_t result = 0);
  void Arrange(Socket& socket) { Arm(plan_, socket.watch, socket.tally, socket.kind, socket.history); }
  Event Begin(Call call, int fd, const Socket* socket) const;
  void Add(const Event& event, uint64_t start_ns);
  void Note(EventKind kind, Call call, int fd, uint64_t socket, uint64_t a, uint64_t b, int64_t result = 0);
  void Tick();

  FakeNetwork& network_;
  const Plan plan_;
  Trace trace_;
  std::map<int, std::shared_ptr<Socket>> sockets_;
  uint64_t inodes_ = 1000;
  int decoy_ = -1;
  uint64_t decoy_inode_ = 0;
  bool sigpipe_ = false;
  std::function<void()> pause_ = [] {};
  std::function<bool(uint16_t)> reset_ = [](uint16_t) { return false; };
};

}  // namespace lastack

#endif  // LASTACK_MOCKS_RECORDING_SYS_H_
