// poll, select and epoll over fakes and real descriptors together.
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "mocks/interposed_calls.h"
#include "mocks/interposition_state.h"

namespace lastack {
namespace {

using Outcome = Interposition::Outcome;

constexpr int64_t kNsPerSecond = 1'000'000'000;
constexpr int64_t kForever = -1;

int64_t NsOf(const timespec* timeout) {
  return timeout == nullptr ? kForever : timeout->tv_sec * kNsPerSecond + timeout->tv_nsec;
}
int64_t NsOf(const timeval* timeout) {
  return timeout == nullptr ? kForever : timeout->tv_sec * kNsPerSecond + timeout->tv_usec * 1000;
}
int64_t NsOfMs(int timeout_ms) { return timeout_ms < 0 ? kForever : timeout_ms * int64_t{1'000'000}; }

bool IsValid(const timespec* timeout) {
  return timeout == nullptr || (timeout->tv_sec >= 0 && timeout->tv_nsec >= 0 && timeout->tv_nsec < kNsPerSecond);
}

timespec TimespecOf(int64_t ns) { return {ns / kNsPerSecond, ns % kNsPerSecond}; }

// --- poll.

// The descriptors of one kind among those that a poll was given.
struct PollPart {
  std::vector<pollfd> fds;
  std::vector<size_t> places;

  void Add(const pollfd& one, size_t place) {
    fds.push_back({one.fd, one.events, 0});
    places.push_back(place);
  }
};

std::vector<int> NumbersOf(const PollPart& part) {
  std::vector<int> numbers;
  for (const pollfd& each : part.fds) {
    if (Interposition::KindOf(each.fd) != Interposition::Kind::kTimer) numbers.push_back(each.fd);
  }
  return numbers;
}

int RealPoll(PollPart& part, int64_t timeout_ns, int bell, const sigset_t* mask) {
  const timespec timeout = TimespecOf(timeout_ns);
  if (bell >= 0) part.fds.push_back({bell, POLLIN, 0});
  int ready = NextCalls::Get().ppoll(part.fds.data(), part.fds.size(), &timeout, mask);
  if (bell >= 0) {
    if (ready > 0 && part.fds.back().revents != 0) --ready;
    part.fds.pop_back();
  }
  return ready;
}

// `sys_poll(sys, fds, count, at_once)` is the same call on fakes alone: with the caller's timeout, or with none.
template <typename SysPoll>
int PollBoth(Interposition& scope, const char* name, pollfd* fds, nfds_t count, int64_t timeout_ns,
             const sigset_t* mask, SysPoll sys_poll) {
  PollPart fakes, reals;
  for (nfds_t i = 0; i < count; ++i) {
    if (fds[i].fd < 0) continue;
    const Interposition::Kind kind = Interposition::KindOf(fds[i].fd);
    const bool owned = Interposition::Owns(fds[i].fd);
    if (owned) fakes.Add(fds[i], i);
    if (!owned || kind == Interposition::Kind::kEpoll) reals.Add(fds[i], i);
  }
  if (reals.fds.empty() && !fakes.fds.empty()) {
    return static_cast<int>(scope.Call([&](SysApi& sys) { return sys_poll(sys, fds, count, false); }));
  }
  const int before = errno;
  const Outcome outcome = scope.Wait({
      name,
      timeout_ns,
      [&] {
        return std::any_of(fakes.fds.begin(), fakes.fds.end(), [&](const pollfd& fake) {
          const uint32_t wanted = static_cast<unsigned short>(fake.events) | POLLERR | POLLHUP;
          return (scope.network().Readiness(fake.fd).events & wanted) != 0;
        });
      },
      [&](int64_t ns, int bell) { return RealPoll(reals, ns, bell, mask); },
      [&] { return NumbersOf(reals); },
  });
  if (outcome == Outcome::kFailed) return -1;
  if (!fakes.fds.empty()) {
    const ssize_t ready =
        scope.Call([&](SysApi& sys) { return sys_poll(sys, fakes.fds.data(), fakes.fds.size(), true); });
    if (ready < 0) return -1;
  }
  if (!reals.fds.empty() && RealPoll(reals, 0, -1, mask) < 0) return -1;
  for (nfds_t i = 0; i < count; ++i) fds[i].revents = 0;
  for (const PollPart* part : {&fakes, &reals}) {
    for (size_t i = 0; i < part->fds.size(); ++i) fds[part->places[i]].revents |= part->fds[i].revents;
  }
  errno = before;
  return static_cast<int>(std::count_if(fds, fds + count, [](const pollfd& each) { return each.revents != 0; }));
}

bool IsBadPointer(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer) < 4096; }

bool AnyOwned(const pollfd* fds, nfds_t count) {
  return std::any_of(fds, fds + count, [](const pollfd& each) { return Interposition::Owns(each.fd); });
}

Interposition* ScopeOfPoll(const pollfd* fds, nfds_t count) {
  Interposition* scope = Interposition::Active();
  if (scope == nullptr || (count > 0 && IsBadPointer(fds))) return nullptr;
  return scope->is_virtual() || AnyOwned(fds, count) ? scope : nullptr;
}

}  // namespace

int interposed::poll(pollfd* fds, nfds_t count, int timeout_ms) {
  Interposition* scope = ScopeOfPoll(fds, count);
  if (scope == nullptr) return NextCalls::Get().poll(fds, count, timeout_ms);
  return PollBoth(*scope, "poll", fds, count, NsOfMs(timeout_ms), nullptr,
                  [=](SysApi& sys, pollfd* some, nfds_t number, bool at_once) {
                    return sys.poll(some, number, at_once ? 0 : timeout_ms);
                  });
}

int interposed::ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask) {
  Interposition* scope = ScopeOfPoll(fds, count);
  if (scope == nullptr || !IsValid(timeout)) return NextCalls::Get().ppoll(fds, count, timeout, mask);
  return PollBoth(*scope, "ppoll", fds, count, NsOf(timeout), mask,
                  [=](SysApi& sys, pollfd* some, nfds_t number, bool at_once) {
                    const timespec none{};
                    return sys.ppoll(some, number, at_once ? &none : timeout, mask);
                  });
}

// --- select.

namespace {

struct SelectSets {
  fd_set sets[3];
  bool given[3] = {};
  int count = 0;

  explicit SelectSets(int number) : count(std::clamp(number, 0, FD_SETSIZE)) {
    for (fd_set& set : sets) FD_ZERO(&set);
  }
  fd_set* At(int i) { return given[i] ? &sets[i] : nullptr; }
  bool Has(int fd) const { return FD_ISSET(fd, &sets[0]) || FD_ISSET(fd, &sets[1]) || FD_ISSET(fd, &sets[2]); }
  std::vector<int> Numbers() const {
    std::vector<int> numbers;
    for (int fd = 0; fd < count; ++fd) {
      if (Has(fd)) numbers.push_back(fd);
    }
    return numbers;
  }
};

int RealSelect(SelectSets sets, int64_t timeout_ns, int bell, const sigset_t* mask, SelectSets* ready_sets = nullptr) {
  const timespec timeout = TimespecOf(timeout_ns);
  int count = sets.count;
  if (bell >= 0) {
    sets.given[0] = true;
    FD_SET(bell, &sets.sets[0]);
    count = std::max(count, bell + 1);
  }
  int ready = NextCalls::Get().pselect(count, sets.At(0), sets.At(1), sets.At(2), &timeout, mask);
  if (bell >= 0 && ready > 0 && FD_ISSET(bell, &sets.sets[0])) --ready;
  if (ready_sets != nullptr) *ready_sets = sets;
  return ready;
}

bool IsReady(uint32_t events, const SelectSets& sets, int fd) {
  return (FD_ISSET(fd, &sets.sets[0]) && (events & (POLLIN | POLLRDNORM | POLLHUP | POLLERR)) != 0) ||
         (FD_ISSET(fd, &sets.sets[1]) && (events & (POLLOUT | POLLWRNORM | POLLERR)) != 0) ||
         (FD_ISSET(fd, &sets.sets[2]) && (events & POLLPRI) != 0);
}

// `sys_select(sys, sets, at_once)` is the same call on fakes alone; where it is not at once, on the caller's sets.
template <typename SysSelect>
int SelectBoth(Interposition& scope, const char* name, int count, fd_set* const* given, int64_t timeout_ns,
               const sigset_t* mask, SysSelect sys_select) {
  SelectSets fakes(count), reals(count);
  for (int i = 0; i < 3; ++i) {
    if (given[i] == nullptr) continue;
    fakes.given[i] = reals.given[i] = true;
    for (int fd = 0; fd < fakes.count; ++fd) {
      if (!FD_ISSET(fd, given[i])) continue;
      const bool owned = Interposition::Owns(fd);
      if (owned) FD_SET(fd, &fakes.sets[i]);
      if (!owned || Interposition::KindOf(fd) == Interposition::Kind::kEpoll) FD_SET(fd, &reals.sets[i]);
    }
  }
  const std::vector<int> owned = fakes.Numbers();
  const std::vector<int> others = reals.Numbers();
  if (others.empty() && !owned.empty()) {
    return static_cast<int>(scope.Call([&](SysApi& sys) { return sys_select(sys, given, false); }));
  }
  const int before = errno;
  const Outcome outcome = scope.Wait({
      name,
      timeout_ns,
      [&] {
        return std::any_of(owned.begin(), owned.end(), [&](int fd) {
          return IsReady(scope.network().Readiness(fd).events, fakes, fd);
        });
      },
      [&](int64_t ns, int bell) { return RealSelect(reals, ns, bell, mask); },
      [&] { return others; },
  });
  if (outcome == Outcome::kFailed) return -1;
  if (!owned.empty()) {
    fd_set* const sets[] = {fakes.At(0), fakes.At(1), fakes.At(2)};
    if (scope.Call([&](SysApi& sys) { return sys_select(sys, sets, true); }) < 0) return -1;
  }
  if (!others.empty() && RealSelect(reals, 0, -1, mask, &reals) < 0) return -1;
  int ready = 0;
  for (int i = 0; i < 3; ++i) {
    for (int fd = 0; given[i] != nullptr && fd < fakes.count; ++fd) {
      const bool is_ready =
          (!owned.empty() && FD_ISSET(fd, &fakes.sets[i])) || (!others.empty() && FD_ISSET(fd, &reals.sets[i]));
      is_ready ? FD_SET(fd, given[i]) : FD_CLR(fd, given[i]);
      ready += is_ready ? 1 : 0;
    }
  }
  errno = before;
  return ready;
}

Interposition* ScopeOfSelect(int count, fd_set* const* given) {
  Interposition* scope = Interposition::Active();
  if (scope == nullptr || count < 0 || scope->is_virtual()) return count < 0 ? nullptr : scope;
  for (int fd = 0; fd < std::min(count, FD_SETSIZE); ++fd) {
    for (int i = 0; i < 3; ++i) {
      if (given[i] != nullptr && FD_ISSET(fd, given[i]) && Interposition::Owns(fd)) return scope;
    }
  }
  return nullptr;
}

}  // namespace

int interposed::select(int count, fd_set* reading, fd_set* writing, fd_set* exceptional, timeval* timeout) {
  fd_set* const given[] = {reading, writing, exceptional};
  Interposition* scope = ScopeOfSelect(count, given);
  if (scope == nullptr || (timeout != nullptr && (timeout->tv_sec < 0 || timeout->tv_usec < 0))) {
    return NextCalls::Get().select(count, reading, writing, exceptional, timeout);
  }
  const int64_t timeout_ns = NsOf(timeout);
  const int64_t start_ns = scope->NowNs();
  const int ready = SelectBoth(*scope, "select", count, given, timeout_ns, nullptr,
                               [=](SysApi& sys, fd_set* const* sets, bool at_once) {
                                 timeval none{};
                                 return sys.select(count, sets[0], sets[1], sets[2], at_once ? &none : timeout);
                               });
  if (timeout != nullptr && ready >= 0) {  // Linux says how much is left
    const int64_t left_ns = std::max<int64_t>(0, timeout_ns - (scope->NowNs() - start_ns));
    *timeout = {left_ns / kNsPerSecond, left_ns % kNsPerSecond / 1000};
  }
  return ready;
}

int interposed::pselect(int count, fd_set* reading, fd_set* writing, fd_set* exceptional, const timespec* timeout,
                        const sigset_t* mask) {
  fd_set* const given[] = {reading, writing, exceptional};
  Interposition* scope = ScopeOfSelect(count, given);
  if (scope == nullptr || !IsValid(timeout)) {
    return NextCalls::Get().pselect(count, reading, writing, exceptional, timeout, mask);
  }
  return SelectBoth(*scope, "pselect", count, given, NsOf(timeout), mask,
                    [=](SysApi& sys, fd_set* const* sets, bool at_once) {
                      const timespec none{};
                      return sys.pselect(count, sets[0], sets[1], sets[2], at_once ? &none : timeout, mask);
                    });
}

// --- epoll.

namespace {

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

// `sys_wait(sys, events, count)` is the same call without a timeout.
template <typename SysWait>
int EpollBoth(Interposition& scope, const char* name, int epoll, epoll_event* events, int count, int64_t timeout_ns,
              const sigset_t* mask, SysWait sys_wait) {
  if (count <= 0 || IsBadPointer(events)) {
    return static_cast<int>(scope.Call([&](SysApi& sys) { return sys_wait(sys, events, count); }));
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
    const ssize_t fakes = scope.Call([&](SysApi& sys) { return sys_wait(sys, events, room); });
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
                   [=](SysApi& sys, epoll_event* out, int room) { return sys.epoll_wait(epoll, out, room, 0); });
}

int interposed::epoll_pwait(int epoll, epoll_event* events, int count, int timeout_ms, const sigset_t* mask) {
  Interposition* scope = Interposition::Of(epoll);
  if (scope == nullptr) return NextCalls::Get().epoll_pwait(epoll, events, count, timeout_ms, mask);
  return EpollBoth(*scope, "epoll_pwait", epoll, events, count, NsOfMs(timeout_ms), mask,
                   [=](SysApi& sys, epoll_event* out, int room) { return sys.epoll_pwait(epoll, out, room, 0, mask); });
}

int interposed::epoll_pwait2(int epoll, epoll_event* events, int count, const timespec* timeout, const sigset_t* mask) {
  Interposition* scope = Interposition::Of(epoll);
  if (scope == nullptr || !IsValid(timeout)) {
    return NextCalls::Get().epoll_pwait2(epoll, events, count, timeout, mask);
  }
  return EpollBoth(*scope, "epoll_pwait2", epoll, events, count, NsOf(timeout), mask,
                   [=](SysApi& sys, epoll_event* out, int room) {
                     const timespec none{};
                     return sys.epoll_pwait2(epoll, out, room, &none, mask);
                   });
}

}  // namespace lastack
