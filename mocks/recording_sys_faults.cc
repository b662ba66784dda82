// The plan's faults in calls that are recorded, and what SIGPIPE does.
#include <errno.h>
#include <signal.h>

#include <utility>

#include "harness/plan/realism.h"
#include "mocks/recording_sys.h"

namespace lastack {

// Makes a call whose event has begun, with the fault that is due, and completes the event.
SysResult RecordingSys::Make(size_t index, bool may_fire, Watch& watch, Tally& tally, int flags, const Invoke& invoke) {
  const int fault = may_fire ? Decide(plan_, watch, tally, At(index).call) : kNoFault;
  if (fault != kNoFault && !SparesPeek(plan_.faults[fault], flags, tally)) return Inject(index, fault, flags, invoke);
  const uint64_t sigpipes = process_.sigpipes();
  const SysResult result = invoke(kWhole);
  if (process_.sigpipes() > sigpipes) MeetSigpipe();
  return End(index, result);
}

SysResult RecordingSys::Inject(size_t index, int fault_index, int flags, const Invoke& invoke) {
  const Fault& fault = plan_.faults[fault_index];
  const int fd = At(index).fd;
  const FakeSocket* socket = process_.FindSocket(fd);
  const bool blocking = socket == nullptr || (!socket->nonblocking && (flags & MSG_DONTWAIT) == 0);
  Event& event = At(index);
  event.fault = static_cast<uint8_t>(fault_index);
  event.effect = fault.effect;
  event.realism = RealismOf(event.call, fault.effect, fault.error, {.blocking = blocking, .catches_a_signal = false});
  const uint64_t sigpipes = process_.sigpipes();
  const SysResult performed = Perform(fault, index, invoke);
  if (process_.sigpipes() > sigpipes) MeetSigpipe();
  const SysResult result = End(index, performed);
  // The event is complete before a signal may end the process.
  const bool fired = At(index).fault != kNoFaultIndex;
  const bool is_ours =
      fault.error == EPIPE && fault.effect != Effect::kReset;  // the network's own EPIPE has brought it
  if (fired && is_ours && FamilyOf(At(index).call) == CallFamily::send && (flags & MSG_NOSIGNAL) == 0) MeetSigpipe();
  return dead_ ? Gone() : result;
}

SysResult RecordingSys::Perform(const Fault& fault, size_t index, const Invoke& invoke) {
  const int fd = At(index).fd;
  const SysResult failed = {-1, fault.error};
  switch (fault.effect) {
    case Effect::kSkip:
      return failed;
    case Effect::kFull: {
      // A connect that a signal interrupts goes on, as one on a non-blocking socket does from its start.
      FakeSocket* socket = At(index).call == Call::connect && fault.error == EINTR ? process_.FindSocket(fd) : nullptr;
      const bool nonblocking = socket != nullptr && std::exchange(socket->nonblocking, true);
      (void)invoke(kWhole);
      if (socket != nullptr) socket->nonblocking = nonblocking;
      return failed;
    }
    case Effect::kPartial:
      At(index).substitute = fault.amount;
      return invoke(fault.amount);
    case Effect::kDelay:
      hooks_.delay(fault.amount);
      return invoke(kWhole);
    case Effect::kReset:
      if (!hooks_.reset(fd)) {
        At(index).fault = kNoFaultIndex;  // it did not fire
      } else if (fault.error == EPIPE) {
        TakePendingError(fd);
      }
      return invoke(kWhole);
    case Effect::kDecoy:
      if (!PlantDecoy(fd, fault.after)) {
        At(index).fault = kNoFaultIndex;
        return invoke(kWhole);
      }
      decoy_ = fd;
      decoy_inode_ = At(index).socket;
      return fault.error == 0 ? SysResult{0, 0} : failed;
    case Effect::kInterrupt:
    case Effect::kExhaust:
      At(index).fault = kNoFaultIndex;
      break;
    case Effect::kNone:
      break;
  }
  return invoke(kWhole);
}

// As a call does that reports it: the next one meets what is left.
void RecordingSys::TakePendingError(int fd) {
  int error = 0;
  socklen_t size = sizeof(error);
  (void)process_.getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
}

// As SIGPIPE does: nothing, a handler's call, or the end of the process.
void RecordingSys::MeetSigpipe() {
  sigset_t mask;
  sigemptyset(&mask);
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  struct sigaction action {};
  sigaction(SIGPIPE, nullptr, &action);
  if (sigismember(&mask, SIGPIPE) == 1 || action.sa_handler == SIG_IGN) return;
  if (action.sa_handler != SIG_DFL) {
    raise(SIGPIPE);
    return;
  }
  died_by_ = SIGPIPE;
  dead_ = true;
}

// Something of ours that is no socket takes the number as the socket is closed.
bool RecordingSys::PlantDecoy(int fd, uint8_t after) {
  const Row* row = Find(fd);
  if (fd <= 2 || decoy_ >= 0 || row == nullptr || (row->history & (kConnected | after)) == 0) return false;
  const SysResult decoy = process_.epoll_create1(0);
  if (!decoy.ok()) return false;
  const bool planted = process_.dup3(static_cast<int>(decoy.value), fd, O_CLOEXEC).ok();
  (void)process_.close(static_cast<int>(decoy.value));
  return planted;
}

SysResult RecordingSys::OnDecoy(Call call, int fd) {
  const size_t index = Begin(call, fd, decoy_inode_, kDecoy, 0, 0, kOnDecoy);
  if (FamilyOf(call) == CallFamily::close) {
    decoy_ = -1;
    (void)process_.close(fd);
  }
  return End(index, {-1, EBADF});
}

SysResult RecordingSys::InProcess(Call call, int fd, Counted& counted, uint64_t a, uint64_t b, const Invoke& invoke) {
  if (dead_) return Gone();
  const bool only_looks = FamilyOf(call) == CallFamily::poll && b == 0;  // with a timeout of 0
  const bool may_fire =
      !only_looks && Due(plan_, counted.watch, call) != 0 && !PassesQuietly(counted.watch, counted.tally, call);
  return Make(Begin(call, fd, 0, 0, a, b), may_fire, counted.watch, counted.tally, 0, invoke);
}

}  // namespace lastack
