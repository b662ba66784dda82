// Long conversations, for the profiles of servers.
#ifndef LASTACK_CASES_PROFILES_MANY_H_
#define LASTACK_CASES_PROFILES_MANY_H_

#include <vector>

#include "harness/peer/script.h"

namespace lastack {

// Enough that a leak of a few in a hundred shows, and little enough for a second.
inline constexpr int kManyConnections = 50;
inline constexpr int kManyResets = 30;
inline constexpr int kManyFinished = 30;
inline constexpr int kManyLeaving = 30;
// Enough for a server of one process, and soon spent by one that leaks.
inline constexpr int kFewDescriptors = 64;

// `scripts` in turn, `count` of them, and one `last`.
inline std::vector<Script> InTurn(const std::vector<Script>& scripts, int count, const Script& last) {
  std::vector<Script> turns;
  for (int i = 0; i < count; ++i) turns.push_back(scripts[static_cast<size_t>(i) % scripts.size()]);
  turns.push_back(last);
  return turns;
}

}  // namespace lastack

#endif  // LASTACK_CASES_PROFILES_MANY_H_
