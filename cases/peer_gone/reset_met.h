// What a subject may do when it meets a reset at a time when it has nothing more to say: end that connection, and no
// more.
#ifndef LASTACK_CASES_PEER_GONE_RESET_MET_H_
#define LASTACK_CASES_PEER_GONE_RESET_MET_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cases/always_close/release.h"
#include "cases/case.h"
#include "cases/evidence.h"

namespace lastack {

// What JudgeResetMet can find.
[[nodiscard]] std::vector<Finding> ResetMetFindings();

// The sockets that met a reset, each due from then on. `where` is "at shutdown", for messages.
[[nodiscard]] Judgement JudgeResetMet(const Evidence& clean, const Evidence& run, const std::vector<Due>& met,
                                      const std::string& where);

// The same by faults that fired: each socket is due when the call that met the reset has returned.
[[nodiscard]] Judgement JudgeResetFired(const Evidence& clean, const Evidence& run, const std::string& where);

}  // namespace lastack

#endif  // LASTACK_CASES_PEER_GONE_RESET_MET_H_
