// What tests of judges share: passing observations, each to be spoilt by one fact, and what is expected of the judge
// then.
//
//   Observation run = Interrupted(CloseAgain);
//   Expect(Judged("check-close/eintr-not-retried", run), Verdict::kFail, "retried-after-eintr");
//
// The observations are those of one connection, between the subject's descriptor kFd and a peer on 127.0.0.1:80.
#ifndef LASTACK_CASES_JUDGE_FIXTURE_H_
#define LASTACK_CASES_JUDGE_FIXTURE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "cases/case.h"
#include "cases/judge.h"
#include "harness/run/observation.h"
#include "harness/trace/trace_builder.h"

namespace lastack {

inline constexpr uint64_t kSocket = 77;
inline constexpr uint16_t kPort = 40000;  // of the subject: TraceBuilder's
inline constexpr int kFd = 5;
inline constexpr uint16_t kClient = 50000;  // of the peer, where the subject is a server

inline constexpr char kOrderly[] = "always-close/orderly";
inline constexpr char kRetried[] = "check-close/eintr-not-retried";
inline constexpr char kLinger[] = "linger/no-abort-by-default";
inline constexpr char kReported[] = "peer-gone/reset-on-recv-reported";

// What a subject does at one point of its trace.
using Change = std::function<void(TraceBuilder&)>;

void Close(TraceBuilder& run);
void CloseAgain(TraceBuilder& run);  // when a decoy has the number
void LeaveOpen(TraceBuilder& run);   // to the exit

[[nodiscard]] const Case& CaseNamed(const std::string& id);

// What the peer has seen of an exchange: 80 bytes came, 3000 went, then its FIN, and the subject's.
[[nodiscard]] ConnectionRecord OrdinaryRecord();

// A client that connects, receives to the end, closes and exits. `close` may replace the call that closes.
[[nodiscard]] Observation Ordinary(const Change& close = Close);

// The same, and it sends its request before it receives.
[[nodiscard]] Observation OrdinaryWithRequest();

// The close is interrupted, with a decoy in its place; and `afterwards`, before the exit.
[[nodiscard]] Observation Interrupted(const Change& afterwards);

// The peer resets in the middle of its answer; the client is told by recv, and exits with 56.
[[nodiscard]] Observation Reset();

// The same run of a subject that has forked before.
[[nodiscard]] Observation WithAChild(Observation run);

// A server that accepts one client as descriptor 5, answers, closes, and is alive at the barrier. `close` may replace
// the close.
[[nodiscard]] Observation Serving(const Change& close = [](TraceBuilder& run) { run.Made(Call::close, 5, 50); });

[[nodiscard]] CaseResult Judged(const std::string& id, const Observation& run, const Observation& clean = Ordinary());
[[nodiscard]] CaseResult JudgedOrderly(const Observation& run);

// `message`: a part of it.
void Expect(const CaseResult& result, Verdict verdict, const std::string& finding = "",
            const std::string& message = "");

}  // namespace lastack

#endif  // LASTACK_CASES_JUDGE_FIXTURE_H_
