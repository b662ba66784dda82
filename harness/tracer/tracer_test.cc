// The tracer and real processes: what the subject finds is checked by tracer_subject, what was recorded here.
#include "harness/tracer/tracer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "harness/trace/timeline.h"
#include "harness/tracer/traced_run.h"

namespace lastack {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TracedRun RunWell(const std::string& what, const std::vector<std::string>& faults = {}) {
  TracedRun run = RunUnder(Under::kTracer, {Runfile("harness/tracer/tracer_subject"), what}, faults);
  EXPECT_EQ(run.exit.how, SubjectExit::How::kExited);
  EXPECT_EQ(run.exit.status, 0) << run.exit.err << FormatTimeline(run.trace, run.ledger);
  EXPECT_EQ(run.exit.survivors_killed, 0);
  return run;
}

std::vector<Event> Calls(const TracedRun& run, Call call, EventKind kind = EventKind::kCall) {
  std::vector<Event> events;
  for (const TracedEvent& traced : run.trace.events) {
    if (traced.event.call == call && traced.event.kind == kind) events.push_back(traced.event);
  }
  return events;
}

size_t Releases(const TracedRun& run) {
  size_t closed = 0;
  for (const SocketLife& socket : run.ledger.sockets) closed += socket.closed() ? 1 : 0;
  return closed;
}

class TracerTest : public testing::TestWithParam<const char*> {};

// Whatever it does, it does as untraced, and every socket is seen to its end.
TEST_P(TracerTest, TheSubjectCannotTell) {
  const TracedRun run = RunWell(GetParam());
  EXPECT_THAT(run.ledger.blind_spots, IsEmpty()) << FormatTimeline(run.trace, run.ledger);
  EXPECT_EQ(Releases(run), run.ledger.sockets.size()) << FormatTimeline(run.trace, run.ledger);
}

INSTANTIATE_TEST_SUITE_P(All, TracerTest,
                         testing::Values("nothing", "plain", "threads", "vfork", "spawn", "shared-files",
                                         "exec-from-thread", "group-stop", "restarted", "really-interrupted", "signals",
                                         "ptraces", "io-uring", "inline", "stdio", "poisoned"),
                         [](const testing::TestParamInfo<const char*>& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(TracerThreadTest, LosesNothingOfMany) {
  const TracedRun run = RunWell("threads");
  EXPECT_EQ(run.ledger.sockets.size(), 8u * 50 * 2);
  EXPECT_EQ(Calls(run, Call::sendto).size(), 8u * 50);
  EXPECT_EQ(Calls(run, Call::close).size(), 8u * 50 * 2);
}

TEST(TracerThreadTest, AForkWhileDescriptorsChangeHidesNothing) {
  const TracedRun run = RunWell("fork-among-changes");
  EXPECT_THAT(run.ledger.blind_spots, IsEmpty());
}

TEST(TracerRestartTest, ARestartedCallIsOneOccurrence) {
  const TracedRun run = RunWell("restarted");
  const std::vector<Event> receives = Calls(run, Call::recvfrom);
  ASSERT_EQ(receives.size(), 1u) << FormatTimeline(run.trace, run.ledger);
  EXPECT_EQ(receives[0].result, 1);
  EXPECT_GE(receives[0].restarts, 3);
}

TEST(TracerRestartTest, AnInterruptedCallFails) {
  const TracedRun run = RunWell("really-interrupted");
  const std::vector<Event> receives = Calls(run, Call::recvfrom);
  ASSERT_EQ(receives.size(), 1u);
  EXPECT_EQ(receives[0].result, -1);
  EXPECT_EQ(receives[0].error, EINTR);
}

TEST(TracerRestartTest, TheCallAfterAnInterruptedOneIsAnother) {
  const TracedRun run = RunWell("interrupted-then-another");
  const std::vector<Event> receives = Calls(run, Call::recvfrom);
  ASSERT_EQ(receives.size(), 3u) << FormatTimeline(run.trace, run.ledger);
  EXPECT_EQ(receives[0].error, EINTR);
  EXPECT_EQ(receives[1].error, EINTR);
  EXPECT_EQ(receives[1].socket, receives[0].socket);
  EXPECT_EQ(receives[2].result, 1);
  EXPECT_NE(receives[2].socket, receives[0].socket);
}

TEST(TracerDeathTest, ACallThatNeverReturnedStaysInFlight) {
  const TracedRun run = RunWell("killed");
  EXPECT_EQ(Calls(run, Call::recvfrom, EventKind::kInFlight).size(), 1u) << FormatTimeline(run.trace, run.ledger);
}

TEST(TracerDeathTest, WhatOutlivesItsTimeIsEnded) {
  const TracedRun run =
      RunUnder(Under::kTracer, {"/bin/sh", "-c", "sleep 100 & sleep 100"}, {}, absl::Milliseconds(300));
  EXPECT_EQ(run.exit.how, SubjectExit::How::kTimedOut);
  EXPECT_GE(run.exit.survivors_killed, 1);
}

TEST(TracerExitTest, TheLastThreadComparesWhoeverItIs) {
  const TracedRun run = RunWell("last-thread-out");
  ASSERT_EQ(run.ledger.sockets.size(), 2u);
  EXPECT_EQ(run.ledger.sockets[0].descriptors[0].fate, Fate::kLeftToExit) << FormatTimeline(run.trace, run.ledger);
}

// Pinned from the first stop on, and not before; or not at all, where threads are to race.
TEST(TracerPinTest, OneProcessorUnlessThreadsAreToRace) {
  cpu_set_t processors;
  ASSERT_EQ(sched_getaffinity(0, sizeof(processors), &processors), 0);
  const int here = CPU_COUNT(&processors);
  const std::string subject = Runfile("harness/tracer/tracer_subject");
  EXPECT_EQ(RunUnder(Under::kTracer, {subject, "processors"}).exit.out, absl::StrCat(here, " 1\n"));
  EXPECT_EQ(RunUnder(Under::kTracer, {subject, "processors"}, {}, absl::Seconds(20), false).exit.out,
            absl::StrCat(here, " ", here, "\n"));
}

TEST(TracerForeignTest, CallsOfAnotherArchitectureAreCountedAndNotFollowed) {
  const TracedRun run = RunWell("foreign");
#if defined(__x86_64__)
  EXPECT_EQ(run.trace.foreign_calls, 2u);
  EXPECT_FALSE(run.ledger.blind_spots.empty());
#endif
}

TEST(TracerFaultTest, ADelayIsALateCall) {
  const TracedRun run = RunWell("plain", {"%recv:effect=delay=30ms"});
  const std::vector<Event> receives = Calls(run, Call::recvfrom);
  ASSERT_EQ(receives.size(), 1u);
  EXPECT_EQ(receives[0].fault, 0);
  for (const TracedEvent& traced : run.trace.events) {
    if (traced.event.call != Call::recvfrom) continue;
    EXPECT_GE(traced.duration_ns, 30'000'000u);
  }
}

// Real EINTR: the kernel gives up a call that waits, and completes one that need not.
TEST(TracerFaultTest, AnInterruptionMeetsOnlyWhatWaits) {
  const TracedRun run = RunWell("waits", {"%recv,%poll:effect=interrupt"});
  const auto interrupted = [&run](Call call) {
    std::vector<bool> each;
    for (const Event& event : Calls(run, call)) {
      EXPECT_EQ(event.fault == 0, event.error == EINTR) << FormatTimeline(run.trace, run.ledger);
      each.push_back(event.fault == 0);
    }
    return each;
  };
  EXPECT_THAT(interrupted(Call::recvfrom), ElementsAre(true, false, false));
  EXPECT_THAT(interrupted(Call::poll), ElementsAre(true, false));
}

TEST(TracerFaultTest, ArgumentsKeepTheirRegisters) {
  for (const std::string fault :
       {"%recv:effect=delay=1us", "send,sendmsg,recv:effect=partial=2", "%send,%recv:error=EINTR", "close:error=EINTR",
        "close:effect=decoy:error=EINTR", "close:effect=skip:error=EINTR"}) {
    SCOPED_TRACE(fault);
    const TracedRun run = RunWell("registers", {fault});
    bool fired = false;
    for (const TracedEvent& traced : run.trace.events) fired = fired || traced.event.fault == 0;
    EXPECT_TRUE(fired) << FormatTimeline(run.trace, run.ledger);
  }
}

TEST(TracerFaultTest, AnUnseenCloseOfStdioIsSeenHere) {
  const TracedRun run = RunWell("stdio");
  EXPECT_EQ(Calls(run, Call::close).size(), 2u);
  EXPECT_EQ(Calls(run, Call::write).size(), 1u);
}

// A kernel or a container that refuses ptrace.
[[noreturn]] void LaunchWithoutPtrace() {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ptrace, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
  std::string directory = absl::StrCat(getenv("TEST_TMPDIR"), "/trace.XXXXXX");
  if (mkdtemp(directory.data()) == nullptr) _exit(1);
  absl::StatusOr<TraceFile> file = TraceFile::Create(directory, Plan{});
  Tracer tracer(file->header());
  LaunchOptions options;
  options.argv = {"/bin/true"};
  options.tracer = &tracer;
  const absl::StatusOr<SubjectExit> exit = Launch(options);
  _exit(absl::IsFailedPrecondition(exit.status()) ? 0 : 1);
}

TEST(TracerPermissionTest, ARefusalIsSaidAndLeavesNothingBehind) {
  const pid_t child = fork();
  if (child == 0) LaunchWithoutPtrace();
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace lastack
