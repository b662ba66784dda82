#include "mocks/interposition_state.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "mocks/nobody_else.h"

namespace lastack {
namespace {

constexpr int64_t kNever = FakeEvents::kNever;
constexpr int64_t kNsPerSecond = 1'000'000'000;

int64_t RealNs(clockid_t clock) {
  timespec now{};
  (void)NextCalls::Get().clock_gettime(clock, &now);
  return now.tv_sec * kNsPerSecond + now.tv_nsec;
}

bool IsProcessorClock(clockid_t clock) { return clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID; }

// Out of the way: libraries and tests expect the low numbers for what they open.
int MovedUp(int fd) {
  const NextCalls& next = NextCalls::Get();
  const int high = next.fcntl(fd, F_DUPFD_CLOEXEC, 512);
  if (high < 0) return fd;
  next.close(fd);
  return high;
}

int64_t After(int64_t now_ns, int64_t timeout_ns) {
  return timeout_ns < 0 || timeout_ns > kNever - now_ns ? kNever : now_ns + timeout_ns;
}

}  // namespace

constinit std::atomic<Interposition*> Interposition::active_ = nullptr;
constinit std::atomic<Interposition::Kind> Interposition::kinds_[kDescriptors] = {};

// The placeholder is an epoll descriptor: all that one can do to a socket fails on it, reading and writing too.
Interposition::Interposition(SysApi& sys, FakeNetwork& network, const InterpositionOptions& options)
    : sys_(sys),
      network_(network),
      options_(options),
      placeholder_(MovedUp(NextCalls::Get().epoll_create1(EPOLL_CLOEXEC))),
      bell_(MovedUp(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))) {
  const int64_t monotonic_ns = RealNs(CLOCK_MONOTONIC) - network.now_ns();
  for (int clock = 0; clock < kClocks; ++clock) offsets_[clock] = RealNs(clock) - network.now_ns();
  offsets_[CLOCK_MONOTONIC] = offsets_[CLOCK_MONOTONIC_COARSE] = monotonic_ns;
  offsets_[CLOCK_REALTIME_COARSE] = offsets_[CLOCK_REALTIME];
  network_.SetNumbers(this);
  network_.SetWaiter(this);
  active_.store(this, std::memory_order_release);
}

Interposition::~Interposition() {
  active_.store(nullptr, std::memory_order_release);
  network_.SetNumbers(nullptr);
  network_.SetWaiter(nullptr);
  for (int fd = 0; fd <= highest_; ++fd) {
    if (Owns(fd)) NextCalls::Get().close(fd);
    if (KindOf(fd) != Kind::kReal) Mark(fd, Kind::kReal);
  }
  NextCalls::Get().close(placeholder_);
  NextCalls::Get().close(bell_);
}

// --- Descriptors.

void Interposition::Mark(int fd, Kind kind) {
  kinds_[fd].store(kind, std::memory_order_release);
  if (fd > highest_) highest_ = fd;
}

int Interposition::Take(int at_least) {
  const int fd = NextCalls::Get().fcntl(placeholder_, F_DUPFD_CLOEXEC, at_least);
  if (fd >= kDescriptors) {
    NextCalls::Get().close(fd);
    return -1;
  }
  if (fd >= 0) Mark(fd, Kind::kFake);
  return fd;
}

bool Interposition::TakeExactly(int fd) {
  if (fd < 0 || fd >= kDescriptors) return false;
  ForgetTimer(fd);
  if (NextCalls::Get().dup3(placeholder_, fd, O_CLOEXEC) != fd) return false;
  Mark(fd, Kind::kFake);
  return true;
}

void Interposition::Give(int fd) {
  Mark(fd, Kind::kReal);
  NextCalls::Get().close(fd);
}

void Interposition::AdoptEpoll(int fd, int original) {
  if (KindOf(fd) != Kind::kFake) return;  // a scripted result
  const NextCalls& next = NextCalls::Get();
  const int kernels = original >= 0 ? original : next.epoll_create1(EPOLL_CLOEXEC);
  next.dup3(kernels, fd, O_CLOEXEC);
  if (original < 0) next.close(kernels);
  Mark(fd, Kind::kEpoll);
}

void Interposition::AdoptTimer(int fd) { Mark(fd, Kind::kTimer); }

void Interposition::Copied(int fd, int copy) {
  if (copy < 0 || copy == fd) return;
  if (KindOf(fd) == Kind::kEpoll) AdoptEpoll(copy, fd);
  if (KindOf(fd) != Kind::kTimer) return;
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  timers_.Share(fd, copy);
  AdoptTimer(copy);
}

void Interposition::ForgetTimer(int fd) {
  if (KindOf(fd) != Kind::kTimer) return;
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  timers_.Forget(fd);
  Mark(fd, Kind::kReal);
}

int Interposition::CloseRange(unsigned first, unsigned last, int flags) {
  const NextCalls& next = NextCalls::Get();
  if (first > last || flags != 0) return next.close_range(first, last, flags);
  for (unsigned fd = first; fd <= last && fd < kDescriptors; ++fd) {
    const int number = static_cast<int>(fd);
    ForgetTimer(number);
    if (Owns(number)) (void)Call([=](SysApi& sys) { return sys.close(number); });
  }
  unsigned from = first;
  for (const int kept : {std::min(placeholder_, bell_), std::max(placeholder_, bell_)}) {
    const auto number = static_cast<unsigned>(kept);
    if (number < from || number > last) continue;
    if (from < number && next.close_range(from, number - 1, 0) != 0) return -1;
    from = number + 1;
  }
  return from <= last ? next.close_range(from, last, 0) : 0;
}

// --- Time.

int64_t Interposition::NowNs() {
  return is_virtual() ? network_.now_ns() : RealNs(CLOCK_MONOTONIC) - offsets_[CLOCK_MONOTONIC];
}

bool Interposition::Read(clockid_t clock, int64_t& ns) {
  if (clock < 0 || clock >= kClocks || IsProcessorClock(clock)) return false;
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  ns = network_.now_ns() + offsets_[clock];
  return true;
}

int64_t Interposition::ToNetwork(clockid_t clock, int64_t ns) {
  const bool known = clock >= 0 && clock < kClocks && !IsProcessorClock(clock);
  return ns - offsets_[known ? clock : CLOCK_MONOTONIC];
}

// What has happened by now has its consequences.
void Interposition::CatchUp() {
  if (is_virtual()) {
    network_.stack().Settle();
    timers_.Expire(network_.now_ns());
    return;
  }
  const int64_t now_ns = NowNs();
  while (network_.Advance(now_ns)) {
  }
}

bool Interposition::Advance(int64_t until_ns) {
  until_ns = std::min(until_ns, timers_.next_ns());
  const bool happened =
      options_.waiter != nullptr ? options_.waiter->Wait(network_.stack(), until_ns) : network_.Advance(until_ns);
  timers_.Expire(network_.now_ns());
  return happened;
}

void Interposition::SleepUntil(int64_t until_ns) {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  CatchUp();
  while (network_.now_ns() < until_ns && Advance(until_ns)) {
  }
}

void Interposition::AwaitTimer(int fd) {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  CatchUp();
  if ((NextCalls::Get().fcntl(fd, F_GETFL, 0) & O_NONBLOCK) != 0) return;
  pollfd expired = {fd, POLLIN, 0};
  while (NextCalls::Get().poll(&expired, 1, 0) == 0 && Advance(kNever)) {
  }
}

bool Interposition::Wait(FakeStack&, int64_t until_ns) {
  if (is_virtual()) return Advance(until_ns);
  if (network_.now_ns() >= until_ns) return false;
  if (network_.Advance(std::min(NowNs(), until_ns))) return true;
  const int64_t wake_ns = std::min(until_ns, network_.next_event_ns());
  if (wake_ns == kNever) return false;
  const int64_t sleep_ns = std::max<int64_t>(0, wake_ns - NowNs());
  // On the real clock: to let time pass is what the caller asked for.
  const timespec sleep = {sleep_ns / kNsPerSecond, sleep_ns % kNsPerSecond};
  (void)NextCalls::Get().nanosleep(&sleep, nullptr);
  network_.Advance(wake_ns);
  return true;
}

// --- Waiting.

Interposition::Outcome Interposition::Wait(const WaitFor& wait) {
  std::unique_lock<std::recursive_mutex> lock(mutex_);
  CatchUp();
  const int64_t until_ns = After(NowNs(), wait.timeout_ns);
  while (true) {
    const int ready = wait.fakes() ? 1 : wait.reals(0, -1);
    if (ready != 0 || NowNs() >= until_ns) {
      return ready > 0 ? Outcome::kReady : ready < 0 ? Outcome::kFailed : Outcome::kTimeout;
    }
    if (is_virtual() && (Advance(until_ns) || until_ns != kNever)) continue;
    const int64_t wake_ns = is_virtual() ? kNever : std::min(until_ns, network_.next_event_ns());
    const std::vector<int> watched = wake_ns == kNever ? wait.watched() : std::vector<int>();
    if (wake_ns == kNever && NobodyElseWakes(watched)) {
      return NeverEnds(wait, watched, "nobody else is there to wake it");
    }
    const int64_t sleep_ns =
        wake_ns == kNever ? absl::ToInt64Nanoseconds(options_.patience) : std::max<int64_t>(0, wake_ns - NowNs());
    ++sleepers_;
    lock.unlock();
    const int woken = wait.reals(sleep_ns, bell_);
    const int error = errno;
    lock.lock();
    --sleepers_;
    const bool rung = Rung();
    CatchUp();
    errno = error;
    if (woken < 0) return Outcome::kFailed;
    if (woken == 0 && !rung && wake_ns == kNever) {
      return NeverEnds(wait, watched, absl::StrCat("nobody woke it in ", absl::FormatDuration(options_.patience)));
    }
  }
}

Interposition::Outcome Interposition::NeverEnds(const WaitFor& wait, const std::vector<int>& watched,
                                                const std::string& why) {
  const std::string reals = watched.empty()
                                ? "no real descriptor is watched"
                                : absl::StrCat("of the real descriptors (", absl::StrJoin(watched, ", "), ") ", why);
  const std::string text =
      absl::StrCat(wait.call, " waits for ever: no fake is ready, nothing is on its way, no timer is armed, and ",
                   reals, ".\n", network_.Timeline());
  FakeDeadlockHandler handler = SetFakeDeadlockHandler(nullptr);
  SetFakeDeadlockHandler(handler);
  if (!handler) {
    fprintf(stderr, "ScopedInterposition: %s", text.c_str());
    abort();
  }
  handler(text);
  // GoogleTest reports an exception, too: the timeline stands in the first failure.
  if (wait.of_event_loop) {
    throw WaitsForEver(absl::StrCat(wait.call, " waits for ever, as the failure before this one says"));
  }
  errno = EDEADLK;
  return Outcome::kFailed;
}

void Interposition::RingBell() {
  if (sleepers_.load() == 0) return;
  const uint64_t one = 1;
  (void)!NextCalls::Get().write(bell_, &one, sizeof(one));
}

bool Interposition::Rung() {
  uint64_t times;
  return NextCalls::Get().read(bell_, &times, sizeof(times)) == sizeof(times);
}

}  // namespace lastack
