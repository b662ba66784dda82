// The agent in a real process: what the caller sees is checked by agent_subject, what was recorded here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "harness/plan/parse.h"
#include "harness/run/launcher.h"
#include "harness/testing/runfile.h"
#include "harness/trace/ledger.h"
#include "harness/trace/timeline.h"
#include "harness/trace/trace.h"

namespace lastack {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

std::string AgentPath() { return Runfile("harness/agent/liblastack_agent.so"); }
std::string SubjectPath() { return Runfile("harness/agent/agent_subject"); }

struct Outcome {
  SubjectExit exit;
  Trace trace;
  Ledger ledger;
  ResetOrder order;
};

std::string NewDirectory() {
  std::string name = absl::StrCat(getenv("TEST_TMPDIR"), "/trace.XXXXXX");
  if (mkdtemp(name.data()) == nullptr) abort();
  return name;
}

Outcome RunSubject(const std::string& what, const std::vector<std::string>& faults = {},
                   uint32_t segments = TraceFile::kDefaultSegments, const std::string& preload = AgentPath()) {
  Outcome outcome;
  absl::StatusOr<Plan> plan = ParsePlan(faults);
  EXPECT_TRUE(plan.ok()) << plan.status();
  absl::StatusOr<TraceFile> file = TraceFile::Create(NewDirectory(), *plan, segments);
  EXPECT_TRUE(file.ok()) << file.status();
  LaunchOptions options;
  options.argv = {SubjectPath(), what};
  options.environment = {{"LD_PRELOAD", preload}, {kTraceVariable, file->path()}};
  absl::StatusOr<SubjectExit> exit = Launch(options);
  EXPECT_TRUE(exit.ok()) << exit.status();
  outcome.exit = *exit;
  outcome.trace = file->Read();
  outcome.ledger = Ledger::Of(outcome.trace);
  EXPECT_EQ(outcome.trace.torn_events, 0u);
  return outcome;
}

// As RunSubject, where the subject's own checks must hold.
Outcome RunWell(const std::string& what, const std::vector<std::string>& faults = {},
                uint32_t segments = TraceFile::kDefaultSegments, const std::string& preload = AgentPath()) {
  Outcome outcome = RunSubject(what, faults, segments, preload);
  EXPECT_EQ(outcome.exit.how, SubjectExit::How::kExited);
  EXPECT_EQ(outcome.exit.status, 0) << outcome.exit.err << FormatTimeline(outcome.trace, outcome.ledger);
  return outcome;
}

std::vector<Event> Calls(const Outcome& outcome, Call call) {
  std::vector<Event> events;
  for (const TracedEvent& traced : outcome.trace.events) {
    if (traced.event.call == call && traced.event.kind == EventKind::kCall) events.push_back(traced.event);
  }
  return events;
}

std::vector<Event> OfKind(const Outcome& outcome, EventKind kind) {
  std::vector<Event> events;
  for (const TracedEvent& traced : outcome.trace.events) {
    if (traced.event.kind == kind) events.push_back(traced.event);
  }
  return events;
}

std::vector<std::string> Lines(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  std::string text;
  char buffer[4096];
  while (const size_t count = fread(buffer, 1, sizeof(buffer), pipe)) text.append(buffer, count);
  EXPECT_EQ(pclose(pipe), 0) << command;
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

TEST(AgentObjectTest, ExportsExactlyTheTable) {
  std::set<std::string> expected = {"syscall"};
#define LASTACK_CALL(name, ...) expected.insert(#name);
#define LASTACK_ALIAS(alias, ...) expected.insert(#alias);
#define LASTACK_VARIADIC_ALIAS(alias, ...) expected.insert(#alias);
#define LASTACK_CHECKED_ALIAS(alias, ...) expected.insert(#alias);
#include "harness/sys/syscalls.inc"
  std::set<std::string> exported;
  for (const std::string& line : Lines(absl::StrCat("nm -D --defined-only --extern-only ", AgentPath()))) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    // Names that the linker itself adds to every shared object.
    if (words.back() != "_edata" && words.back() != "_end" && words.back() != "__bss_start") {
      exported.insert(words.back());
    }
  }
  EXPECT_EQ(exported, expected);
}

// libc, and the dynamic linker that is there already.
TEST(AgentObjectTest, NeedsOnlyLibc) {
  std::vector<std::string> needed;
  for (const std::string& line : Lines(absl::StrCat("readelf -d ", AgentPath()))) {
    if (line.find("(NEEDED)") != std::string::npos) needed.push_back(line.substr(line.find('[')));
  }
  EXPECT_THAT(needed, Each(AnyOf("[libc.so.6]", StartsWith("[ld-linux"))));
}

TEST(AgentTest, RecordsAConnectionAndLeavesErrnoAlone) {
  const Outcome outcome = RunWell("plain");
  EXPECT_THAT(Calls(outcome, Call::send), SizeIs(1));
  EXPECT_EQ(Calls(outcome, Call::send).front().result, 5);
  EXPECT_THAT(Calls(outcome, Call::recv), SizeIs(2));
  EXPECT_THAT(outcome.ledger.blind_spots, IsEmpty());
  ASSERT_THAT(outcome.ledger.sockets, SizeIs(3));  // listener and both ends
  for (const SocketLife& socket : outcome.ledger.sockets) EXPECT_TRUE(socket.closed());
  const SocketLife& client = outcome.ledger.sockets[1];
  EXPECT_TRUE(client.connected);
  EXPECT_NE(client.local_port, 0);
  EXPECT_NE(client.remote_port, 0);
}

TEST(AgentTest, AClosedNumberIsRecordedAsSuch) {
  const std::vector<Event> closes = Calls(RunWell("plain"), Call::close);
  ASSERT_THAT(closes, SizeIs(4));
  EXPECT_EQ(closes.back().socket, 0u);
  EXPECT_EQ(closes.back().error, EBADF);
}

TEST(AgentTest, AnInterruptedConnectGoesOn) {
  const Outcome outcome = RunWell("connect-eintr", {"connect:fd=tcp:when=1:error=EINTR"});
  const std::vector<Event> connects = Calls(outcome, Call::connect);
  ASSERT_THAT(connects, SizeIs(3));
  EXPECT_EQ(connects[0].error, EINTR);
  EXPECT_EQ(connects[1].result, 0);
}

TEST(AgentTest, CloseWithEintrReleasesTheSocket) {
  const Outcome outcome = RunWell("close-eintr", {"close:fd=tcp:when=1:error=EINTR"});
  const Event close = Calls(outcome, Call::close).at(1);  // the listener's comes first
  EXPECT_EQ(close.effect, Effect::kFull);
  EXPECT_EQ(close.error, EINTR);
  EXPECT_EQ(close.realism, Realism::kPosix);
}

TEST(AgentTest, SkippedCloseLeavesTheSocketOpen) {
  const Outcome outcome = RunWell("close-skipped", {"close:fd=tcp:when=1:effect=skip:error=EINTR"});
  EXPECT_THAT(OfKind(outcome, EventKind::kLeftOpen), SizeIs(2));
}

TEST(AgentTest, DecoyCatchesUseAfterClose) {
  const Outcome outcome = RunWell("decoy", {"close:fd=tcp:when=1:effect=decoy:error=EINTR"});
  std::vector<Call> on_decoy;
  for (const TracedEvent& traced : outcome.trace.events) {
    if ((traced.event.flags & kOnDecoy) != 0) on_decoy.push_back(traced.event.call);
  }
  EXPECT_THAT(on_decoy, ElementsAre(Call::send, Call::close));
}

TEST(AgentTest, DecoyTakesTheNumberOfARefusedSocketIfTheRuleSaysSo) {
  const auto planted = [](const std::string& rule) {
    std::vector<bool> at;
    for (const Event& event : Calls(RunWell("refused", {rule}), Call::close)) at.push_back(event.fault == 0);
    return at;
  };
  EXPECT_THAT(planted("close:fd=tcp:when=1:after=attempted:effect=decoy"), ElementsAre(true, false)) << "one at a time";
  EXPECT_THAT(planted("close:fd=tcp:when=1:effect=decoy"), ElementsAre(false, true)) << "the second attempt goes on";
}

TEST(AgentTest, DecoyLeavesTheNextOwnerOfItsNumberAlone) {
  const Outcome outcome = RunWell("decoy-replaced", {"close:fd=tcp:when=1:effect=decoy:error=EINTR"});
  for (const TracedEvent& traced : outcome.trace.events) {
    EXPECT_TRUE((traced.event.flags & kOnDecoy) == 0 || traced.event.kind == EventKind::kClosed);
  }
}

TEST(AgentTest, PartialTransfersReallyMoveTheBytes) {
  const Outcome outcome = RunWell("partial", {"send,write,writev,sendmsg:fd=tcp:effect=partial=3",
                                              "recv,read,readv,recvmsg:fd=tcp:effect=partial=2"});
  for (const Event& event : Calls(outcome, Call::send)) EXPECT_EQ(event.a, 6u) << "what was asked for";
}

TEST(AgentTest, EpipeBringsTheSignal) {
  const Outcome outcome = RunSubject("epipe", {"send:fd=tcp:error=EPIPE"});
  EXPECT_EQ(outcome.exit.how, SubjectExit::How::kSignaled) << outcome.exit.err;
  EXPECT_EQ(outcome.exit.signal, SIGPIPE);
  EXPECT_THAT(Calls(outcome, Call::send), SizeIs(3)) << "the last one, too, is complete before the signal";
}

TEST(AgentTest, CountsOccurrencesOverAFamilyAndASocket) {
  const Outcome outcome = RunWell("recv-reset", {"%recv:fd=tcp:when=2..:error=ECONNRESET"});
  EXPECT_EQ(Calls(outcome, Call::read).front().fault, 0);
  EXPECT_EQ(Calls(outcome, Call::recv).front().fault, kNoFaultIndex);
}

TEST(AgentTest, ComputesRealismAtTheSite) {
  const Outcome caught = RunWell("interrupted", {"recv:fd=tcp:error=EINTR:signal=SIGUSR1"});
  EXPECT_EQ(Calls(caught, Call::recv).front().realism, Realism::kKernel);
  const Outcome reset = RunWell("recv-reset", {"%recv:fd=tcp:when=2..:error=ECONNRESET"});
  EXPECT_EQ(Calls(reset, Call::read).front().realism, Realism::kKernel);
}

TEST(AgentTest, TakesFreeDescriptorsAway) {
  const Outcome outcome = RunWell("exhausted", {"accept:fd=listener:when=1..3:effect=exhaust:error=EMFILE"});
  std::vector<bool> fired;
  for (const Event& accept : Calls(outcome, Call::accept)) fired.push_back(accept.fault != kNoFaultIndex);
  EXPECT_THAT(fired, ElementsAre(true, false, true, true, false)) << "a descriptor was closed before the second";
}

TEST(AgentTest, InterruptsEveryWayToWait) {
  const Outcome outcome =
      RunWell("waiting", {"poll:when=1:error=EINTR", "select:when=1:error=EINTR", "epoll_wait:when=1:error=EINTR"});
  EXPECT_THAT(outcome.ledger.blind_spots, IsEmpty());
}

TEST(AgentTest, SeesCallsByNumber) {
  const Outcome outcome = RunWell("by-syscall");
  EXPECT_THAT(Calls(outcome, Call::socket), SizeIs(1));
  EXPECT_THAT(Calls(outcome, Call::close), SizeIs(2));
}

TEST(AgentTest, FollowsForksAlsoPastLibc) {
  const Outcome outcome = RunWell("forks");
  EXPECT_THAT(outcome.ledger.processes, SizeIs(3));
  int copies = 0;
  for (const SocketLife& socket : outcome.ledger.sockets) copies += static_cast<int>(socket.descriptors.size());
  EXPECT_GE(copies, 3 + 4) << FormatTimeline(outcome.trace, outcome.ledger);
}

TEST(AgentTest, FollowsExecIntoAnEmptyEnvironment) {
  const Outcome outcome = RunWell("execs");
  EXPECT_THAT(Calls(outcome, Call::socket), SizeIs(1)) << "made by the program that was executed";
  EXPECT_THAT(outcome.ledger.blind_spots, IsEmpty());
}

// What is passed on must be its own entry of the list, whole.
TEST(AgentTest, FollowsExecFromAListOfLibraries) {
  const Outcome outcome =
      RunWell("execs", {}, TraceFile::kDefaultSegments, absl::StrCat("libm.so.6 ", AgentPath(), ":libdl.so.2"));
  EXPECT_THAT(Calls(outcome, Call::socket), SizeIs(1)) << "made by the program that was executed";
  EXPECT_THAT(outcome.ledger.blind_spots, IsEmpty());
}

// As if the subject were linked with it.
TEST(AgentTest, TellsOfALibraryThatDefinesACall) {
  const std::string library = Runfile("harness/agent/libretrying_close.so");
  const Outcome outcome = RunWell("plain", {}, TraceFile::kDefaultSegments, absl::StrCat(AgentPath(), ":", library));
  EXPECT_EQ(outcome.trace.interposed_call, "close");
  EXPECT_THAT(library, EndsWith(outcome.trace.interposer));
  EXPECT_THAT(outcome.trace.interposer, EndsWith("libretrying_close.so"));
  EXPECT_THAT(outcome.ledger.blind_spots, ElementsAre(AllOf(HasSubstr("libretrying_close.so"), HasSubstr("close(2)"))));
}

TEST(AgentTest, LibrariesThatAreOnlyThereAreNothingToTell) {
  const Outcome outcome =
      RunWell("plain", {}, TraceFile::kDefaultSegments, absl::StrCat(AgentPath(), ":libm.so.6:libpthread.so.0"));
  EXPECT_EQ(outcome.trace.interposed_call, "");
  EXPECT_THAT(outcome.ledger.blind_spots, IsEmpty());
}

TEST(AgentTest, RecordsEveryThread) {
  const Outcome outcome = RunWell("threads");
  EXPECT_THAT(Calls(outcome, Call::socket), SizeIs(8 * 200));
  EXPECT_THAT(Calls(outcome, Call::close), SizeIs(8 * 200));
  EXPECT_THAT(outcome.ledger.blind_spots, IsEmpty());
  std::set<int> threads;
  for (const TracedEvent& traced : outcome.trace.events) threads.insert(traced.tid);
  EXPECT_THAT(threads, SizeIs(9));
}

TEST(AgentTest, LosesNothingToSignalHandlers) {
  const Outcome outcome = RunWell("signal-storm", {}, 32768);
  int calls = 0;
  ASSERT_TRUE(absl::SimpleAtoi(outcome.exit.out, &calls)) << outcome.exit.out;
  EXPECT_EQ(outcome.trace.lost_events, 0u);
  EXPECT_THAT(Calls(outcome, Call::send), SizeIs(calls));
}

TEST(AgentTest, CountsWhatFindsNoRoom) {
  const Outcome outcome = RunWell("many-events", {}, 2);
  EXPECT_THAT(outcome.trace.events, SizeIs(2 * kEventsPerSegment));
  EXPECT_GE(outcome.trace.lost_events, 1000u - 2 * kEventsPerSegment);
}

TEST(AgentTest, NoticesANumberThatIsGivenOutTwice) {
  const Outcome outcome = RunWell("reused-unseen");
  const std::vector<Event> opens = OfKind(outcome, EventKind::kOpen);
  ASSERT_THAT(opens, SizeIs(2));
  EXPECT_NE(opens.back().flags & kNumberWasHeld, 0);
  EXPECT_THAT(outcome.ledger.blind_spots, Not(IsEmpty()));
}

TEST(AgentTest, SeesDescriptorsThatArePassed) {
  const Outcome outcome = RunWell("passes");
  for (const SocketLife& socket : outcome.ledger.sockets) {
    EXPECT_TRUE(socket.closed() || socket.kind == SocketKind::kUnix) << FormatTimeline(outcome.trace, outcome.ledger);
  }
  EXPECT_THAT(outcome.ledger.blind_spots, IsEmpty());
}

TEST(AgentTest, PassesBadArgumentsToTheKernel) { RunWell("bad-arguments"); }

TEST(AgentTest, FollowsEveryCopy) {
  const Outcome outcome = RunWell("copies");
  ASSERT_THAT(outcome.ledger.sockets, SizeIs(1));
  EXPECT_THAT(outcome.ledger.sockets.front().descriptors, SizeIs(5));
  EXPECT_TRUE(outcome.ledger.sockets.front().closed());
  EXPECT_THAT(outcome.ledger.blind_spots, IsEmpty());
}

TEST(AgentTest, WithoutATraceItIsTransparent) {
  LaunchOptions options;
  options.argv = {SubjectPath(), "plain"};
  options.environment = {{"LD_PRELOAD", AgentPath()}};
  absl::StatusOr<SubjectExit> exit = Launch(options);
  ASSERT_TRUE(exit.ok()) << exit.status();
  EXPECT_EQ(exit->status, 0) << exit->err;
}

}  // namespace
}  // namespace lastack
