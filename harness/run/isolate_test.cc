#include "harness/run/isolate.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "harness/run/descendants.h"

namespace lastack {
namespace {

using Answer = absl::StatusOr<std::string>;

[[noreturn]] void SleepForEver() {
  for (;;) pause();
}

// A child with a child of its own that has detached and is deaf to SIGTERM; both are in place when this returns.
void StartDescendants() {
  int ready[2];
  if (pipe(ready) != 0) abort();
  if (fork() == 0) {
    signal(SIGTERM, SIG_IGN);
    if (fork() == 0) setsid();
    if (write(ready[1], "r", 1) != 1) abort();
    SleepForEver();
  }
  char byte;
  for (int i = 0; i < 2; ++i) {
    if (read(ready[0], &byte, 1) != 1) abort();
  }
}

class IsolateTest : public testing::Test {
 protected:
  // Start has made this process the reaper: without children it has no descendants.
  void TearDown() override {
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a process is left behind";
    EXPECT_EQ(errno, ECHILD);
  }

  template <typename Function>
  static Isolated Start(const Function& function) {
    absl::StatusOr<Isolated> isolated = Isolated::Start(function);
    EXPECT_TRUE(isolated.ok()) << isolated.status();
    return *std::move(isolated);
  }

  template <typename Function>
  static Answer Run(const Function& function, absl::Duration timeout = absl::Seconds(30)) {
    return Start(function).Wait(timeout);
  }
};

TEST_F(IsolateTest, BringsTheTextBack) {
  const std::string text("any \0 bytes", 11);
  EXPECT_EQ(Run([&]() -> Answer { return text; }).value(), text);
  EXPECT_EQ(Run([]() -> Answer { return ""; }).value(), "");
}

TEST_F(IsolateTest, BringsALongTextBack) {
  const std::string text(3'000'000, 'x');
  EXPECT_EQ(Run([&]() -> Answer { return text; }).value(), text);
}

TEST_F(IsolateTest, BringsTheErrorBack) {
  const absl::Status status = Run([]() -> Answer { return absl::NotFoundError("no such thing"); }).status();
  EXPECT_EQ(status, absl::NotFoundError("no such thing"));
}

TEST_F(IsolateTest, RunsInAnotherProcess) {
  int number = 1;
  EXPECT_NE(Run([&]() -> Answer { return absl::StrCat(++number, " in ", getpid()); }).value(),
            absl::StrCat("2 in ", getpid()));
  EXPECT_EQ(number, 1);
}

TEST_F(IsolateTest, ACrashIsAnErrorThatNamesTheSignal) {
  const absl::Status status = Run([]() -> Answer {
                                StartDescendants();
                                raise(SIGKILL);
                                return "";
                              }).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_NE(status.ToString().find("signal 9"), std::string::npos) << status;
}

TEST_F(IsolateTest, AnExceptionIsACrash) {
  const absl::Status status = Run([]() -> Answer { throw std::runtime_error("not caught"); }).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_NE(status.ToString().find("signal 6"), std::string::npos) << status;
}

TEST_F(IsolateTest, AnEarlyExitIsAnErrorThatNamesTheStatus) {
  const absl::Status status = Run([]() -> Answer { _exit(3); }).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_NE(status.ToString().find("status 3"), std::string::npos) << status;
}

TEST_F(IsolateTest, AHangIsKilledAtTheDeadlineWithAllDescendants) {
  const Answer answer = Run(
      []() -> Answer {
        StartDescendants();
        SleepForEver();
      },
      absl::Milliseconds(100));
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(IsolateTest, WhatAFunctionLeavesBehindIsKilled) {
  const Answer answer = Run([]() -> Answer {
    StartDescendants();
    return "done";
  });
  EXPECT_EQ(answer.value(), "done");
}

TEST_F(IsolateTest, TwoRunBesideEachOtherAndEndApart) {
  Isolated hanging = Start([]() -> Answer {
    StartDescendants();
    SleepForEver();
  });
  int go[2];
  ASSERT_EQ(pipe(go), 0);
  Isolated waiting = Start([&]() -> Answer {
    StartDescendants();
    char byte;
    return read(go[0], &byte, 1) == 1 ? "went" : "";
  });
  EXPECT_EQ(hanging.Wait(absl::Milliseconds(100)).status().code(), absl::StatusCode::kDeadlineExceeded);
  ASSERT_EQ(write(go[1], "g", 1), 1);
  EXPECT_EQ(waiting.Wait(absl::Seconds(30)).value(), "went");
  close(go[0]);
  close(go[1]);
}

TEST_F(IsolateTest, TheDescriptorSaysWhoHasAnswered) {
  Isolated silent = Start([]() -> Answer { SleepForEver(); });
  Isolated crashing = Start([]() -> Answer { raise(SIGKILL), abort(); });
  pollfd entries[] = {{silent.descriptor(), POLLIN, 0}, {crashing.descriptor(), POLLIN, 0}};
  ASSERT_EQ(poll(entries, 2, 30'000), 1);
  EXPECT_EQ(entries[0].revents, 0);
  EXPECT_FALSE(crashing.Wait(absl::Seconds(30)).ok());
}

TEST_F(IsolateTest, TheDestructorKills) {
  Isolated first = Start([]() -> Answer {
    StartDescendants();
    SleepForEver();
  });
  Isolated second = Start([]() -> Answer { SleepForEver(); });
  first = std::move(second);
  EXPECT_EQ(LivingDescendants(getpid()).size(), 2u) << "the second's guard and process";
}

TEST_F(IsolateTest, ASecondWaitIsRefused) {
  Isolated isolated = Start([]() -> Answer { return "once"; });
  EXPECT_TRUE(isolated.Wait(absl::Seconds(30)).ok());
  EXPECT_EQ(isolated.Wait(absl::Seconds(30)).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(isolated.descriptor(), -1);
}

// Our own child, the guard.
pid_t GuardOf() {
  for (const ProcessEntry& process : LivingDescendants(getpid())) {
    if (process.parent == getpid()) return process.pid;
  }
  return -1;
}

TEST_F(IsolateTest, TheGuardEndsAllWhenItIsTold) {
  Isolated isolated = Start([]() -> Answer {
    StartDescendants();
    SleepForEver();
  });
  kill(GuardOf(), SIGTERM);
  EXPECT_EQ(isolated.Wait(absl::Seconds(30)).status().code(), absl::StatusCode::kInternal);
}

// A program on the terminal may live on after Ctrl-C; the guard waits for what it does.
TEST_F(IsolateTest, TheGuardOutlivesCtrlC) {
  int go[2];
  ASSERT_EQ(pipe(go), 0);
  Isolated isolated = Start([&]() -> Answer {
    char byte;
    return read(go[0], &byte, 1) == 1 ? "lives" : "";
  });
  for (const int number : {SIGINT, SIGQUIT, SIGHUP}) kill(GuardOf(), number);
  ASSERT_EQ(write(go[1], "g", 1), 1);
  EXPECT_EQ(isolated.Wait(absl::Seconds(30)).value(), "lives");
  close(go[0]);
  close(go[1]);
}

// The death of the parent, as by SIGKILL: a process in between starts an isolated one and dies. All that it started
// comes back to this test, dead: the guard has killed and reaped the rest.
TEST_F(IsolateTest, NothingOutlivesTheParent) {
  int started[2];
  ASSERT_EQ(pipe(started), 0);
  const pid_t parent = fork();
  if (parent == 0) {
    const absl::StatusOr<Isolated> isolated = Isolated::Start([&]() -> Answer {
      StartDescendants();
      if (write(started[1], "s", 1) != 1) abort();
      SleepForEver();
    });
    SleepForEver();
  }
  char byte;
  ASSERT_EQ(read(started[0], &byte, 1), 1);
  close(started[1]);
  kill(parent, SIGKILL);
  EXPECT_EQ(read(started[0], &byte, 1), 0) << "the end of the pipe comes when all who held it are dead";
  close(started[0]);
  while (waitpid(-1, nullptr, 0) > 0) {
  }
}

}  // namespace
}  // namespace lastack
