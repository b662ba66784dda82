#include "harness/run/all_closed.h"

#include <errno.h>
#include <gtest/gtest.h>

#include "harness/trace/trace_builder.h"

namespace lastack {
namespace {

constexpr int kServer = 100;
constexpr int kChild = 101;
constexpr int kListener = 3;
constexpr int kConnection = 5;
constexpr uint64_t kListenerSocket = 30;
constexpr uint64_t kConnectionSocket = 50;

TraceBuilder Accepting() {
  TraceBuilder run(kServer);
  run.Start();
  run.Socket(kListener, kListenerSocket);
  run.Accept(kListener, kListenerSocket, kConnection, kConnectionSocket, 4000);
  return run;
}

bool IsAllClosed(const TraceBuilder& run, std::vector<int> living) {
  return AllClosed(run.trace(), 80, [&] { return living; });
}

TEST(AllClosedTest, AConnectionIsHeldByWhoLives) {
  TraceBuilder run = Accepting();
  EXPECT_FALSE(IsAllClosed(run, {kServer}));
  EXPECT_TRUE(IsAllClosed(run, {})) << "whoever held it has gone";
  run.Made(Call::close, kConnection, kConnectionSocket);
  EXPECT_TRUE(IsAllClosed(run, {kServer}));
}

TEST(AllClosedTest, ChildThatHasNotCheckedInMayHoldWhatItsParentClosed) {
  TraceBuilder run = Accepting();
  run.Made(Call::fork, -1, 0, kChild);
  run.Made(Call::close, kConnection, kConnectionSocket);
  EXPECT_FALSE(IsAllClosed(run, {kServer, kChild}));
  EXPECT_TRUE(IsAllClosed(run, {kServer})) << "the child has gone";
}

TEST(AllClosedTest, ChildThatHasCheckedInIsJudgedByWhatItHolds) {
  TraceBuilder run = Accepting();
  run.Made(Call::fork, -1, 0, kChild);
  run.Made(Call::close, kConnection, kConnectionSocket);
  run.In(kChild).ForkedFrom(kServer);
  run.Note(EventKind::kInherit, kConnection, kConnectionSocket, kTcpWord);
  EXPECT_FALSE(IsAllClosed(run, {kServer, kChild}));
  run.Made(Call::close, kConnection, kConnectionSocket);
  EXPECT_TRUE(IsAllClosed(run, {kServer, kChild}));
}

TEST(AllClosedTest, CheckInOfAnEarlierProcessOfTheSameNumberDoesNotCount) {
  TraceBuilder run = Accepting();
  run.In(kChild).ForkedFrom(kServer);
  run.Exit();
  run.In(kServer).Made(Call::fork, -1, 0, kChild);
  run.Made(Call::close, kConnection, kConnectionSocket);
  EXPECT_FALSE(IsAllClosed(run, {kServer, kChild}));
}

TEST(AllClosedTest, ForkThatHasNotReturnedIsUnderWay) {
  TraceBuilder run = Accepting();
  run.Made(Call::close, kConnection, kConnectionSocket);
  run.InFlight(Call::fork, -1, 0);
  EXPECT_FALSE(IsAllClosed(run, {kServer}));
  EXPECT_TRUE(IsAllClosed(run, {})) << "and who dies in it makes nobody";
}

TEST(AllClosedTest, ForkThatFailedMakesNobody) {
  TraceBuilder run = Accepting();
  run.Made(Call::close, kConnection, kConnectionSocket);
  run.Made(Call::fork, -1, 0, -1, EAGAIN);
  EXPECT_TRUE(IsAllClosed(run, {kServer}));
}

}  // namespace
}  // namespace lastack
