// The calls that tell or spend time, in virtual time.
#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>

#include <algorithm>
#include <cstdint>

#include "mocks/interposed_calls.h"
#include "mocks/interposition_state.h"

namespace lastack {
namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;

timespec TimespecOf(int64_t ns) { return {ns / kNsPerSecond, ns % kNsPerSecond}; }
int64_t NsOf(const timespec& time) {
  int64_t ns;
  const bool too_late = __builtin_mul_overflow(time.tv_sec, kNsPerSecond, &ns) ||
                        __builtin_add_overflow(ns, static_cast<int64_t>(time.tv_nsec), &ns);
  return too_late ? INT64_MAX / 2 : ns;
}
bool IsValid(const timespec* time) {
  return time != nullptr && time->tv_sec >= 0 && time->tv_nsec >= 0 && time->tv_nsec < kNsPerSecond;
}

void Sleep(Interposition& scope, int64_t ns) { scope.SleepUntil(scope.NowNs() + std::min(ns, INT64_MAX / 2)); }

}  // namespace

int interposed::clock_gettime(clockid_t clock, timespec* out) {
  Interposition* scope = Interposition::Virtual();
  int64_t ns;
  if (scope == nullptr || out == nullptr || !scope->Read(clock, ns)) return NextCalls::Get().clock_gettime(clock, out);
  *out = TimespecOf(ns);
  return 0;
}

int interposed::gettimeofday(timeval* out, void* zone) {
  Interposition* scope = Interposition::Virtual();
  int64_t ns;
  if (scope == nullptr || out == nullptr || !scope->Read(CLOCK_REALTIME, ns)) {
    return NextCalls::Get().gettimeofday(out, zone);
  }
  *out = {ns / kNsPerSecond, ns % kNsPerSecond / 1000};
  return 0;
}

time_t interposed::time(time_t* out) {
  Interposition* scope = Interposition::Virtual();
  int64_t ns;
  if (scope == nullptr || !scope->Read(CLOCK_REALTIME, ns)) return NextCalls::Get().time(out);
  if (out != nullptr) *out = ns / kNsPerSecond;
  return ns / kNsPerSecond;
}

// --- Sleeping.

int interposed::nanosleep(const timespec* duration, timespec* left) {
  Interposition* scope = Interposition::Virtual();
  if (scope == nullptr || !IsValid(duration)) return NextCalls::Get().nanosleep(duration, left);
  Sleep(*scope, NsOf(*duration));
  return 0;
}

int interposed::clock_nanosleep(clockid_t clock, int flags, const timespec* when, timespec* left) {
  Interposition* scope = Interposition::Virtual();
  int64_t now_ns;
  if (scope == nullptr || !IsValid(when) || !scope->Read(clock, now_ns)) {
    return NextCalls::Get().clock_nanosleep(clock, flags, when, left);
  }
  if ((flags & TIMER_ABSTIME) != 0) {
    scope->SleepUntil(scope->ToNetwork(clock, NsOf(*when)));
  } else {
    Sleep(*scope, NsOf(*when));
  }
  return 0;
}

int interposed::usleep(useconds_t microseconds) {
  Interposition* scope = Interposition::Virtual();
  if (scope == nullptr) return NextCalls::Get().usleep(microseconds);
  Sleep(*scope, microseconds * int64_t{1000});
  return 0;
}

unsigned interposed::sleep(unsigned seconds) {
  Interposition* scope = Interposition::Virtual();
  if (scope == nullptr) return NextCalls::Get().sleep(seconds);
  Sleep(*scope, seconds * kNsPerSecond);
  return 0;
}

// --- Timers.

namespace {

void Describe(const VirtualTimers::Timer& timer, int64_t now_ns, itimerspec* out) {
  const bool armed = timer.next_ns != VirtualTimers::kNever;
  out->it_value = TimespecOf(armed ? std::max<int64_t>(1, timer.next_ns - now_ns) : 0);
  out->it_interval = TimespecOf(timer.interval_ns);
}

Interposition* ScopeOfTimer(int fd) {
  return Interposition::KindOf(fd) == Interposition::Kind::kTimer ? Interposition::Virtual() : nullptr;
}

}  // namespace

int interposed::timerfd_create(int clock, int flags) {
  Interposition* scope = Interposition::Virtual();
  if (scope == nullptr) return NextCalls::Get().timerfd_create(clock, flags);
  const std::lock_guard<std::recursive_mutex> lock(scope->mutex());
  const int fd = scope->timers().Create(clock, flags);
  if (fd >= 0) scope->AdoptTimer(fd);
  return fd;
}

int interposed::timerfd_settime(int fd, int flags, const itimerspec* value, itimerspec* old) {
  Interposition* scope = ScopeOfTimer(fd);
  if (scope == nullptr) return NextCalls::Get().timerfd_settime(fd, flags, value, old);
  if (value == nullptr) {
    errno = EFAULT;
    return -1;
  }
  if (!IsValid(&value->it_value) || !IsValid(&value->it_interval) ||
      (flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) != 0) {
    errno = EINVAL;
    return -1;
  }
  const std::lock_guard<std::recursive_mutex> lock(scope->mutex());
  const int64_t now_ns = scope->NowNs();
  VirtualTimers::Timer& timer = *scope->timers().Find(fd);
  if (old != nullptr) Describe(timer, now_ns, old);
  const int64_t at_ns = NsOf(value->it_value);
  const int64_t next_ns = at_ns == 0                         ? VirtualTimers::kNever
                          : (flags & TFD_TIMER_ABSTIME) != 0 ? scope->ToNetwork(timer.clock, at_ns)
                                                             : now_ns + std::min(at_ns, INT64_MAX / 2);
  scope->timers().Arm(fd, next_ns, NsOf(value->it_interval));
  scope->timers().Expire(now_ns);
  return 0;
}

int interposed::timerfd_gettime(int fd, itimerspec* value) {
  Interposition* scope = ScopeOfTimer(fd);
  if (scope == nullptr || value == nullptr) return NextCalls::Get().timerfd_gettime(fd, value);
  const std::lock_guard<std::recursive_mutex> lock(scope->mutex());
  Describe(*scope->timers().Find(fd), scope->NowNs(), value);
  return 0;
}

}  // namespace lastack
