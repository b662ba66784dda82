#include "harness/agent/inject.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>

#include "harness/agent/raw.h"
#include "harness/agent/real.h"
#include "harness/plan/realism.h"

namespace lastack {
namespace {

constexpr long kNanosecondsPerSecond = 1'000'000'000;

// Whether a signal could interrupt a blocking call here: a handler without SA_RESTART is installed. The kernel is
// asked, not libc, so that handlers installed before the agent came count too.
bool CatchesASignal() {
  struct KernelAction {  // rt_sigaction(2)
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)();
    uint64_t mask;
  };
  for (int signal = 1; signal <= 64; ++signal) {
    KernelAction action{};
    if (raw::Call(SYS_rt_sigaction, signal, 0, raw::Word(&action), sizeof(action.mask)) < 0) continue;
    const bool caught = action.handler != SIG_DFL && action.handler != SIG_IGN;
    if (caught && (action.flags & SA_RESTART) == 0) return true;
  }
  return false;
}

SiteFacts FactsOf(int fd, int flags) {
  const long status = fd < 0 ? 0 : raw::Call(SYS_fcntl, fd, F_GETFL);
  const bool blocking = status >= 0 && (status & O_NONBLOCK) == 0 && (flags & MSG_DONTWAIT) == 0;
  return {.blocking = blocking, .catches_a_signal = CatchesASignal()};
}

timespec Now() {
  timespec now{};
  raw::Call(SYS_clock_gettime, CLOCK_MONOTONIC, raw::Word(&now));
  return now;
}

timespec After(uint64_t ns) {
  timespec time = Now();
  time.tv_sec += static_cast<time_t>(ns / kNanosecondsPerSecond);
  time.tv_nsec += static_cast<long>(ns % kNanosecondsPerSecond);
  if (time.tv_nsec >= kNanosecondsPerSecond) {
    time.tv_sec += 1;
    time.tv_nsec -= kNanosecondsPerSecond;
  }
  return time;
}

bool Passed(const timespec& deadline) {
  const timespec now = Now();
  return now.tv_sec > deadline.tv_sec || (now.tv_sec == deadline.tv_sec && now.tv_nsec >= deadline.tv_nsec);
}

// The whole time, whatever signals come.
void Wait(uint64_t us) {
  const timespec until = After(us * 1000);
  while (raw::Call(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, raw::Word(&until)) == -EINTR) {
  }
}

bool WasReset(int fd) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  return raw::Call(SYS_getsockopt, fd, IPPROTO_TCP, TCP_INFO, raw::Word(&info), raw::Word(&size)) == 0 &&
         info.tcpi_state == TCP_CLOSE;
}

// Waits on a futex word in the shared mapping while it is `value`, at most until `deadline`.
void WaitWhile(uint32_t& word, uint32_t value, const timespec& deadline) {
  raw::Call(SYS_futex, raw::Word(&word), FUTEX_WAIT_BITSET, value, raw::Word(&deadline), 0, FUTEX_BITSET_MATCH_ANY);
}

// Orders the peer to reset this connection, and returns when the kernel has taken it in: whether it has.
bool ResetByPeer(int fd) {
  ResetOrder& order = agent.header->reset_order;
  const timespec deadline = After(agent.header->reset_timeout_ns);
  const auto state = [&order] { return __atomic_load_n(&order.state, __ATOMIC_ACQUIRE); };
  for (;;) {
    uint32_t idle = ResetOrder::kIdle;
    if (__atomic_compare_exchange_n(&order.state, &idle, ResetOrder::kWriting, false, __ATOMIC_ACQUIRE,
                                    __ATOMIC_RELAXED)) {
      break;
    }
    if (Passed(deadline)) return false;
    WaitWhile(order.state, idle, deadline);
  }
  order.port = LocalPort(fd);
  order.peer_port = RemotePort(fd);
  __atomic_store_n(&order.state, ResetOrder::kRequested, __ATOMIC_RELEASE);
  raw::Call(SYS_futex, raw::Word(&order.state), FUTEX_WAKE, INT32_MAX);
  while (state() == ResetOrder::kRequested && !Passed(deadline)) {
    WaitWhile(order.state, ResetOrder::kRequested, deadline);
  }
  const bool done = state() == ResetOrder::kDone;
  __atomic_store_n(&order.state, ResetOrder::kIdle, __ATOMIC_RELEASE);
  raw::Call(SYS_futex, raw::Word(&order.state), FUTEX_WAKE, INT32_MAX);
  if (!done) return false;
  while (!WasReset(fd)) {
    if (Passed(deadline)) return false;
    raw::Call(SYS_sched_yield);
  }
  return true;
}

// As a call does that reports it: the next one meets what is left.
void TakePendingError(int fd) {
  int error = 0;
  socklen_t size = sizeof(error);
  raw::Call(SYS_getsockopt, fd, SOL_SOCKET, SO_ERROR, raw::Word(&error), raw::Word(&size));
}

// A connect that a signal interrupts goes on in the kernel, as one on a non-blocking socket does from its start: a
// second connect then waits for it and succeeds.
void BeginConnecting(int fd, Invocation invocation) {
  const long status = raw::Call(SYS_fcntl, fd, F_GETFL);
  if (status >= 0) raw::Call(SYS_fcntl, fd, F_SETFL, status | O_NONBLOCK);
  invocation(kWhole);
  if (status >= 0) raw::Call(SYS_fcntl, fd, F_SETFL, status);
}

// By one thread at a time, since each opens one for it; 0 if it cannot be told.
uint32_t OpenDescriptors() {
  struct Entry {  // getdents64(2)
    uint64_t inode;
    int64_t offset;
    uint16_t size;
    uint8_t type;
    char name[];
  };
  static uint32_t counting = 0;
  constexpr int kPatience = 10'000;  // a signal handler may have interrupted the one who counts
  for (int turn = 0; __atomic_exchange_n(&counting, 1, __ATOMIC_ACQUIRE) != 0; ++turn) {
    if (turn == kPatience) return 0;
    raw::Call(SYS_sched_yield);
  }
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  const long directory = raw::Call(SYS_openat, AT_FDCWD, raw::Word("/proc/self/fd"), kFlags);
  uint32_t count = 0;
  alignas(Entry) char entries[1024];
  long size = directory;
  while (size >= 0 && (size = raw::Call(SYS_getdents64, directory, raw::Word(entries), sizeof(entries))) > 0) {
    for (long at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const Entry*>(entries + at);
      if (entry->name[0] != '.') ++count;
      at += entry->size;
    }
  }
  if (directory >= 0) raw::Call(SYS_close, directory);
  __atomic_store_n(&counting, 0, __ATOMIC_RELEASE);
  return count == 0 ? 0 : count - 1;  // without its own
}

// Whether as many are open as when this was first asked.
bool IsExhausted() {
  const uint32_t open = OpenDescriptors();
  if (open == 0)
    return true;  // none is free for the question; or there is no /proc, and one failure is as good as another
  uint32_t most = 0;
  __atomic_compare_exchange_n(&agent.most_held, &most, open, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
  return most == 0 || open >= most;
}

int64_t Fail(int error) {
  errno = error;
  return -1;
}

int64_t Perform(const Fault& fault, Event& event, Invocation invocation) {
  switch (fault.effect) {
    case Effect::kSkip:
      return Fail(fault.error);
    case Effect::kFull:
      if (event.call == Call::connect && fault.error == EINTR) {
        BeginConnecting(event.fd, invocation);
      } else {
        invocation(kWhole);
      }
      return Fail(fault.error);
    case Effect::kPartial:
      event.substitute = fault.amount;
      return invocation(fault.amount);
    case Effect::kDelay:
      Wait(fault.amount);
      return invocation(kWhole);
    case Effect::kReset:
      if (!ResetByPeer(event.fd)) {
        event.fault = kNoFaultIndex;  // it did not fire
      } else if (fault.error == EPIPE) {
        TakePendingError(event.fd);
      }
      return invocation(kWhole);
    case Effect::kDecoy:
      if (!PlantDecoy(event.fd, fault.after)) {
        event.fault = kNoFaultIndex;
        return invocation(kWhole);
      }
      agent.decoy_inode = event.socket;
      __atomic_store_n(&agent.decoy, event.fd, __ATOMIC_RELEASE);
      return fault.error == 0 ? 0 : Fail(fault.error);
    case Effect::kInterrupt:  // takes a tracer
      event.fault = kNoFaultIndex;
      break;
    case Effect::kExhaust:
      return Fail(fault.error);
    case Effect::kNone:
      break;
  }
  return invocation(kWhole);
}

// What marks our eventfd among all others: a signal number for asynchronous input that nobody asks for (F_SETSIG,
// fcntl(2)).
constexpr int kDecoyMark = 61;

void RaiseInThisThread(int signal) { raw::Call(SYS_tgkill, raw::Call(SYS_getpid), raw::Call(SYS_gettid), signal); }

}  // namespace

int64_t Inject(Call call, Watch& watch, Tally& tally, Event& event, int flags, Invocation invocation) {
  const int index = Decide(*agent.plan, watch, tally, call);
  if (index == kNoFault || SparesPeek(agent.plan->faults[index], flags, tally)) return End(event, invocation(kWhole));
  const Fault& fault = agent.plan->faults[index];
  LookUp(call);
  if (fault.effect == Effect::kExhaust && !IsExhausted()) {
    Discount(*agent.plan, watch, tally, index);
    return End(event, invocation(kWhole));
  }
  event.fault = static_cast<uint8_t>(index);
  event.effect = fault.effect;
  event.realism = RealismOf(call, fault.effect, fault.error, FactsOf(event.fd, flags));
  const int64_t result = End(event, Perform(fault, event, invocation));
  // The event is complete before a signal may end the process.
  const int error = event.error;
  const bool fired = event.fault != kNoFaultIndex;
  const bool is_ours = fault.error == EPIPE && fault.effect != Effect::kReset;  // the kernel's own EPIPE has brought it
  if (fired && is_ours && FamilyOf(call) == CallFamily::send && (flags & MSG_NOSIGNAL) == 0) {
    RaiseInThisThread(SIGPIPE);
  }
  if (fired && fault.signal != 0) RaiseInThisThread(fault.signal);
  if (result < 0) errno = error;  // a handler may have changed it
  return result;
}

bool PlantDecoy(int fd, uint8_t after) {
  // One at a time in a process, and only where a connection was: an attempt that was refused is not what is judged,
  // unless the rule waits for one.
  if (fd <= 2 || agent.decoy >= 0 || (agent.sockets[fd].history & (kConnected | after)) == 0) return false;
  const long decoy = raw::Call(SYS_eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (decoy < 0) return false;
  raw::Call(SYS_fcntl, decoy, F_SETSIG, kDecoyMark);
  const bool planted = raw::Call(SYS_dup3, decoy, fd, O_CLOEXEC) == fd;
  raw::Call(SYS_close, decoy);
  if (planted) __atomic_add_fetch(&agent.header->decoys_planted, 1, __ATOMIC_RELAXED);
  return planted;
}

bool DecoyStands(int fd) { return raw::Call(SYS_fcntl, fd, F_GETSIG) == kDecoyMark; }

int64_t OnDecoy(Call call, int fd) {
  Event& event = Begin(call, fd, agent.decoy_inode, kDecoy, 0, 0, kOnDecoy);
  if (FamilyOf(call) == CallFamily::close) {
    agent.decoy = -1;
    raw::Call(SYS_close, fd);
  }
  errno = EBADF;
  return End(event, int64_t{-1});
}

}  // namespace lastack
