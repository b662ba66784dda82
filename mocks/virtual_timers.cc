#include "mocks/virtual_timers.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include <algorithm>

#include "mocks/next_calls.h"

namespace lastack {

static_assert(int{TFD_NONBLOCK} == int{EFD_NONBLOCK} && int{TFD_CLOEXEC} == int{EFD_CLOEXEC});

int VirtualTimers::Create(int clock, int flags) {
  const int real = NextCalls::Get().timerfd_create(clock, flags);  // which judges the arguments
  if (real < 0) return -1;
  NextCalls::Get().close(real);
  const int fd = eventfd(0, flags);
  if (fd >= 0) timers_[fd] = std::make_shared<Timer>(Timer{clock});
  return fd;
}

VirtualTimers::Timer* VirtualTimers::Find(int fd) {
  const auto found = timers_.find(fd);
  return found != timers_.end() ? found->second.get() : nullptr;
}

void VirtualTimers::Arm(int fd, int64_t next_ns, int64_t interval_ns) {
  Timer& timer = *timers_.at(fd);
  timer.next_ns = next_ns;
  timer.interval_ns = interval_ns;
  pollfd expired = {fd, POLLIN, 0};
  uint64_t times;
  if (NextCalls::Get().poll(&expired, 1, 0) == 1) (void)!NextCalls::Get().read(fd, &times, sizeof(times));
}

void VirtualTimers::Share(int fd, int copy) {
  const std::shared_ptr<Timer> timer = timers_.at(fd);
  timers_[copy] = timer;
}

void VirtualTimers::Forget(int fd) { timers_.erase(fd); }

int64_t VirtualTimers::next_ns() const {
  int64_t next = kNever;
  for (const auto& [fd, timer] : timers_) next = std::min(next, timer->next_ns);
  return next;
}

void VirtualTimers::Expire(int64_t now_ns) {
  for (const auto& [fd, timer] : timers_) {
    if (timer->next_ns > now_ns) continue;
    const uint64_t times =
        timer->interval_ns > 0 ? static_cast<uint64_t>((now_ns - timer->next_ns) / timer->interval_ns) + 1 : 1;
    timer->next_ns =
        timer->interval_ns > 0 ? timer->next_ns + static_cast<int64_t>(times) * timer->interval_ns : kNever;
    (void)!NextCalls::Get().write(fd, &times, sizeof(times));
  }
}

}  // namespace lastack
