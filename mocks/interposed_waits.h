// Waiting for fakes and real descriptors together: what the interposed poll, select and epoll share.
#ifndef LASTACK_MOCKS_INTERPOSED_WAITS_H_
#define LASTACK_MOCKS_INTERPOSED_WAITS_H_

#include <errno.h>
#include <time.h>

#include <cstdint>

#include "mocks/interposition_state.h"

namespace lastack {

inline constexpr int64_t kNsPerSecond = 1'000'000'000;
inline constexpr int64_t kForever = -1;

inline int64_t NsOf(const timespec* timeout) {
  return timeout == nullptr ? kForever : timeout->tv_sec * kNsPerSecond + timeout->tv_nsec;
}
inline int64_t NsOfMs(int timeout_ms) { return timeout_ms < 0 ? kForever : timeout_ms * int64_t{1'000'000}; }
inline timespec TimespecOf(int64_t ns) { return {ns / kNsPerSecond, ns % kNsPerSecond}; }

inline bool IsValid(const timespec* timeout) {
  return timeout == nullptr || (timeout->tv_sec >= 0 && timeout->tv_nsec >= 0 && timeout->tv_nsec < kNsPerSecond);
}
inline bool IsBadPointer(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer) < 4096; }

// The wait of a poll or select. `split` is what that was given, in two: the fakes, and the real descriptors.
//
//   bool has_fakes(), has_reals();
//   SysResult AskAsGiven(SysApi&);            // the caller's very call, where there are fakes only
//   bool IsFakeReady(FakeNetwork&);
//   SysResult AskFakes(SysApi&);              // the same call on the fakes, at once
//   int AskReals(int64_t timeout_ns, int bell);  // the kernel's, which also watches the bell unless that is negative
//   std::vector<int> Watched();               // the real ones, without timers, which are virtual
//   int Merge();                              // the answers, into what the caller gave; how many are ready
template <typename Split>
int WaitForBoth(Interposition& scope, const char* call, int64_t timeout_ns, Split& split) {
  if (!split.has_reals() && split.has_fakes()) {
    return static_cast<int>(scope.Call([&](SysApi& sys) { return split.AskAsGiven(sys); }));
  }
  const int before = errno;
  const Interposition::Outcome outcome = scope.Wait({
      call,
      timeout_ns,
      [&] { return split.IsFakeReady(scope.network()); },
      [&](int64_t ns, int bell) { return split.AskReals(ns, bell); },
      [&] { return split.Watched(); },
  });
  if (outcome == Interposition::Outcome::kFailed) return -1;
  if (split.has_fakes() && scope.Call([&](SysApi& sys) { return split.AskFakes(sys); }) < 0) return -1;
  if (split.has_reals() && split.AskReals(0, -1) < 0) return -1;
  errno = before;
  return split.Merge();
}

}  // namespace lastack

#endif  // LASTACK_MOCKS_INTERPOSED_WAITS_H_
