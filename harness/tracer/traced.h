// What the tracer knows of the subject: its processes, threads and descriptor tables, and the calls that they are in.
#ifndef LASTACK_HARNESS_TRACER_TRACED_H_
#define LASTACK_HARNESS_TRACER_TRACED_H_

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "harness/plan/decide.h"
#include "harness/trace/event.h"
#include "harness/tracer/registers.h"

namespace lastack {

struct TracedSocket {
  uint64_t inode = 0;
  uint64_t word = 0;  // SocketWord
  SocketKind kind = SocketKind::kNotASocket;
  uint8_t history = 0;
  Watch watch{};
  Tally tally{};
};

// A descriptor table: of one process, or of several that were cloned with CLONE_FILES.
struct TracedFiles {
  std::map<int, TracedSocket> sockets;
  int decoy = -1;  // the number that a decoy holds, or -1
  uint64_t decoy_inode = 0;
  size_t most_held = 0;  // the descriptors that were open when a fault first refused another; 0: none has
  // Calls on no particular socket are counted for the process.
  Watch watch{};
  Tally tally{};
};

struct TracedProcess {
  TracedProcess(pid_t number, pid_t parents_number) : pid(number), parent(parents_number) { SeeThrough(pid); }
  TracedProcess(const TracedProcess&) = delete;
  TracedProcess& operator=(const TracedProcess&) = delete;
  ~TracedProcess() {
    if (pidfd >= 0) close(pidfd);
  }

  const pid_t pid;
  const pid_t parent;
  // The kernel shows what a process holds only through a thread that has not left it.
  void SeeThrough(pid_t thread) {
    constexpr unsigned kThread = O_EXCL;  // PIDFD_THREAD (Linux 6.9): for threads that are not their process's first
    if (pidfd >= 0) close(pidfd);
    seen_through = thread;
    pidfd = static_cast<int>(syscall(SYS_pidfd_open, thread, thread == pid ? 0 : kThread));
  }
  pid_t seen_through = 0;
  int pidfd = -1;
  // Whose events its are: another process's, while they share their descriptors (CLONE_FILES).
  pid_t known_as = pid;
  bool in_place = false;  // it has executed its program: what comes before is the launcher's
  std::shared_ptr<TracedFiles> files;
  std::map<int, bool> handlers;  // signals with a handler; whether it restarts calls (SA_RESTART)
};

// A call as it begins: what it acts on, and in which counts it is an occurrence.
struct Site {
  Call call = Call::none;
  int fd = -1;
  TracedSocket* socket = nullptr;  // null: it is on no socket of ours
  Watch* watch = nullptr;          // null: no fault can fire here
  Tally* tally = nullptr;
  uint64_t a = 0;  // of its event
  uint64_t b = 0;
  int flags = 0;  // MSG_ flags of a send or receive
};

// A call that has begun, and whose return is waited for.
struct PendingCall {
  Call call = Call::none;
  Registers registers;  // with which it was made; by them a restarted call is known
  int fd = -1;
  Event* event = nullptr;       // null: only what it does to descriptors matters
  int from = -1;                // the socket that a copy is made of, or that accepts
  uint8_t history = 0;          // of that socket
  int replace = 0;              // the error that the caller is to find, whatever the kernel says; 0: none
  int signal = 0;               // to be sent when it has returned
  uint64_t message = 0;         // where its msghdr is, if it was given a copy
  uint64_t limit = 0;           // of kPartial: shortened to that many bytes, each time it is restarted; 0: not at all
  bool interrupts = false;      // EINTR, if it waits; then the fault has fired
  bool makes_blocking = false;  // O_NONBLOCK was set for the time of the call
  int64_t restart = 0;          // what the kernel returned inside when a signal interrupted it (linux/errno.h)
  bool made_again = false;      // the signal's handler is known to let it be restarted
  std::vector<std::pair<int, uint64_t>> restore;  // argument registers that were changed
};

struct TracedThread {
  pid_t tid = 0;
  std::shared_ptr<TracedProcess> process;
  bool awaits_return = false;
  bool pinned = false;
  bool leaves = false;   // it is in exit(2)
  bool is_held = false;  // before a call, until its delay is over
  uint64_t scratch = 0;  // a page of ours in its memory, or 0
  PendingCall pending;
  std::vector<PendingCall> interrupted;  // will be restarted, or were ended by a signal: the next call shows which
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_TRACER_TRACED_H_
