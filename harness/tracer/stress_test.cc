// Many short lives of a program that forks and has threads, under random faults: none hangs, none leaves a process,
// none loses an event unnoticed. By hand, with a thousand:
//
//   bazel test //harness/tracer:stress_test --test_env=LASTACK_STRESS_RUNS=1000 --test_timeout=900 --test_output=all
#include <gtest/gtest.h>
#include <stdlib.h>

#include <iostream>
#include <random>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "harness/trace/timeline.h"
#include "harness/tracer/traced_run.h"

namespace lastack {
namespace {

int Runs() {
  const char* runs = getenv("LASTACK_STRESS_RUNS");
  return runs != nullptr ? atoi(runs) : 15;
}

std::vector<std::string> RandomFaults(std::minstd_rand& random) {
  const std::vector<std::string> all = {"close:when=1:error=EINTR",        "close:fd=tcp:when=1:effect=decoy:error=EIO",
                                        "%send:when=2:error=ECONNRESET",   "%send:error=EPIPE",
                                        "send,write:effect=partial=1",     "%recv:when=1..9+2:error=EINTR",
                                        "recv:effect=partial=3",           "connect:when=1:error=EINTR",
                                        "shutdown:error=ENOTCONN",         "%accept:fd=listener:when=1:error=EMFILE",
                                        "%recv:when=3:effect=delay=500us", "%send:when=1:signal=SIGUSR1"};
  std::vector<std::string> faults;
  for (const std::string& fault : all) {
    if (random() % 3 == 0) faults.push_back(fault);
  }
  return faults;
}

// Events of a call, without those of one process.
uint64_t Made(const TracedRun& run, Call call, int but_of) {
  uint64_t made = 0;
  for (const TracedEvent& traced : run.trace.events) {
    if (traced.event.call == call && traced.event.kind == EventKind::kCall && traced.pid != but_of) ++made;
  }
  return made;
}

TEST(TracerStressTest, NoneHangsOrLosesAnEvent) {
  const unsigned first = std::random_device()() % 1'000'000;
  std::cout << "seeds from " << first << "\n";
  for (int i = 0; i < Runs(); ++i) {
    const unsigned seed = first + static_cast<unsigned>(i);
    std::minstd_rand random(seed);
    const std::vector<std::string> faults = RandomFaults(random);
    SCOPED_TRACE(absl::StrCat("stress_subject ", seed, " with ", absl::StrJoin(faults, "  ")));
    const TracedRun run =
        RunUnder(Under::kTracer, {Runfile("harness/tracer/stress_subject"), absl::StrCat(seed)}, faults);
    ASSERT_EQ(run.exit.how, SubjectExit::How::kExited);
    ASSERT_EQ(run.exit.status, 0) << run.exit.err;
    EXPECT_EQ(run.exit.survivors_killed, 0);
    const std::vector<std::string> counts = absl::StrSplit(run.exit.out, absl::ByAnyChar(" \n"), absl::SkipEmpty());
    ASSERT_EQ(counts.size(), 3u) << run.exit.out;
    if (run.trace.lost_events > 0) continue;  // noticed
    EXPECT_EQ(run.trace.torn_events, 0u);
    EXPECT_EQ(absl::StrCat(Made(run, Call::close, atoi(counts[0].c_str()))), counts[1]);
    EXPECT_EQ(absl::StrCat(Made(run, Call::sendto, atoi(counts[0].c_str()))), counts[2]);
    if (HasFailure()) {
      std::cout << FormatTimeline(run.trace, run.ledger);
      return;
    }
  }
}

}  // namespace
}  // namespace lastack
