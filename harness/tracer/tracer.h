// Reaches the calls of any program by ptrace(2): static ones, Go's, and those that the C library makes inside itself.
// The same plan, the same events as the agent's.
//
//   Tracer tracer(trace.header());
//   ... the child, before its exec, installs TracerFilter() once tracer.Seize(child) has returned ...
//   for (;;) {
//     pid = waitpid(-1, &status, __WALL);
//     if (WIFSTOPPED(status)) tracer.OnStop(pid, status); else tracer.OnEnd(pid);
//   }
//
// A seccomp filter stops the calls of the table, and only these (SECCOMP_RET_TRACE); everything else runs at full
// speed. A call on a descriptor that is no socket goes on at once; the others stop once more when they return.
//
// Threads: everything on the thread that seized. Allocates. Sources: ptrace(2), seccomp(2).
#ifndef LASTACK_HARNESS_TRACER_TRACER_H_
#define LASTACK_HARNESS_TRACER_TRACER_H_

#include <sched.h>
#include <stdint.h>
#include <sys/types.h>

#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "harness/plan/decide.h"
#include "harness/trace/trace_file.h"
#include "harness/tracer/recorder.h"
#include "harness/tracer/registers.h"
#include "harness/tracer/remote.h"
#include "harness/tracer/traced.h"

namespace lastack {

class Tracer {
 public:
  // `pins`: every thread runs on our processor, from its first call about a socket on, which halves what a stop costs
  // and takes races away.
  explicit Tracer(TraceHeader& header, bool pins = true);
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;
  ~Tracer();

  // Follows `child` and all that it will start. PermissionDeniedError where ptrace is not allowed.
  [[nodiscard]] absl::Status Seize(pid_t child);

  // A traced thread has stopped: does what is to be done, and lets it go on.
  void OnStop(pid_t thread, int status);
  // It has ended.
  void OnEnd(pid_t thread);

  // Lets threads go on whose delay is over. Returns when to come back (CLOCK_MONOTONIC, ns), or kNoTime.
  static constexpr uint64_t kNoTime = UINT64_MAX;
  uint64_t ResumeDelayed(uint64_t now_ns);

  // Ends that the tracer had to wait for itself, as waitpid(2) gives them.
  [[nodiscard]] std::vector<std::pair<pid_t, int>> TakeEnds() { return std::exchange(ends_, {}); }

 private:
  void Resume(TracedThread& thread, int signal = 0);

  void Pin(TracedThread& thread);
  void Unpin(TracedThread& thread);

  // Threads and processes (processes.cc).
  void OnChild(TracedThread& parent, bool vfork_or_fork);
  void OnExec(TracedThread& thread);
  void TakeStock(TracedThread& thread);
  void CheckIn(TracedThread& thread, uint64_t how);
  struct Underway {
    std::set<int> closing;
    bool changes = false;  // a call that may give or take any number
  };
  Underway CallsUnderway(const TracedThread& except) const;
  void CompareAtExit(TracedThread& thread);
  bool Leaves(TracedThread& thread);

  // Calls (tracer.cc).
  void OnEntry(TracedThread& thread);
  void OnReturn(TracedThread& thread);
  bool GoesOn(TracedThread& thread, const Registers& registers);
  void OnSignal(TracedThread& thread, int signal);
  void Enter(TracedThread& thread, Call call, Registers& registers);
  bool EnterOnDecoy(TracedThread& thread, const Site& site, Registers& registers);
  bool ReplacesSocket(const TracedThread& thread, const Site& site) const;
  void EnterCall(TracedThread& thread, const Site& site, Registers& registers);
  PendingCall& AwaitReturn(TracedThread& thread, const Site& site, Event* event, const Registers& registers);
  void Complete(TracedThread& thread, PendingCall& call, const Registers& registers, int64_t result);

  // What a call acts on (sites.cc).
  Site SiteOf(TracedThread& thread, Call call, const Registers& registers);
  void ChooseOf(TracedThread& thread, int fd, Site& site);
  void NoteHandler(TracedThread& thread, const Registers& registers);

  // Faults (faults.cc).
  void Perform(TracedThread& thread, const Site& site, const Fault& fault, Event& event, Registers& registers);
  void SkipCall(TracedThread& thread, const Site& site, int64_t failure, int signal, Event& event,
                Registers& registers);
  void Shorten(TracedThread& thread, PendingCall& call, Registers& registers);
  bool ResetByPeer(const RemoteDescriptor& socket);
  bool PlantDecoy(TracedThread& thread, const Site& site, uint8_t after, int64_t result,
                  Registers& registers);  // as the close returns
  Realism RealismAt(const TracedThread& thread, const Site& site, const Fault& fault);

  // Calls that the thread makes for us (injected_calls.cc).
  bool MapScratch(TracedThread& thread, Registers& registers);

  // What a call did to descriptors (descriptors.cc).
  void AfterCall(TracedThread& thread, const PendingCall& call, const Registers& registers, int64_t result);
  void AfterCopy(TracedThread& thread, const PendingCall& call, const Registers& registers, int copy);
  void Born(TracedThread& thread, int fd, Call maker, int from, uint8_t history);
  bool EnterSocket(TracedThread& thread, int fd, const RemoteDescriptor& descriptor, uint8_t history, uint8_t* flags);
  void Remember(TracedSocket& socket, uint8_t history);
  void CloseRange(TracedThread& thread, Call call, uint64_t first, uint64_t last);
  void Replace(TracedThread& thread, Call call, int fd);
  void FindPassed(TracedThread& thread, uint64_t message);

  TraceHeader& header_;
  Plan plan_;
  Recorder recorder_;
  const bool pins_;
  int processor_ = -1;      // that everything is pinned to
  cpu_set_t processors_{};  // that were there before
  std::map<pid_t, TracedThread> threads_;
  std::multimap<uint64_t, pid_t> delayed_;  // by the time when they go on
  std::map<pid_t, int> unannounced_;        // stopped before the stop of whoever made them was seen
  std::vector<std::pair<pid_t, int>> ends_;
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_TRACER_TRACER_H_
