#include "harness/run/alarm.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>

#include "gtest/gtest.h"
#include "harness/peer/deadline.h"

namespace lastack {
namespace {

bool IsBlocked(int signal) {
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  return sigismember(&mask, signal) == 1;
}

// As it is where somebody waits for signals in a descriptor.
TEST(AlarmTest, InterruptsAThreadThatBlockedItsSignal) {
  sigset_t alarm_only, before;
  sigemptyset(&alarm_only);
  sigaddset(&alarm_only, SIGALRM);
  pthread_sigmask(SIG_BLOCK, &alarm_only, &before);
  {
    Alarm alarm;
    alarm.Set(MonotonicNs());
    EXPECT_EQ(poll(nullptr, 0, 60'000), -1);
    EXPECT_EQ(errno, EINTR);
  }
  EXPECT_TRUE(IsBlocked(SIGALRM)) << "as it was before";
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
}  // namespace lastack
