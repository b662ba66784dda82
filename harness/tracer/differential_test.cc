// The same subjects under both backends: the same facts, apart from the blind spots that are listed here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "harness/sys/errno_names.h"
#include "harness/trace/timeline.h"
#include "harness/tracer/traced_run.h"

namespace lastack {
namespace {

// The call's own words, where judges read them.
std::string WordsOf(const Event& event) {
  const CallFamily family = FamilyOf(event.call);
  const bool are_read = family == CallFamily::recv || family == CallFamily::send || family == CallFamily::poll;
  return are_read ? absl::StrCat(" a ", event.a, " b ", event.b) : "";
}

// What happened on one socket, in words that both backends share: libc's names become the kernel's, numbers that differ
// from run to run are left out.
std::string FactsOf(const SocketLife& socket, const Trace& trace) {
  std::string facts = absl::StrCat("kind ", static_cast<int>(socket.kind), socket.connected ? ", connected" : "", ":");
  for (const DescriptorLife& life : socket.descriptors) {
    absl::StrAppend(&facts, " [origin ", static_cast<int>(life.origin), " fate ", static_cast<int>(life.fate), "]");
  }
  for (const TracedEvent& traced : trace.events) {
    const Event& event = traced.event;
    if (event.socket != socket.socket || event.kind != EventKind::kCall) continue;
    absl::StrAppend(&facts, "\n  ", CallName(KernelCallOf(event.call)), " = ", event.result, WordsOf(event),
                    event.error != 0 ? absl::StrCat(" ", ErrnoName(event.error)) : "",
                    event.fault != kNoFaultIndex
                        ? absl::StrCat(" fault ", event.fault, " realism ", static_cast<int>(event.realism))
                        : "",
                    (event.flags & kOnDecoy) != 0 ? " on the decoy" : "");
  }
  return facts;
}

std::string FactsOf(const TracedRun& outcome) {
  std::string facts = absl::StrCat("exit ", static_cast<int>(outcome.exit.how), " ", outcome.exit.status, " ",
                                   outcome.exit.signal, "\n");
  for (const SocketLife& socket : outcome.ledger.sockets) absl::StrAppend(&facts, FactsOf(socket, outcome.trace), "\n");
  for (const std::string& spot : outcome.ledger.blind_spots) absl::StrAppend(&facts, "blind: ", spot, "\n");
  return facts;
}

struct Run {
  std::string what;
  std::vector<std::string> faults;
};

void PrintTo(const Run& run, std::ostream* out) { *out << run.what; }

class DifferentialTest : public testing::TestWithParam<Run> {};

TEST_P(DifferentialTest, BothSeeTheSame) {
  const std::vector<std::string> command = {Runfile("harness/agent/agent_subject"), GetParam().what};
  const TracedRun preload = RunUnder(Under::kAgent, command, GetParam().faults);
  const TracedRun traced = RunUnder(Under::kTracer, command, GetParam().faults);
  EXPECT_EQ(traced.exit.status, 0) << traced.exit.err;
  EXPECT_EQ(FactsOf(preload), FactsOf(traced)) << FormatTimeline(preload.trace, preload.ledger) << "\n\ntraced:\n"
                                               << FormatTimeline(traced.trace, traced.ledger);
}

// What SIOCOUTQ counts then is no data.
TEST(RefusedTest, NothingIsUnsentOnASocketThatNeverConnected) {
  for (const Under under : {Under::kAgent, Under::kTracer}) {
    const TracedRun run = RunUnder(under, {Runfile("harness/agent/agent_subject"), "refused"}, {});
    EXPECT_EQ(run.exit.status, 0) << run.exit.err;
    int ends = 0;
    for (const TracedEvent& traced : run.trace.events) {
      if (traced.event.call != Call::close && traced.event.kind != EventKind::kLeftOpen) continue;
      EXPECT_EQ(traced.event.b, 0u) << FormatTimeline(run.trace, run.ledger);
      ++ends;
    }
    EXPECT_EQ(ends, 5) << FormatTimeline(run.trace, run.ledger);
  }
}

// Who learns by poll of what became of a connection need not make another call on it.
TEST(RefusedTest, PollTellsOfAnErrorAsAReceiveDoes) {
  for (const Under under : {Under::kAgent, Under::kTracer}) {
    const TracedRun run = RunUnder(under, {Runfile("harness/agent/agent_subject"), "refused"},
                                   {"close:fd=tcp:when=1:after=reset:effect=decoy"});
    EXPECT_EQ(run.exit.status, 0) << run.exit.err;
    std::vector<bool> struck;
    for (const TracedEvent& traced : run.trace.events) {
      if (traced.event.call == Call::close && traced.event.kind == EventKind::kCall) {
        struck.push_back(traced.event.fault != kNoFaultIndex);
      }
    }
    // connect has told of the first, and taken the error.
    EXPECT_EQ(struck, (std::vector<bool>{false, true})) << FormatTimeline(run.trace, run.ledger);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, DifferentialTest,
    testing::Values(
        Run{"plain", {}}, Run{"connect-eintr", {"connect:fd=tcp:when=1:error=EINTR"}},
        Run{"close-eintr", {"close:fd=tcp:when=1:error=EINTR"}},
        Run{"close-skipped", {"close:fd=tcp:when=1:effect=skip:error=EINTR"}},
        Run{"decoy", {"close:fd=tcp:when=1:effect=decoy:error=EINTR"}},
        Run{"decoy-replaced", {"close:fd=tcp:when=1:effect=decoy:error=EINTR"}},
        Run{"refused", {"close:fd=tcp:when=1:after=attempted:effect=decoy"}},
        Run{"partial",
            {"send,write,writev,sendmsg:fd=tcp:effect=partial=3", "recv,read,readv,recvmsg:fd=tcp:effect=partial=2"}},
        Run{"recv-reset", {"%recv:fd=tcp:when=2..:error=ECONNRESET"}},
        Run{"interrupted", {"recv:fd=tcp:error=EINTR:signal=SIGUSR1"}},
        Run{"waiting", {"poll:when=1:error=EINTR", "select:when=1:error=EINTR", "epoll_wait:when=1:error=EINTR"}},
        Run{"by-syscall", {}}, Run{"forks", {}}, Run{"execs", {}}, Run{"copies", {}}, Run{"replaced", {}},
        Run{"passes", {}}, Run{"bad-arguments", {}},
        Run{"exhausted", {"accept:fd=listener:when=1..3:effect=exhaust:error=EMFILE"}}),
    [](const testing::TestParamInfo<Run>& info) {
      std::string name = info.param.what;
      for (char& c : name) c = c == '-' ? '_' : c;
      return name;
    });

}  // namespace
}  // namespace lastack
