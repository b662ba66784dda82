// Carries out faults at the stop before a call: as harness/agent/inject.cc, from outside.
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "harness/plan/realism.h"
#include "harness/tracer/injected_calls.h"
#include "harness/tracer/shorten.h"
#include "harness/tracer/tracer.h"

namespace lastack {
namespace {

constexpr uint64_t kNsPerSecond = 1'000'000'000;
constexpr uint64_t kScratchSize = 4096;

uint64_t Now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * kNsPerSecond + static_cast<uint64_t>(now.tv_nsec);
}

// Waits on a futex word in the shared mapping while it is `value`, at most until the deadline.
void WaitWhile(uint32_t& word, uint32_t value, uint64_t deadline_ns) {
  const timespec deadline = {static_cast<time_t>(deadline_ns / kNsPerSecond),
                             static_cast<long>(deadline_ns % kNsPerSecond)};
  syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, value, &deadline, nullptr, FUTEX_BITSET_MATCH_ANY);
}

void Wake(uint32_t& word) { syscall(SYS_futex, &word, FUTEX_WAKE, INT32_MAX); }

// Where the call says how many bytes it may transfer; -1 if it says so in memory.
int LengthArgument(Extent extent) {
  switch (extent) {
    case Extent::kThird:
      return 2;
    case Extent::kFourth:
      return 3;
    default:
      return -1;
  }
}

bool BringsSigpipe(Call call, const Fault& fault, int flags) {
  const bool is_ours = fault.error == EPIPE && fault.effect != Effect::kReset;  // the kernel's own EPIPE brings it
  return is_ours && FamilyOf(call) == CallFamily::send && (flags & MSG_NOSIGNAL) == 0;
}

// Whether as many descriptors are open as when this was first asked.
bool IsExhausted(TracedProcess& process) {
  std::error_code unknown;
  std::filesystem::directory_iterator each(absl::StrCat("/proc/", process.seen_through, "/fd"), unknown);
  size_t open = 0;
  for (; !unknown && each != std::filesystem::directory_iterator(); each.increment(unknown)) ++open;
  if (unknown) return true;
  size_t& most = process.files->most_held;
  if (most == 0) most = open;
  return open >= most;
}

}  // namespace

// Both signals may be due; the kernel takes one at a time, and SIGPIPE comes from the call itself.
void Tracer::Perform(TracedThread& thread, const Site& site, const Fault& fault, Event& event, Registers& registers) {
  const pid_t pid = thread.process->pid;
  const int64_t failure = -static_cast<int64_t>(fault.error);
  const int signal = BringsSigpipe(site.call, fault, site.flags) ? SIGPIPE : fault.signal;
  switch (fault.effect) {
    case Effect::kExhaust:
      if (IsExhausted(*thread.process)) return SkipCall(thread, site, failure, signal, event, registers);
      Discount(plan_, *site.watch, *site.tally, event.fault);
      event.fault = kNoFaultIndex;
      break;
    case Effect::kSkip:
      return SkipCall(thread, site, failure, signal, event, registers);
    case Effect::kDecoy:
      if (PlantDecoy(thread, site, fault.after, failure, registers)) {
        TracedFiles& files = *thread.process->files;
        files.decoy = site.fd;
        files.decoy_inode = site.socket->inode;
        recorder_.End(event, failure);
        if (signal != 0) syscall(SYS_tgkill, pid, thread.tid, signal);
        return;
      }
      event.fault = kNoFaultIndex;
      break;
    case Effect::kReset: {
      const RemoteDescriptor socket(thread.process->pidfd, site.fd);
      if (!ResetByPeer(socket)) {
        event.fault = kNoFaultIndex;  // it did not fire
      } else if (fault.error == EPIPE) {
        (void)socket.Option(SO_ERROR);  // as a call does that reports it: the next one meets what is left
      }
      break;
    }
    default:
      break;
  }
  PendingCall& call = AwaitReturn(thread, site, &event, registers);
  call.signal = event.fault != kNoFaultIndex ? signal : 0;
  if (event.fault == kNoFaultIndex) return;
  if (fault.effect == Effect::kFull) {
    call.replace = fault.error;
    // Interrupted, it goes on in the kernel, as one on a non-blocking socket does from its start.
    if (site.call == Call::connect && fault.error == EINTR) {
      const RemoteDescriptor socket(thread.process->pidfd, site.fd);
      call.makes_blocking = socket.IsBlocking();
      socket.SetBlocking(false);
    }
  } else if (fault.effect == Effect::kInterrupt) {
    // Works as a pending signal does, whatever the thread blocks: a call that has to wait gives up (ptrace(2)).
    call.interrupts = ptrace(PTRACE_INTERRUPT, thread.tid, nullptr, nullptr) == 0;
  } else if (fault.effect == Effect::kPartial) {
    event.substitute = fault.amount;
    call.limit = fault.amount;
    Shorten(thread, call, registers);
  } else if (fault.effect == Effect::kDelay) {
    delayed_.emplace(Now() + uint64_t{fault.amount} * 1000, thread.tid);
    thread.is_held = true;
  }
}

void Tracer::SkipCall(TracedThread& thread, const Site& site, int64_t failure, int signal, Event& event,
                      Registers& registers) {
  registers.Skip(failure);
  registers.Write(thread.tid);
  PendingCall skipped;
  skipped.call = site.call;
  skipped.fd = site.fd;
  skipped.event = &event;
  skipped.signal = signal;
  Complete(thread, skipped, registers, failure);
}

void Tracer::Shorten(TracedThread& thread, PendingCall& call, Registers& registers) {
  const Extent extent = ExtentOf(call.call);
  const int length = LengthArgument(extent);
  const auto change = [&](int argument, uint64_t value) {
    call.restore.emplace_back(argument, registers.argument(argument));
    registers.set_argument(argument, value);
  };
  if (length >= 0) {
    change(length, std::min(registers.argument(length), call.limit));
  } else if (!MapScratch(thread, registers)) {
    if (call.event != nullptr) call.event->fault = kNoFaultIndex;
    return;
  } else if (extent == Extent::kVector) {
    change(2, CopyShortVector(thread.tid, registers.argument(1), registers.argument(2), call.limit, thread.scratch));
    change(1, thread.scratch);
  } else {
    call.message = registers.argument(1);
    CopyShortMessage(thread.tid, call.message, call.limit, thread.scratch);
    change(1, thread.scratch);
  }
  registers.Write(thread.tid);
}

bool Tracer::MapScratch(TracedThread& thread, Registers& registers) {
  if (thread.scratch != 0) return true;
  InjectedCalls calls(thread.tid, registers);
  int64_t page = -1;
  const bool mapped = calls.Make(
      SYS_mmap, {0, kScratchSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, ~uint64_t{0}, 0}, &page);
  const bool goes_on = mapped && calls.MakeOwn();
  if (calls.ended()) ends_.emplace_back(thread.tid, calls.status());
  if (!goes_on || page < 0) return false;
  thread.scratch = static_cast<uint64_t>(page);
  return true;
}

// One at a time in a process, and only where a connection was: an attempt that was refused is not what is judged,
// unless the rule waits for one.
bool Tracer::PlantDecoy(TracedThread& thread, const Site& site, uint8_t after, int64_t result, Registers& registers) {
  const TracedFiles& files = *thread.process->files;
  if (site.fd <= 2 || files.decoy >= 0 || (site.socket->history & (kConnected | after)) == 0) return false;
  InjectedCalls calls(thread.tid, registers);
  int64_t decoy = -1, planted = -1, closed = -1;
  const auto fd = static_cast<uint64_t>(site.fd);
  bool lives = calls.Make(SYS_eventfd2, {0, EFD_CLOEXEC | EFD_NONBLOCK}, &decoy);
  if (lives && decoy >= 0) {
    lives = calls.Make(SYS_dup3, {static_cast<uint64_t>(decoy), fd, O_CLOEXEC}, &planted) &&
            calls.Make(SYS_close, {static_cast<uint64_t>(decoy)}, &closed);
  }
  if (lives && planted != site.fd) lives = calls.MakeOwn();
  if (calls.ended()) ends_.emplace_back(thread.tid, calls.status());
  if (!lives || planted != site.fd) return false;
  __atomic_add_fetch(&header_.decoys_planted, 1, __ATOMIC_RELAXED);
  calls.Return(result);
  return true;
}

// Orders the peer to reset this connection, and returns when the kernel has taken it in: whether it has.
bool Tracer::ResetByPeer(const RemoteDescriptor& socket) {
  ResetOrder& order = header_.reset_order;
  const uint64_t deadline = Now() + header_.reset_timeout_ns;
  const auto state = [&order] { return __atomic_load_n(&order.state, __ATOMIC_ACQUIRE); };
  order.peer_port = socket.RemotePort();
  order.port = socket.LocalPort();  // nobody else orders: the tracer is one thread, and there is no agent
  __atomic_store_n(&order.state, ResetOrder::kRequested, __ATOMIC_RELEASE);
  Wake(order.state);
  while (state() == ResetOrder::kRequested && Now() < deadline) {
    WaitWhile(order.state, ResetOrder::kRequested, deadline);
  }
  const bool done = state() == ResetOrder::kDone;
  __atomic_store_n(&order.state, ResetOrder::kIdle, __ATOMIC_RELEASE);
  Wake(order.state);
  while (done && !socket.WasReset()) {
    if (Now() >= deadline) return false;
    sched_yield();
  }
  return done;
}

Realism Tracer::RealismAt(const TracedThread& thread, const Site& site, const Fault& fault) {
  const RemoteDescriptor descriptor(thread.process->pidfd, site.fd);
  const bool catches = std::any_of(thread.process->handlers.begin(), thread.process->handlers.end(),
                                   [](const auto& handler) { return !handler.second; });
  // What is no descriptor, as of socket(2), is taken to block.
  const bool blocking = (!descriptor.is_open() || descriptor.IsBlocking()) && (site.flags & MSG_DONTWAIT) == 0;
  return RealismOf(site.call, fault.effect, fault.error, {.blocking = blocking, .catches_a_signal = catches});
}

}  // namespace lastack
