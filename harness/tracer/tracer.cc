#include "harness/tracer/tracer.h"

#include "harness/tracer/filter.h"
#include "harness/tracer/shorten.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>

namespace lastack {
namespace {

// What the kernel returns inside when a call may have to be made again (linux/errno.h).
constexpr int64_t kRestartFirst = -516;
constexpr int64_t kRestartLast = -512;
constexpr int64_t kRestartIfAsked = -512;  // with SA_RESTART, or without a handler
constexpr int64_t kRestartAlways = -513;   // all others: without a handler only

bool MayBeRestarted(int64_t result) { return result >= kRestartFirst && result <= kRestartLast && result != -515; }

// A plan that names libc's form of a call means the kernel's, too.
Plan InKernelCalls(Plan plan) {
  for (size_t i = 0; i < kCallCount; ++i) {
    const auto kernels = static_cast<size_t>(KernelCallOf(static_cast<Call>(i)));
    plan.faults_of_call[kernels] |= plan.faults_of_call[i];
  }
  return plan;
}

constexpr long kMostNumbers = 512;

const Call* CallsByNumber() {
  static const auto* calls = [] {
    auto* table = new std::array<Call, kMostNumbers>();
    for (long number = 0; number < kMostNumbers; ++number) (*table)[static_cast<size_t>(number)] = CallOfNumber(number);
    return table;
  }();
  return calls->data();
}

}  // namespace

Tracer::Tracer(TraceHeader& header, bool pins)
    : header_(header), plan_(InKernelCalls(header.plan)), recorder_(header), pins_(pins) {}

Tracer::~Tracer() {
  if (processor_ >= 0) sched_setaffinity(0, sizeof(processors_), &processors_);
}

absl::Status Tracer::Seize(pid_t child) {
  constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                            PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
  if (ptrace(PTRACE_SEIZE, child, nullptr, kOptions) != 0) return absl::ErrnoToStatus(errno, "ptrace(PTRACE_SEIZE)");
  TracedThread& thread = threads_[child];
  thread.tid = child;
  thread.process = std::make_shared<TracedProcess>(child, getpid());
  thread.process->files = std::make_shared<TracedFiles>();
  thread.process->files->watch.armed = AllFaults(plan_);
  return absl::OkStatus();
}

void Tracer::Resume(TracedThread& thread, int signal) {
  ptrace(thread.awaits_return ? PTRACE_SYSCALL : PTRACE_CONT, thread.tid, nullptr, static_cast<long>(signal));
}

uint64_t Tracer::ResumeDelayed(uint64_t now_ns) {
  while (!delayed_.empty() && delayed_.begin()->first <= now_ns) {
    const auto found = threads_.find(delayed_.begin()->second);
    delayed_.erase(delayed_.begin());
    if (found == threads_.end() || !found->second.is_held) continue;
    found->second.is_held = false;
    Resume(found->second);
  }
  return delayed_.empty() ? kNoTime : delayed_.begin()->first;
}

// Not before a thread's first call about a socket: a program that counts its processors as it starts is to find all of
// them.
void Tracer::Pin(TracedThread& thread) {
  if (!pins_ || thread.pinned) return;
  thread.pinned = true;
  if (processor_ < 0) {
    if (sched_getaffinity(0, sizeof(processors_), &processors_) != 0) return;
    processor_ = sched_getcpu();
    if (processor_ < 0) return;
  }
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(processor_, &one);
  sched_setaffinity(0, sizeof(one), &one);
  sched_setaffinity(thread.tid, sizeof(one), &one);
}

void Tracer::Unpin(TracedThread& thread) {
  if (!thread.pinned) return;
  thread.pinned = false;
  sched_setaffinity(thread.tid, sizeof(processors_), &processors_);
}

void Tracer::OnStop(pid_t tid, int status) {
  const auto found = threads_.find(tid);
  if (found == threads_.end()) {
    unannounced_[tid] = status;
    return;
  }
  TracedThread& thread = found->second;
  const int signal = WSTOPSIG(status);
  switch (status >> 16) {
    case PTRACE_EVENT_SECCOMP:
      return OnEntry(thread);
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
      OnChild(thread, true);
      return Resume(thread);
    case PTRACE_EVENT_CLONE:
      OnChild(thread, false);
      return Resume(thread);
    case PTRACE_EVENT_EXEC:
      return OnExec(thread);
    case PTRACE_EVENT_STOP:
      // A group stop lasts until SIGCONT; the first stop of a new thread does not.
      if (signal != SIGTRAP) {
        ptrace(PTRACE_LISTEN, tid, nullptr, nullptr);
      } else {
        Resume(thread);
      }
      return;
    default:
      break;
  }
  if (signal == (SIGTRAP | 0x80)) return thread.awaits_return ? OnReturn(thread) : Resume(thread);
  OnSignal(thread, signal);
  Resume(thread, signal);
}

// A signal with a handler decides whether the call that it interrupted is made again (signal(7)). One without decides
// nothing: it is ignored, or ends the process.
void Tracer::OnSignal(TracedThread& thread, int signal) {
  const auto handler = thread.process->handlers.find(signal);
  if (handler == thread.process->handlers.end() || thread.interrupted.empty() || thread.interrupted.back().made_again) {
    return;
  }
  PendingCall& last = thread.interrupted.back();
  last.made_again = last.restart == kRestartAlways || (last.restart == kRestartIfAsked && handler->second);
  if (last.made_again) return;
  PendingCall over = std::move(last);
  thread.interrupted.pop_back();
  Complete(thread, over, over.registers, -EINTR);
}

void Tracer::OnEnd(pid_t tid) {
  threads_.erase(tid);
  unannounced_.erase(tid);
}

// Whether the call is an interrupted one that the kernel makes again. Those that it does not are over: their callers
// have found EINTR.
bool Tracer::GoesOn(TracedThread& thread, const Registers& registers) {
  while (!thread.interrupted.empty()) {
    PendingCall& last = thread.interrupted.back();
    const bool same = registers.instruction() == last.registers.instruction() &&
                      registers.stack() == last.registers.stack() &&
                      registers.argument(0) == last.registers.argument(0) &&
                      (registers.number() == last.registers.number() || registers.number() == SYS_restart_syscall);
    if (same) {
      thread.pending = std::move(last);
      thread.interrupted.pop_back();
      thread.pending.event->restarts += 1;
      return true;
    }
    if (registers.stack() < last.registers.stack()) {
      return false;  // a signal handler's call: the other waits for its end
    }
    PendingCall over = std::move(last);
    thread.interrupted.pop_back();
    Complete(thread, over, registers, -EINTR);
  }
  return false;
}

void Tracer::OnEntry(TracedThread& thread) {
  if (!thread.process->in_place) return Resume(thread);
  Registers registers;
  uint32_t from_filter = 0;
  if (!Registers::ReadEntry(thread.tid, &registers, &from_filter)) return;
  if (from_filter == kForeignCall) {
    __atomic_add_fetch(&header_.foreign_calls, 1, __ATOMIC_RELAXED);
    return Resume(thread);
  }
  if (GoesOn(thread, registers)) {
    if (thread.pending.limit != 0) Shorten(thread, thread.pending, registers);
    thread.awaits_return = true;
    return Resume(thread);
  }
  const long number = registers.number() == SYS_exit && Leaves(thread) ? SYS_exit_group : registers.number();
  const Call call = number >= 0 && number < kMostNumbers ? CallsByNumber()[number] : Call::none;
  if (call != Call::none) Enter(thread, call, registers);
  if (!thread.is_held) Resume(thread);
}

void Tracer::Enter(TracedThread& thread, Call call, Registers& registers) {
  const Site site = SiteOf(thread, call, registers);
  switch (FamilyOf(call)) {
    case CallFamily::exit:
      if (thread.process->files.use_count() > 1) return;  // another process holds all of it, too
      recorder_.End(recorder_.Begin(thread.process->known_as, thread.tid, call, -1, 0, 0, site.a, 0), 0);
      return CompareAtExit(thread);
    case CallFamily::signal:
      return NoteHandler(thread, registers);
    case CallFamily::process:
      if ((call == Call::clone || call == Call::clone3) && (site.a & CLONE_THREAD) != 0) {
        return;  // no more than a thread
      }
      return EnterCall(thread, site, registers);
    case CallFamily::open:
    case CallFamily::sweep:
      return EnterCall(thread, site, registers);
    default:
      break;
  }
  if (site.socket != nullptr || site.watch != nullptr) return EnterCall(thread, site, registers);
  if (EnterOnDecoy(thread, site, registers)) return;
  if (ReplacesSocket(thread, site)) return EnterCall(thread, site, registers);
  if (call == Call::close) {
    AwaitReturn(thread, site, nullptr, registers);  // whether it found anything shows when it returns
  }
}

// Whether a copy of no socket is about to take a socket's number, or the decoy's.
bool Tracer::ReplacesSocket(const TracedThread& thread, const Site& site) const {
  if (site.call != Call::dup2 && site.call != Call::dup3) return false;
  const auto target = static_cast<int>(site.a);
  const TracedFiles& files = *thread.process->files;
  return files.sockets.count(target) != 0 || (files.decoy >= 0 && files.decoy == target);
}

void Tracer::EnterCall(TracedThread& thread, const Site& site, Registers& registers) {
  if (site.socket != nullptr || FamilyOf(site.call) == CallFamily::open) Pin(thread);
  const uint64_t inode = site.socket != nullptr ? site.socket->inode : 0;
  const uint8_t history = site.socket != nullptr ? site.socket->history : 0;
  Event& event =
      recorder_.Begin(thread.process->known_as, thread.tid, site.call, site.fd, inode, history, site.a, site.b);
  const bool due = site.watch != nullptr && Due(plan_, *site.watch, site.call) != 0 &&
                   !PassesQuietly(*site.watch, *site.tally, site.call);
  const int index = due ? Decide(plan_, *site.watch, *site.tally, site.call) : kNoFault;
  if (index != kNoFault && !SparesPeek(plan_.faults[index], site.flags, *site.tally)) {
    const Fault& fault = plan_.faults[index];
    event.fault = static_cast<uint8_t>(index);
    event.effect = fault.effect;
    event.realism = RealismAt(thread, site, fault);
    Perform(thread, site, fault, event, registers);
    if (fault.effect == Effect::kSkip) return;  // a close that was skipped leaves it open
  } else {
    AwaitReturn(thread, site, &event, registers);
  }
  // The number is free as soon as the close has begun: another thread may be given it before this one is back.
  if (site.call == Call::close) thread.process->files->sockets.erase(site.fd);
}

PendingCall& Tracer::AwaitReturn(TracedThread& thread, const Site& site, Event* event, const Registers& registers) {
  thread.pending = {};
  thread.pending.call = site.call;
  thread.pending.registers = registers;
  thread.pending.fd = site.fd;
  thread.pending.event = event;
  if (site.socket != nullptr) {
    thread.pending.from = site.fd;
    thread.pending.history = site.socket->history;
  }
  thread.awaits_return = true;
  return thread.pending;
}

// A call on a number whose socket is closed, and which a decoy holds: answered as the kernel answers for a closed one.
bool Tracer::EnterOnDecoy(TracedThread& thread, const Site& site, Registers& registers) {
  TracedFiles& files = *thread.process->files;
  if (files.decoy < 0 || site.fd != files.decoy) return false;
  Event& event = recorder_.Begin(thread.process->known_as, thread.tid, site.call, site.fd, files.decoy_inode, kDecoy, 0,
                                 0, kOnDecoy);
  if (site.call == Call::close) {
    files.decoy = -1;
    AwaitReturn(thread, site, &event, registers).replace = EBADF;
    return true;
  }
  recorder_.End(event, -EBADF);
  registers.Skip(-EBADF);
  registers.Write(thread.tid);
  return true;
}

void Tracer::OnReturn(TracedThread& thread) {
  thread.awaits_return = false;
  if (!thread.pending.registers.ReadResult(thread.tid)) return;
  PendingCall call = std::exchange(thread.pending, {});
  Registers& registers = call.registers;
  int64_t result = registers.result();
  if (call.message != 0) GiveBackMessage(thread.tid, thread.scratch, call.message);
  for (const auto& [argument, value] : call.restore) registers.set_argument(argument, value);
  bool changed = !call.restore.empty();
  call.restore.clear();
  call.message = 0;
  if (call.makes_blocking) RemoteDescriptor(thread.process->pidfd, call.fd).SetBlocking(true);
  if (call.replace != 0) {
    result = -call.replace;
    registers.set_result(result);
    changed = true;
  }
  if (call.interrupts) {
    if (MayBeRestarted(result) || result == -EINTR) {
      result = -EINTR;
      registers.set_result(result);
      changed = true;
    } else {
      call.event->fault = kNoFaultIndex;  // it had what it would have waited for
      call.signal = 0;
    }
  }
  if (changed) registers.Write(thread.tid);
  if (MayBeRestarted(result)) {
    call.restart = result;
    if (call.event != nullptr) thread.interrupted.push_back(std::move(call));
    return Resume(thread);
  }
  Complete(thread, call, registers, result);
  Resume(thread);
}

void Tracer::Complete(TracedThread& thread, PendingCall& call, const Registers& registers, int64_t result) {
  if (call.event != nullptr) recorder_.End(*call.event, result);
  AfterCall(thread, call, registers, result);
  if (call.signal != 0) syscall(SYS_tgkill, thread.process->pid, thread.tid, call.signal);
}

}  // namespace lastack
