#include "harness/run/descendants.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace lastack {
namespace {

TEST(ParseProcessEntryTest, ReadsTheFieldsThatWeUse) {
  ProcessEntry entry;
  ASSERT_TRUE(
      ParseProcessEntry("4711 (sh) S 17 4711 4711 0 -1 4194304 5 6 0 0 1 2 0 0 20 0 1 0 987654 2699264 200", &entry));
  EXPECT_EQ(entry.pid, 4711);
  EXPECT_EQ(entry.parent, 17);
  EXPECT_EQ(entry.group, 4711);
  EXPECT_EQ(entry.start_ticks, 987654u);
  EXPECT_TRUE(entry.alive);
}

TEST(ParseProcessEntryTest, IsNotFooledByTheProgramsName) {
  ProcessEntry entry;
  ASSERT_TRUE(ParseProcessEntry("5 (a) Z 1 (b\n) c) R 17 6 4711 0 -1 0 5 6 0 0 1 2 0 0 20 0 1 0 99 1 1", &entry));
  EXPECT_EQ(entry.pid, 5);
  EXPECT_EQ(entry.parent, 17);
  EXPECT_TRUE(entry.alive);
}

TEST(ParseProcessEntryTest, AZombieIsDeadUnlessItsThreadsLive) {
  ProcessEntry entry;
  ASSERT_TRUE(ParseProcessEntry("5 (x) Z 1 5 5 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 99 0 0", &entry));
  EXPECT_FALSE(entry.alive);
  ASSERT_TRUE(ParseProcessEntry("5 (x) Z 1 5 5 0 -1 0 0 0 0 0 0 0 0 0 20 0 3 0 99 0 0", &entry));
  EXPECT_TRUE(entry.alive);
}

TEST(ParseProcessEntryTest, RefusesWhatIsNoEntry) {
  ProcessEntry entry;
  for (const char* line :
       {"", "5", "5 (x)", "5 (x) ", "5 (x) S 1 2 3", "x (x) S 1 5 5 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 9"}) {
    EXPECT_FALSE(ParseProcessEntry(line, &entry)) << line;
  }
}

[[noreturn]] void SleepForEver() {
  for (;;) pause();
}

// Forks, and returns in the parent when the child and all below it are in place: they close the pipe's end by `ready`.
class DescendantsTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(BecomeReaper().ok());
    ASSERT_EQ(pipe(ready_), 0);
  }

  void TearDown() override {
    close(ready_[0]);
    close(ready_[1]);
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a process is left behind";
    EXPECT_EQ(errno, ECHILD);
  }

  void SayReady() { ASSERT_EQ(write(ready_[1], "r", 1), 1); }
  void AwaitReady(int processes) {
    char byte;
    for (int i = 0; i < processes; ++i) ASSERT_EQ(read(ready_[0], &byte, 1), 1);
  }

  // A child, its child and its grandchild; the last in a session of its own and deaf to SIGTERM.
  pid_t StartThreeGenerations() {
    const pid_t child = fork();
    if (child != 0) {
      AwaitReady(3);
      return child;
    }
    if (fork() == 0 && fork() == 0) {
      setsid();
      signal(SIGTERM, SIG_IGN);
    }
    SayReady();
    SleepForEver();
  }

  int ready_[2];
};

TEST_F(DescendantsTest, FindsAllGenerationsAndNotTheAncestor) {
  const pid_t child = StartThreeGenerations();
  const std::vector<ProcessEntry> of_child = LivingDescendants(child);
  EXPECT_EQ(of_child.size(), 2u);
  for (const ProcessEntry& process : of_child) EXPECT_NE(process.pid, child);
  EXPECT_EQ(LivingDescendants(getpid()).size(), 3u);
  ASSERT_TRUE(EndDescendants(0).ok());
}

TEST_F(DescendantsTest, EndsAllAndCountsAllButTheMainProcess) {
  const pid_t child = StartThreeGenerations();
  absl::StatusOr<int> killed = EndDescendants(child);
  ASSERT_TRUE(killed.ok()) << killed.status();
  EXPECT_EQ(*killed, 2);
}

TEST_F(DescendantsTest, ReapsZombiesWithoutCountingThem) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  siginfo_t info;
  ASSERT_EQ(waitid(P_PID, child, &info, WEXITED | WNOWAIT), 0);
  absl::StatusOr<int> killed = EndDescendants(0);
  ASSERT_TRUE(killed.ok()) << killed.status();
  EXPECT_EQ(*killed, 0);
}

TEST_F(DescendantsTest, DoesNotCountTheZombiesOfOthers) {
  const pid_t child = fork();
  if (child == 0) {
    const pid_t zombie = fork();
    if (zombie == 0) _exit(0);
    siginfo_t info;
    waitid(P_PID, zombie, &info, WEXITED | WNOWAIT);
    SayReady();
    SleepForEver();
  }
  AwaitReady(1);
  EXPECT_EQ(LivingDescendants(getpid()).size(), 1u);
  absl::StatusOr<int> killed = EndDescendants(0);
  ASSERT_TRUE(killed.ok()) << killed.status();
  EXPECT_EQ(*killed, 1);
}

}  // namespace
}  // namespace lastack
