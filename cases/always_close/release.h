// Whether sockets were released once they had nothing more to do: what all rows of always-close judge.
#ifndef LASTACK_CASES_ALWAYS_CLOSE_RELEASE_H_
#define LASTACK_CASES_ALWAYS_CLOSE_RELEASE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cases/case.h"
#include "cases/evidence.h"

namespace lastack {

// A socket that was left open to the exit of its process: an advisory in every row.
inline constexpr char kLeftToExit[] = "left-to-exit";
inline constexpr Finding kLeftToExitFinding = {kLeftToExit, "A socket was left open to the exit of the process."};

// A socket that has to be released.
struct Due {
  const SocketLife* socket;
  uint64_t since_ns;  // from when on there was nothing more to do on it; 0: that point was never reached
};

// `leak` is the finding code of a socket that stayed open although the process lived on; `after` says, in the message,
// after what: "after its exchange was over".
[[nodiscard]] Judgement JudgeRelease(const Evidence& run, const std::vector<Due>& due, const char* leak,
                                     const std::string& after);

// The sockets of all exchanges, each due when the peer has ended its side.
[[nodiscard]] std::vector<Due> DueAfterExchange(const Evidence& run);

// Those that the peer has reset, each due from then on.
[[nodiscard]] std::vector<Due> DueAfterReset(const Evidence& run);
// Those on which a peer that plays Scenario::kTruncatedAnswer has finished too early, from then on.
[[nodiscard]] std::vector<Due> DueAfterTruncation(const Evidence& run);
// Those whose connect was refused, from then on.
[[nodiscard]] std::vector<Due> DueAfterRefusal(const Evidence& run);

}  // namespace lastack

#endif  // LASTACK_CASES_ALWAYS_CLOSE_RELEASE_H_
