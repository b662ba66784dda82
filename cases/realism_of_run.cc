#include "cases/realism_of_run.h"

#include <errno.h>
#include <sys/socket.h>

#include <algorithm>

namespace lastack {
namespace {

// Of the calls that wait until a signal comes; poll and its like are never restarted, and close does not wait.
bool IsInterruptedWait(const Event& event) {
  if (event.error != EINTR || event.call == Call::none) return false;
  switch (FamilyOf(event.call)) {
    case CallFamily::connect:
    case CallFamily::accept:
    case CallFamily::send:
    case CallFamily::recv:
    case CallFamily::splice:
      return true;
    default:
      return false;
  }
}

// The option whose timeout bounds the call's wait.
int TimeoutOption(Call call) {
  const CallFamily family = FamilyOf(call);
  return family == CallFamily::recv || family == CallFamily::accept ? SO_RCVTIMEO : SO_SNDTIMEO;
}

bool HadTimeout(const Evidence& run, const TracedEvent& fired) {
  const auto& events = run.run().trace.events;
  return std::any_of(events.begin(), events.end(), [&](const TracedEvent& traced) {
    const Event& event = traced.event;
    return event.call == Call::setsockopt && event.socket == fired.event.socket && traced.start_ns <= fired.start_ns &&
           OptionWordLevel(event.a) == SOL_SOCKET && OptionWordOption(event.a) == TimeoutOption(fired.event.call);
  });
}

// EINTR comes from a signal that was caught (POSIX.1). Where a program has no handler but such as restart the call, nothing
// interrupts it, unless its socket has a timeout: then Linux restarts nothing, even after a stop (signal(7); measured with a
// connect that waits for room in the listener's queue). A library's caller may catch anything.
Realism RealismIn(const Evidence& run, const TracedEvent& fired) {
  const bool uncaught = fired.event.realism == Realism::kPosix && IsInterruptedWait(fired.event) && run.run().role != "library";
  return uncaught && !HadTimeout(run, fired) ? Realism::kAdversarial : fired.event.realism;
}

}  // namespace

Realism RealismOfRun(const Evidence& run) {
  Realism realism = Realism::kKernel;
  for (const TracedEvent* fired : run.run().Fired()) realism = std::max(realism, RealismIn(run, *fired));
  return realism;
}

}  // namespace lastack
