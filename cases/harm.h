// What a fault may do to a subject that handles it wrongly, apart from descriptors: the outcome of a run compared with
// the clean run's.
#ifndef LASTACK_CASES_HARM_H_
#define LASTACK_CASES_HARM_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cases/case.h"
#include "cases/evidence.h"

namespace lastack {

inline constexpr Finding kDied = {"died", "The subject died by a signal."};
inline constexpr Finding kHangs = {"hangs", "The subject did not end, as it did without the fault."};
inline constexpr Finding kAnswerLost = {"answer-lost",
                                        "The subject did not get the whole answer, as it did without the fault."};
inline constexpr Finding kAborted = {"aborted", "The peer got RST where it got FIN without the fault."};

// Whether the profile's answer is in what the subject wrote to stdout.
[[nodiscard]] bool PrintedAnswer(const Evidence& run);

// Whether the subject did not get the answer in `run` that it got in `clean`.
[[nodiscard]] bool LostAnswer(const Evidence& clean, const Evidence& run);

// What HarmDone can find.
[[nodiscard]] std::vector<Finding> HarmFindings();

// What the subject has taken from the connection, by calls made before a time.
[[nodiscard]] uint64_t BytesReceived(const Evidence& run, const Exchange& exchange, uint64_t before_ns = UINT64_MAX);

// What was unread when the subject closed the socket, or left it to the exit: if it is anything, the kernel answers
// RST.
[[nodiscard]] uint64_t UnreadAtEnd(const Evidence& run, const SocketLife& socket);

// Its time was up, which it was not without the fault, while data still moved: it was slow, or the machine was, and
// would perhaps have ended.
[[nodiscard]] bool WasStillAtIt(const Evidence& clean, const Evidence& run);

// A violation, by the first harm that was done; a pass if there was none, and `observed` if the subject reported the
// fault by its exit status and lost nothing; inconclusive if nothing shows whether the answer arrived.
[[nodiscard]] Judgement JudgeHarm(const Evidence& clean, const Evidence& run);

}  // namespace lastack

#endif  // LASTACK_CASES_HARM_H_
