// epoll over fakes and real descriptors together.
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "mocks/interposed_calls.h"
#include "mocks/interposed_waits.h"

namespace lastack {
namespace {

using Outcome = Interposition::Outcome;

// What the kernel watches for this epoll descriptor, without timers, which are virtual.
std::vector<int> WatchedBy(int epoll) {
  std::vector<int> watched;
  std::ifstream info(absl::StrCat("/proc/self/fdinfo/", epoll));
  std::string word;
  while (info >> word) {
    int fd;
    if (word == "tfd:" && info >> fd && Interposition::KindOf(fd) != Interposition::Kind::kTimer) watched.push_back(fd);
  }
  return watched;
}

int RealEpollReady(int epoll, int64_t timeout_ns, int bell, const sigset_t* mask) {
  pollfd fds[] = {{epoll, POLLIN, 0}, {bell, POLLIN, 0}};  // a negative one is left out
  const timespec timeout = TimespecOf(timeout_ns);
  return NextCalls::Get().ppoll(fds, 2, &timeout, mask) < 0 ? -1 : (fds[0].revents != 0 ? 1 : 0);
}

// `sys_wait(sys, events, count, at_once)` is the same call: with the caller's timeout, or with none.
template <typename SysWait>
int EpollBoth(Interposition& scope, const char* name, int epoll, epoll_event* events, int count, int64_t timeout_ns,
              const sigset_t* mask, SysWait sys_wait) {
  if (count <= 0 || IsBadPointer(events)) {
    return static_cast<int>(scope.Call([&](SysApi& sys) { return sys_wait(sys, events, count, true); }));
  }
  const int before = errno;
  const int64_t end_ns = timeout_ns < 0 ? FakeEvents::kNever : scope.NowNs() + timeout_ns;
  while (true) {
    const int64_t left_ns = timeout_ns < 0 ? kForever : std::max<int64_t>(0, end_ns - scope.NowNs());
    const Outcome outcome = scope.Wait({
        name,
        left_ns,
        [&] { return scope.network().Readiness(epoll).events != 0; },
        [&](int64_t ns, int bell) { return RealEpollReady(epoll, ns, bell, mask); },
        [&] { return WatchedBy(epoll); },
        true,
    });
    if (outcome == Outcome::kFailed) return -1;
    // Half of the room is kept for the kernel's, so that busy fakes do not starve them, nor they the fakes.
    const int room = count > 1 && RealEpollReady(epoll, 0, -1, nullptr) > 0 ? count - count / 2 : count;
    const ssize_t fakes = scope.Call(
        [&](SysApi& sys) { return sys_wait(sys, events, room, scope.network().Readiness(epoll).events == 0); });
    if (fakes < 0) return -1;
    int told = static_cast<int>(fakes);
    if (told < count) {
      const int reals = NextCalls::Get().epoll_wait(epoll, events + told, count - told, 0);
      if (reals > 0) told += reals;
    }
    if (told > 0 || outcome == Outcome::kTimeout) {
      errno = before;
      return told;
    }
  }
}

}  // namespace

int interposed::epoll_create(int size) {
  Interposition* scope = Interposition::Active();
  if (scope == nullptr) return NextCalls::Get().epoll_create(size);
  const int fd = static_cast<int>(scope->Call([=](SysApi& sys) { return sys.epoll_create(size); }));
  scope->AdoptEpoll(fd);
  return fd;
}

int interposed::epoll_create1(int flags) {
  Interposition* scope = Interposition::Active();
  if (scope == nullptr) return NextCalls::Get().epoll_create1(flags);
  const int fd = static_cast<int>(scope->Call([=](SysApi& sys) { return sys.epoll_create1(flags); }));
  scope->AdoptEpoll(fd);
  return fd;
}

int interposed::epoll_ctl(int epoll, int operation, int fd, epoll_event* event) {
  Interposition* scope = Interposition::Active();
  if (scope == nullptr || !Interposition::Owns(fd)) return NextCalls::Get().epoll_ctl(epoll, operation, fd, event);
  if (!Interposition::Owns(epoll)) {
    fprintf(stderr, "ScopedInterposition: epoll descriptor %d is not of this scope, and cannot watch the fake %d.\n",
            epoll, fd);
    errno = EPERM;
    return -1;
  }
  if (Interposition::KindOf(fd) == Interposition::Kind::kEpoll) {
    if (NextCalls::Get().epoll_ctl(epoll, operation, fd, event) < 0) return -1;
  }
  return static_cast<int>(scope->Call([=](SysApi& sys) { return sys.epoll_ctl(epoll, operation, fd, event); }));
}

int interposed::epoll_wait(int epoll, epoll_event* events, int count, int timeout_ms) {
  Interposition* scope = Interposition::Of(epoll);
  if (scope == nullptr) return NextCalls::Get().epoll_wait(epoll, events, count, timeout_ms);
  return EpollBoth(*scope, "epoll_wait", epoll, events, count, NsOfMs(timeout_ms), nullptr,
                   [=](SysApi& sys, epoll_event* out, int room, bool at_once) {
                     return sys.epoll_wait(epoll, out, room, at_once ? 0 : timeout_ms);
                   });
}

int interposed::epoll_pwait(int epoll, epoll_event* events, int count, int timeout_ms, const sigset_t* mask) {
  Interposition* scope = Interposition::Of(epoll);
  if (scope == nullptr) return NextCalls::Get().epoll_pwait(epoll, events, count, timeout_ms, mask);
  return EpollBoth(*scope, "epoll_pwait", epoll, events, count, NsOfMs(timeout_ms), mask,
                   [=](SysApi& sys, epoll_event* out, int room, bool at_once) {
                     return sys.epoll_pwait(epoll, out, room, at_once ? 0 : timeout_ms, mask);
                   });
}

int interposed::epoll_pwait2(int epoll, epoll_event* events, int count, const timespec* timeout, const sigset_t* mask) {
  Interposition* scope = Interposition::Of(epoll);
  if (scope == nullptr || !IsValid(timeout)) {
    return NextCalls::Get().epoll_pwait2(epoll, events, count, timeout, mask);
  }
  return EpollBoth(*scope, "epoll_pwait2", epoll, events, count, NsOf(timeout), mask,
                   [=](SysApi& sys, epoll_event* out, int room, bool at_once) {
                     const timespec none{};
                     return sys.epoll_pwait2(epoll, out, room, at_once ? &none : timeout, mask);
                   });
}

}  // namespace lastack
