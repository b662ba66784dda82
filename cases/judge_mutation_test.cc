// Would the judges notice? Of every case a pass is recorded, by subjects that are right; then one fact after the other
// is spoilt, and the case is judged again.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cases/audit.h"
#include "cases/case.h"
#include "cases/judge.h"
#include "cases/mutations/mutation.h"
#include "harness/testing/runfile.h"

namespace lastack {
namespace {

// Waits by epoll, twice.
constexpr char kEpollClient[] =
    "import select, socket, sys\n"
    "for i in range(2):\n"
    "  s = socket.create_connection((sys.argv[1], int(sys.argv[2])))\n"
    "  s.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n')\n"
    "  epoll = select.epoll()\n"
    "  epoll.register(s, select.EPOLLIN)\n"
    "  while epoll.poll() and s.recv(9999): pass\n"
    "  s.close()\n";

// Starts a program beside its connection.
constexpr char kStartingClient[] =
    "import socket, subprocess, sys\n"
    "s = socket.create_connection((sys.argv[1], int(sys.argv[2])))\n"
    "s.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n')\n"
    "subprocess.run(['true'])\n"
    "while s.recv(9999): pass\n"
    "s.close()\n";

// Lingers at close, and a thread for each client does nothing else.
constexpr char kLingeringServer[] =
    "import socket, struct, sys, threading\n"
    "def serve(s):\n"
    "  s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)\n"
    "  s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 1))\n"
    "  s.recv(9999)\n"
    "  s.sendall(b'HTTP/1.0 200 OK\\r\\n\\r\\n' + b'x' * 65536)\n"
    "  s.close()\n"
    "listener = socket.create_server((sys.argv[1], int(sys.argv[2])))\n"
    "while True: threading.Thread(target=serve, args=listener.accept()[:1]).start()\n";

struct Subject {
  const char* name;
  const char* profile;
  std::vector<std::string> command;  // the program is a runfile, unless it is python3
  std::vector<const char*> cases;    // globs
};

void PrintTo(const Subject& subject, std::ostream* out) { *out << subject.name; }

const std::vector<Subject>& Subjects() {
  const std::string client = "cases/reference/http_client";
  const std::string server = "cases/reference/http_server";
  const std::string forking = "cases/known_bad/known_bad_server";
  const std::string patience = "--patience-ms=300";
  static const auto* subjects = new std::vector<Subject>{
      {"client", "http-client", {client, patience, "--half-close", "{url}", "{url}"}, {"*"}},
      {"single_client",
       "http-client",
       {client, "--half-close", "{url}"},
       {"always-close/*", "half-close/shutdown-is-not-close"}},
      {"plain_client", "http-client", {client, "{url}"}, {"peer-gone/reset-during-close"}},
      {"epoll_client", "http-client", {"python3", "-c", kEpollClient, "{host}", "{port}"}, {"interrupted/epoll"}},
      {"starting_client",
       "http-client",
       {"python3", "-c", kStartingClient, "{host}", "{port}"},
       {"always-close/not-inherited"}},
      {"server", "http-server", {server, patience, "{host}", "{port}"}, {"*"}},
      {"generous_server",
       "http-server",
       {server, "--bytes=65536", "{host}", "{port}"},
       {"linger/unsent-delivered", "interrupted/would-block"}},
      {"echo_server", "echo-server", {server, "--echo", "{host}", "{port}"}, {"half-close/peer-finishes-first"}},
      {"forking_server", "http-server", {forking, "--defect=forks", "{host}", "{port}"}, {"always-close/parent-copy"}},
      {"lingering_server",
       "http-server",
       {"python3", "-c", kLingeringServer, "{host}", "{port}"},
       {"linger/event-loop-not-blocked"}},
      {"driver", "driver", {"cases/drivers/posix_driver"}, {"*"}},
  };
  return *subjects;
}

// It waits for the driver's whole time, which tells nothing of a judge.
constexpr char kWaits[] = "peer-gone/silent-peer";

std::vector<const Case*> CasesOf(const Subject& subject) {
  std::vector<const Case*> cases;
  for (const char* glob : subject.cases) {
    for (const Case* one : CasesMatching(glob)) {
      const bool waits = one->id == std::string(kWaits) && subject.name == std::string("driver");
      if (!waits && Concerns(*one, *FindProfile(subject.profile))) cases.push_back(one);
    }
  }
  return cases;
}

// What was seen of a subject: the clean run, and a run for each case that has one of its own.
class Recording {
 public:
  explicit Recording(std::map<std::string, Observation> runs) : runs_(std::move(runs)), clean_(runs_.at("")) {}

  CaseResult Judge(const Case& one) const { return JudgeCase(one, clean_, Evidence(RunFor(one))); }

  // Of a case that the clean run shows, both are spoilt. False: these facts hold nothing that could be.
  bool JudgeSpoilt(const Case& one, const Mutation& mutation, CaseResult* result) const {
    Observation run = RunFor(one);
    if (!mutation.apply(run)) return false;
    const Evidence spoilt(std::move(run));
    *result = JudgeCase(one, JudgedOnCleanRun(one) ? spoilt : clean_, spoilt);
    return true;
  }

 private:
  const Observation& RunFor(const Case& one) const {
    const auto own = runs_.find(one.id);
    return own == runs_.end() ? clean_.run() : own->second;
  }

  std::map<std::string, Observation> runs_;  // by case; the clean run by ""
  Evidence clean_;
};

Recording Record(const Subject& subject) {
  AuditOptions options;
  options.command = subject.command;
  if (options.command.front() != "python3") options.command.front() = Runfile(options.command.front());
  options.profile = FindProfile(subject.profile);
  options.cases = CasesOf(subject);
  options.jobs = 16;  // runs mostly wait
  options.backend = Backend::kPreload;
  absl::StatusOr<Scratch> scratch = Scratch::Create();
  EXPECT_TRUE(scratch.ok()) << scratch.status();
  absl::StatusOr<AuditReport> report = Audit(options, *scratch);
  EXPECT_TRUE(report.ok()) << report.status();
  std::map<std::string, Observation> runs;
  for (const std::string& line : report->facts) {
    absl::StatusOr<Observation> run = ObservationFromJson(line);
    EXPECT_TRUE(run.ok()) << run.status();
    runs[run->case_id] = *std::move(run);
  }
  return Recording(std::move(runs));
}

bool IsOwn(const Case& one, const std::string& finding) {
  return std::any_of(one.findings.begin(), one.findings.end(), [&](const Finding& own) { return finding == own.code; });
}

// Nothing was found; where nothing is asked of anybody, a fact.
bool IsInnocent(const CaseResult& result) {
  return result.verdict == Verdict::kPass ||
         (result.level == "MAY" && result.verdict == Verdict::kObserved && result.finding.empty());
}

struct MustTurn {
  std::string one;
  std::string finding;
  std::string subject;
  std::string mutation;
};

const std::vector<MustTurn>& Rows() {
#define LASTACK_MUST_TURN(one, finding, subject, mutation) {one, finding, subject, mutation},
  static const auto* rows = new std::vector<MustTurn>{
#include "cases/mutations/must_turn.inc"
  };
  return *rows;
}

// Findings that no change of one fact brings about in these recordings, by case, and why.
const std::set<std::pair<std::string, std::string>>& OutOfReach() {
  static const auto* findings = new std::set<std::pair<std::string, std::string>>{
      // An exchange that is complete shows that the process lived on; without one the case is moot.
      {"always-close/losing-attempts", "left-to-exit"},
      // The first close and the other: what is left over is two facts.
      {"always-close/all-released-on-error", "left-to-exit"},
      // The one close is the one that the fault strikes.
      {"peer-gone/reset-during-close", "leak-after-reset"},
  };
  return *findings;
}

// Passes that say little, by subject and case, and why no change turns them into a finding.
const std::set<std::pair<std::string, std::string>>& NothingToFind() {
  static const auto* passes = new std::set<std::pair<std::string, std::string>>{
      // A client has sent all before it closes: what it leaves unread harms nobody, and is told without a verdict.
      {"client", "half-close/drains-before-close"},
      // Nobody else is harmed if SIGPIPE ends a process with one connection, and these have one at a time.
      {"client", "peer-gone/sigpipe-survived/injected"},
      {"server", "peer-gone/sigpipe-survived/injected"},
  };
  return *passes;
}

class JudgeMutationTest : public testing::TestWithParam<Subject> {
 protected:
  JudgeMutationTest() : recording_(Record(GetParam())) {
    for (const Case* one : CasesOf(GetParam())) {
      if (IsInnocent(recording_.Judge(*one))) passed_.push_back(one);
    }
  }

  // Whether the case finds something of its own in what the mutation makes of its facts.
  bool Finds(const Case& one, const Mutation& mutation) const {
    CaseResult result;
    return recording_.JudgeSpoilt(one, mutation, &result) && !IsInnocent(result) && IsOwn(one, result.finding);
  }

  Recording recording_;
  std::vector<const Case*> passed_;
};

// One test, since a recording takes its time.
TEST_P(JudgeMutationTest, JudgesNotice) {
  EXPECT_FALSE(passed_.empty());
  for (const Case* one : passed_) {
    SCOPED_TRACE(one->id);
    const bool found = std::any_of(WrongDoings().begin(), WrongDoings().end(),
                                   [&](const Mutation& mutation) { return Finds(*one, mutation); });
    EXPECT_NE(found, NothingToFind().count({GetParam().name, one->id}) == 1)
        << "by no wrongdoing, or by one that it is excused from";
    for (const Mutation& loss : Losses()) {
      CaseResult result;
      const bool lost = recording_.JudgeSpoilt(*one, loss, &result);
      EXPECT_FALSE(lost && IsInnocent(result)) << loss.name << ": " << result.message;
    }
  }
  for (const MustTurn& row : Rows()) {
    if (row.subject != GetParam().name) continue;
    SCOPED_TRACE(row.one + " by " + row.mutation);
    const auto one =
        std::find_if(passed_.begin(), passed_.end(), [&](const Case* passed) { return row.one == passed->id; });
    const Mutation* mutation = FindMutation(row.mutation);
    ASSERT_NE(mutation, nullptr);
    if (one == passed_.end()) {
      ADD_FAILURE() << "there was no pass to be turned";
      continue;
    }
    CaseResult result;
    EXPECT_TRUE(recording_.JudgeSpoilt(**one, *mutation, &result)) << "nothing to be changed";
    EXPECT_EQ(result.finding, row.finding) << VerdictWord(result.verdict) << ": " << result.message;
  }
}

INSTANTIATE_TEST_SUITE_P(All, JudgeMutationTest, testing::ValuesIn(Subjects()),
                         [](const auto& subject) { return subject.param.name; });

TEST(MustTurnTest, HoldsEveryFindingOfEveryCase) {
  std::set<std::pair<std::string, std::string>> known = OutOfReach();
  for (const MustTurn& row : Rows()) {
    EXPECT_TRUE(known.insert({row.one, row.finding}).second) << row.one << " " << row.finding << " stands twice";
  }
  for (const Case& one : Cases()) {
    for (const Finding& finding : one.findings) {
      EXPECT_EQ(known.erase({one.id, finding.code}), 1u) << one.id << " " << finding.code;
    }
  }
  for (const auto& [one, finding] : known) ADD_FAILURE() << one << " has no finding " << finding;
}

}  // namespace
}  // namespace lastack
