// Decides what a plan does to one call. Pure and freestanding: the agent runs it in any thread or signal handler.
// Threads, signals: safe. Allocation: none. errno: untouched.
//
//   armed = ArmedFaults(plan, kind, history);            // when the socket is made, and when its history changes
//   due = armed & plan.faults_of_call[call];             // at a call; nearly always 0
//   if (due != 0) fault = Decide(plan, due, occurrences) // counts, and says which fault fires, if any
#ifndef LASTACK_HARNESS_PLAN_DECIDE_H_
#define LASTACK_HARNESS_PLAN_DECIDE_H_

#include <stdint.h>

#include "harness/plan/fault.h"

namespace lastack {

// How often each fault's site has been reached on one socket.
struct Occurrences {
  uint32_t of_fault[kMaxFaults];
};

// The faults (bit n for plan.faults[n]) whose kind and `after` select such a socket.
constexpr uint32_t ArmedFaults(const Plan& plan, SocketKind kind, uint8_t history) {
  uint32_t armed = 0;
  for (uint32_t i = 0; i < plan.fault_count; ++i) {
    const Fault& fault = plan.faults[i];
    const bool selected = (fault.kinds >> static_cast<unsigned>(kind) & 1) != 0;
    const bool happened = fault.after == 0 || (fault.after & history) != 0;
    if (selected && happened) armed |= 1u << i;
  }
  return armed;
}

// Whether the fault fires at its site's occurrence number `occurrence` (from 1).
constexpr bool FiresAt(const Fault& fault, uint32_t occurrence) {
  if (occurrence < fault.first || occurrence > fault.last) return false;
  return fault.step <= 1 || (occurrence - fault.first) % fault.step == 0;
}

inline constexpr int kNoFault = -1;

// Counts an occurrence for every fault in `due` and returns the index of the first that fires, or kNoFault. Two threads
// may decide for one socket at once: each occurrence is then counted once.
inline int Decide(const Plan& plan, uint32_t due, Occurrences& occurrences) {
  int fired = kNoFault;
  for (; due != 0; due &= due - 1) {
    const int index = __builtin_ctz(due);
    const uint32_t occurrence = __atomic_add_fetch(&occurrences.of_fault[index], 1, __ATOMIC_RELAXED);
    if (fired == kNoFault && FiresAt(plan.faults[index], occurrence)) fired = index;
  }
  return fired;
}

}  // namespace lastack

#endif  // LASTACK_HARNESS_PLAN_DECIDE_H_
