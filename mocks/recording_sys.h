// The socket calls of a subject on a fake network, recorded and failed as the agent does it in a real process: the same
// events, field by field, and the plan's faults at the same sites. So what judges a traced program judges it, too.
//
//   RecordingSys sys(network, plan, {.now = ..., .reset = ..., .acted = ...});
//   sys.CheckIn();
//   ... the code under test makes its calls of `sys` ...
//   sys.Exit();
//   Ledger::Of(sys.trace());
//
// A subject that is killed, or that SIGPIPE kills, cannot be stopped here where it stands: from then on nothing that it
// calls is recorded, every call fails with EBADF, and its descriptors are closed as the end of a process closes them.
// Who goes on calling for ever then is ended with the test. SIGPIPE kills where it would: the disposition and the mask
// of this process and thread decide.
//
// Not here: effect=interrupt, which takes a tracer, and signal=. What sweeps or copies descriptors beside SysApi is not
// seen.
//
// Threads: none. Allocates. errno: as the network leaves it.
#ifndef LASTACK_MOCKS_RECORDING_SYS_H_
#define LASTACK_MOCKS_RECORDING_SYS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "harness/plan/decide.h"
#include "harness/plan/fault.h"
#include "harness/sys/sys_api.h"
#include "harness/trace/trace.h"
#include "mocks/fake_process.h"

namespace lastack {

class RecordingSys : public SysApi {
 public:
  static constexpr int kPid = 1000;              // of all events
  static constexpr size_t kMostEvents = 64'512;  // as in a trace file; more are lost, and counted

  struct Hooks {
    std::function<uint64_t()> now;           // since the start of the run; each reading is later than the one before
    std::function<bool(int fd)> reset;       // the peer resets the connection; false: it does not
    std::function<void(uint64_t us)> delay;  // time passes
    // After each call. Idle: it found nothing to do, where others would have waited.
    std::function<void(bool idle)> acted;
    // Instead of the return of a call that the process does not survive, or of one that it makes after its end. May
    // return: then the call fails with EBADF.
    std::function<void()> ended = [] {};
  };

  // `process`: whose calls they become. It must outlive this object.
  RecordingSys(FakeProcess& process, const Plan& plan, Hooks hooks);

  void CheckIn();
  // The process exits: its descriptors are compared with the table, and closed.
  void Exit();
  // Notes it as a call of sigaction if SIGPIPE does something else than at the last look; the first is at CheckIn. A
  // change that was undone in between is not seen.
  void LookAtSigpipe();
  // The process is killed, in the call that it makes now or before its next one.
  void Kill() { dead_ = true; }

  bool dead() const { return dead_; }
  int died_by() const { return died_by_; }  // SIGPIPE, or 0
  const Trace& trace() const { return trace_; }

#define LASTACK_SYS_API_CALL(name, parameters, arguments) SysResult name parameters override;
#include "harness/sys/sys_api_calls.inc"

 private:
  // What is known of one descriptor that is a socket.
  struct Row {
    uint64_t inode = 0;
    Watch watch = {};
    Tally tally = {};
    uint64_t word = 0;
    SocketKind kind = SocketKind::kOther;
    uint8_t history = 0;
  };
  // A call on no particular socket counts in the process.
  struct Counted {
    Watch watch = {};
    Tally tally = {};
  };
  class Chosen;

  template <typename Number>
  static constexpr uint64_t Word(Number number) {
    return static_cast<uint64_t>(number);
  }

  Row* Find(int fd);
  bool IsDecoy(int fd) const { return fd >= 0 && fd == decoy_; }

  // Indexes into the trace; one beyond it is an event that is lost.
  size_t Note(EventKind kind, Call call, int fd, uint64_t inode, uint64_t a, uint64_t b, int64_t result = 0,
              uint8_t flags = 0);
  size_t Begin(Call call, int fd, uint64_t inode, uint8_t history, uint64_t a, uint64_t b, uint8_t flags = 0);
  Event& At(size_t index) { return index < trace_.events.size() ? trace_.events[index].event : scratch_.event; }
  SysResult End(size_t index, SysResult result);
  SysResult Gone();
  void CloseAll();

  // Really makes a call, for at most `limit` bytes.
  static constexpr size_t kWhole = SIZE_MAX;
  using Invoke = std::function<SysResult(size_t limit)>;

  SysResult Make(size_t index, bool may_fire, Watch& watch, Tally& tally, int flags, const Invoke& invoke);
  SysResult Inject(size_t index, int fault_index, int flags, const Invoke& invoke);
  SysResult Perform(const Fault& fault, size_t index, const Invoke& invoke);
  void TakePendingError(int fd);
  template <typename A, typename B>
  SysResult OnSocket(Call call, int fd, A a, B b, const Invoke& invoke);
  SysResult InProcess(Call call, int fd, Counted& counted, uint64_t a, uint64_t b, const Invoke& invoke);
  SysResult Accept(Call call, int fd, int flags, const Invoke& invoke);
  SysResult Copy(Call call, int fd, uint64_t a, uint64_t b, const Invoke& invoke);
  SysResult CopyOnto(Call call, int fd, int target, int flags, const Invoke& invoke);
  SysResult Poll(Call call, pollfd* fds, nfds_t count, uint64_t timeout, const Invoke& invoke);
  SysResult Select(Call call, int count, const fd_set* reading, const fd_set* writing, uint64_t timeout,
                   const Invoke& invoke);
  SysResult OnDecoy(Call call, int fd);
  bool PlantDecoy(int fd, uint8_t after);
  void After(size_t index);

  void Born(int fd, Call maker, int from, uint8_t history);
  void Remember(Row& row, uint8_t history);
  uint16_t RemotePort(int fd) const;
  uint64_t Unread(int fd) const;
  uint64_t Unsent(int fd) const;
  void MeetSigpipe();

  FakeProcess& process_;
  const Plan plan_;
  const Hooks hooks_;
  Trace trace_;
  TracedEvent scratch_;
  std::map<int, Row> rows_;
  Counted making_, waiting_;
  int decoy_ = -1;
  uint64_t decoy_inode_ = 0;
  uint64_t on_sigpipe_ = 0;
  bool dead_ = false;
  bool exited_ = false;
  int calls_of_the_dead_ = 0;
  int died_by_ = 0;
};

}  // namespace lastack

#endif  // LASTACK_MOCKS_RECORDING_SYS_H_
