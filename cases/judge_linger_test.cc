// The judge of linger/no-abort-by-default, fact by fact.
#include "cases/judge_fixture.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

namespace lastack {
namespace {

// --- linger/no-abort-by-default

CaseResult JudgedLinger(const Observation& run) { return Judged(kLinger, run, run); }

Observation WithLinger(uint32_t on, uint32_t seconds) {
  return Ordinary([=](TraceBuilder& run) {
    run.SetLinger(kFd, kSocket, on, seconds);
    run.Made(Call::close, kFd, kSocket);
  });
}

TEST(LingerTest, WithoutLingerItPasses) { Expect(JudgedLinger(Ordinary()), Verdict::kPass); }
TEST(LingerTest, OnAndZeroFails) { Expect(JudgedLinger(WithLinger(1, 0)), Verdict::kFail, "abortive-linger"); }
TEST(LingerTest, OnWithATimeoutPasses) { Expect(JudgedLinger(WithLinger(1, 5)), Verdict::kPass); }
TEST(LingerTest, OffPasses) { Expect(JudgedLinger(WithLinger(0, 0)), Verdict::kPass); }

TEST(LingerTest, TakenBackBeforeTheCloseItPasses) {
  Expect(JudgedLinger(Ordinary([](TraceBuilder& run) {
           run.SetLinger(kFd, kSocket, 1, 0);
           run.SetLinger(kFd, kSocket, 0, 0);
           run.Made(Call::close, kFd, kSocket);
         })),
         Verdict::kPass);
}

// Whether it would have been set in the middle of an exchange, too, is not known.
TEST(LingerTest, OnAfterBothEndsHadFinishedIsToldAsWhatItIs) {
  const auto ends = [](bool shuts_down) {
    return Ordinary([=](TraceBuilder& run) {
      if (shuts_down) run.Made(Call::shutdown, kFd, kSocket).a = SHUT_WR;
      run.SetLinger(kFd, kSocket, 1, 0);
      run.Made(Call::close, kFd, kSocket);
    });
  };
  Expect(JudgedLinger(ends(true)), Verdict::kFail, "abortive-linger", "in force; this time nothing was left to abort");
  Expect(JudgedLinger(ends(false)), Verdict::kFail, "abortive-linger", "in force.");
  Observation reset = ends(true);
  reset.connections.front().ending = Ending::kFinThenReset;
  Expect(JudgedLinger(reset), Verdict::kFail, "abortive-linger", "the peer got RST");
}

TEST(LingerTest, AResetByUnreadDataIsNotThisRulesAffair) {
  Observation run = Ordinary([](TraceBuilder& trace) { trace.Made(Call::close, kFd, kSocket).a = 10; });
  run.connections.front().ending = Ending::kReset;
  run.connections.front().fin_ns = 0;
  run.connections.front().reset_ns = 9000;
  Expect(JudgedLinger(run), Verdict::kPass, "", "10 bytes were unread");
}

TEST(LingerTest, AResetThatNothingExplainsIsInconclusive) {
  Observation run = Ordinary();
  run.connections.front().ending = Ending::kReset;
  Expect(JudgedLinger(run), Verdict::kInconclusive);
  run.connections.front().ending = Ending::kFinThenReset;
  Expect(JudgedLinger(run), Verdict::kPass, "", "RST for what it sent after that");
}

}  // namespace
}  // namespace lastack
