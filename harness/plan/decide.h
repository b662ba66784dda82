// Decides what a plan does to one call. Freestanding and free of globals: the agent runs it in any thread or signal
// handler. Allocation: none. errno: untouched.
//
// Nearly every call passes: no fault names it on such a socket (Due is 0), or none of those that do can fire yet. For
// the latter, counting every fault at every call would cost more than the call's own record, so counting is lazy:
// `quiet` says how many calls may still be made before any fault can fire, each of them is only tallied, and the
// tallies are settled into the faults' occurrences when it has run out or the socket changes.
//
//   Arm(plan, watch, tally, kind, history);             // when the socket is made, and when its history changes
//   ...
//   if (Due(plan, watch, call) != 0 && !PassesQuietly(watch, tally, call)) {
//     const int fault = Decide(plan, watch, tally, call);   // kNoFault, or the fault to carry out
//   }
//
// Threads: two may decide for one socket at once, or arm it. Each occurrence is counted once; where they race for a
// fault's occurrence, it fires there, or at the next due call if it names that one too, or not at all.
#ifndef LASTACK_HARNESS_PLAN_DECIDE_H_
#define LASTACK_HARNESS_PLAN_DECIDE_H_

#include <stdint.h>
#include <sys/socket.h>

#include "harness/plan/fault.h"

namespace lastack {

// What a call looks at. One for each socket.
struct Watch {
  uint32_t armed;  // the faults (bit n: plan.faults[n]) whose kind and `after` select the socket
  int32_t quiet;   // due calls that may still be made before any armed fault can fire
};

// What it counts in. One for each socket, touched only by due calls.
struct Tally {
  uint32_t of_call[kCallCount];   // since the last settlement
  uint32_t of_fault[kMaxFaults];  // occurrences of the fault's site so far
  uint32_t looked;                // 1: the last call that a partial fault might have struck had MSG_PEEK
};

inline constexpr int kNoFault = -1;

// What is only looked at is not cut short: it would be so at each look, and who waits for more would wait for ever. Nor
// is the receive behind a look, which takes what was seen: no kernel gives less of that.
inline bool SparesPeek(const Fault& fault, int message_flags, Tally& tally) {
  if (fault.effect != Effect::kPartial) return false;
  const bool looks = (message_flags & MSG_PEEK) != 0;
  return __atomic_exchange_n(&tally.looked, looks ? 1u : 0u, __ATOMIC_RELAXED) != 0 || looks;
}

constexpr bool Selects(const Fault& fault, SocketKind kind, uint8_t history) {
  const bool is_of_kind = (fault.kinds >> static_cast<unsigned>(kind) & 1) != 0;
  return is_of_kind && (fault.after == 0 || (fault.after & history) != 0);
}

inline constexpr uint64_t kNever = UINT64_MAX;

// The first occurrence after number `passed` (0: none yet) at which the fault fires; kNever if there is none.
constexpr uint64_t NextFiring(const Fault& fault, uint32_t passed) {
  if (passed < fault.first) return fault.first;
  const uint32_t step = fault.step == 0 ? 1 : fault.step;
  const uint64_t next = fault.first + (uint64_t{passed} - fault.first + step) / step * step;
  return next <= fault.last ? next : kNever;
}

// What is armed where no socket selects: every fault of the plan.
constexpr uint32_t AllFaults(const Plan& plan) { return (uint32_t{1} << plan.fault_count) - 1; }

// The armed faults that name the call.
inline uint32_t Due(const Plan& plan, const Watch& watch, Call call) {
  return __atomic_load_n(&watch.armed, __ATOMIC_RELAXED) & plan.faults_of_call[static_cast<unsigned>(call)];
}

// Tallies a due call and returns true, unless a fault might fire at it.
inline bool PassesQuietly(Watch& watch, Tally& tally, Call call) {
  if (__atomic_sub_fetch(&watch.quiet, 1, __ATOMIC_RELAXED) < 0) return false;
  __atomic_add_fetch(&tally.of_call[static_cast<unsigned>(call)], 1, __ATOMIC_RELAXED);
  return true;
}

namespace internal {

// Adds `count` occurrences to each fault in `faults`; returns those that fire at one of them.
inline uint32_t Count(const Plan& plan, uint32_t faults, uint32_t count, Tally& tally) {
  uint32_t fired = 0;
  for (; faults != 0; faults &= faults - 1) {
    const int index = __builtin_ctz(faults);
    const uint32_t now = __atomic_add_fetch(&tally.of_fault[index], count, __ATOMIC_RELAXED);
    if (NextFiring(plan.faults[index], now - count) <= now) fired |= 1u << index;
  }
  return fired;
}

// Returns the faults that should have fired at a call that passed quietly: none, without a race.
inline uint32_t Settle(const Plan& plan, const Watch& watch, Tally& tally) {
  uint32_t late = 0;
  for (unsigned call = 0; call < kCallCount; ++call) {
    const uint32_t made = __atomic_exchange_n(&tally.of_call[call], 0, __ATOMIC_RELAXED);
    if (made != 0) late |= Count(plan, Due(plan, watch, static_cast<Call>(call)), made, tally);
  }
  return late;
}

inline void SetQuiet(const Plan& plan, Watch& watch, const Tally& tally) {
  uint32_t calls = INT32_MAX;
  for (uint32_t armed = __atomic_load_n(&watch.armed, __ATOMIC_RELAXED); armed != 0; armed &= armed - 1) {
    const int index = __builtin_ctz(armed);
    const uint32_t passed = __atomic_load_n(&tally.of_fault[index], __ATOMIC_RELAXED);
    const uint64_t distance = NextFiring(plan.faults[index], passed) - passed;  // >= 1
    if (distance - 1 < calls) calls = static_cast<uint32_t>(distance - 1);
  }
  __atomic_store_n(&watch.quiet, static_cast<int32_t>(calls), __ATOMIC_RELAXED);
}

}  // namespace internal

// Counts an occurrence of the call that did not pass quietly; the index of the first fault that fires, or kNoFault.
inline int Decide(const Plan& plan, Watch& watch, Tally& tally, Call call) {
  const uint32_t late = internal::Settle(plan, watch, tally);
  const uint32_t due = Due(plan, watch, call);
  // A late one may be about another call, where its effect would do harm.
  const uint32_t fired = (late & due) | internal::Count(plan, due, 1, tally);
  internal::SetQuiet(plan, watch, tally);
  return fired == 0 ? kNoFault : __builtin_ctz(fired);
}

// Takes back the last occurrence of a fault that found no reason to fire.
inline void Discount(const Plan& plan, Watch& watch, Tally& tally, int index) {
  __atomic_sub_fetch(&tally.of_fault[index], 1, __ATOMIC_RELAXED);
  internal::SetQuiet(plan, watch, tally);
}

// The socket is such now: faults that select it count from here on; what was counted before stays.
inline void Arm(const Plan& plan, Watch& watch, Tally& tally, SocketKind kind, uint8_t history) {
  internal::Settle(plan, watch, tally);
  uint32_t armed = 0;
  for (uint32_t i = 0; i < plan.fault_count; ++i) {
    if (Selects(plan.faults[i], kind, history)) armed |= 1u << i;
  }
  __atomic_store_n(&watch.armed, armed, __ATOMIC_RELAXED);
  internal::SetQuiet(plan, watch, tally);
}

}  // namespace lastack

#endif  // LASTACK_HARNESS_PLAN_DECIDE_H_
