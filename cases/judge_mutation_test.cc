// Would the judges notice? Of every case a pass is recorded, by subjects that are right; then one fact after the other is
// spoilt, and the case is judged again.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "cases/audit.h"
#include "cases/case.h"
#include "cases/judge.h"
#include "cases/mutations.h"
#include "cases/requirement.h"
#include "harness/testing/runfile.h"

namespace lastack {
namespace {

// Waits by epoll, and starts a program beside its connection.
constexpr char kPythonClient[] =
    "import select, socket, subprocess, sys\n"
    "s = socket.create_connection((sys.argv[1], int(sys.argv[2])))\n"
    "s.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n')\n"
    "subprocess.run(['true'])\n"
    "epoll = select.epoll()\n"
    "epoll.register(s, select.EPOLLIN)\n"
    "while epoll.poll() and s.recv(9999): pass\n"
    "s.close()\n";

// Lingers at close, and a thread for each client does nothing else.
constexpr char kPythonServer[] =
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
  std::vector<std::string> cases;    // globs; empty: all
};

void PrintTo(const Subject& subject, std::ostream* out) { *out << subject.name; }

const std::vector<Subject>& Subjects() {
  static const auto* subjects = new std::vector<Subject>{
      {"client", "http-client", {"cases/reference/http_client", "--patience-ms=300", "--half-close", "{url}", "{url}"}, {}},
      {"plain_client", "http-client", {"cases/reference/http_client", "{url}"}, {"peer-gone/reset-during-close"}},
      {"python_client", "http-client", {"python3", "-c", kPythonClient, "{host}", "{port}"}, {"interrupted/epoll", "always-close/not-inherited"}},
      {"server", "http-server", {"cases/reference/http_server", "--bytes=65536", "--patience-ms=300", "{host}", "{port}"}, {}},
      {"echo_server", "echo-server", {"cases/reference/http_server", "--echo", "{host}", "{port}"}, {"half-close/peer-finishes-first"}},
      {"forking_server", "http-server", {"cases/known_bad/known_bad_server", "--defect=forks", "{host}", "{port}"}, {"always-close/parent-copy"}},
      {"lingering_server", "http-server", {"python3", "-c", kPythonServer, "{host}", "{port}"}, {"linger/event-loop-not-blocked"}},
      {"driver", "driver", {"cases/drivers/posix_driver"}, {}},
  };
  return *subjects;
}

// It waits for the driver's whole time, which tells nothing of a judge.
constexpr char kWaits[] = "peer-gone/silent-peer";

std::vector<const Case*> CasesOf(const Subject& subject) {
  std::vector<const Case*> cases;
  for (const Case& one : Cases()) {
    const bool named = std::find(subject.cases.begin(), subject.cases.end(), one.id) != subject.cases.end();
    const bool waits = one.id == std::string(kWaits) && subject.name == std::string("driver");
    if ((named || subject.cases.empty()) && !waits && Concerns(one, *FindProfile(subject.profile))) cases.push_back(&one);
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
  return result.verdict == Verdict::kPass || (result.level == "MAY" && result.verdict == Verdict::kObserved && result.finding.empty());
}

class JudgeMutationTest : public testing::TestWithParam<Subject> {};

TEST_P(JudgeMutationTest, Explore) {
  const Recording recording = Record(GetParam());
  for (const Case* one : CasesOf(GetParam())) {
    const CaseResult base = recording.Judge(*one);
    if (!IsInnocent(base)) {
      std::cout << "BASE " << GetParam().name << " " << one->id << " " << VerdictWord(base.verdict) << " " << base.message << "\n";
      continue;
    }
    std::cout << "CASE " << GetParam().name << " " << one->id << "\n"; if(getenv("SHOWBASE")) std::cout << base.message << "\n";
    for (const auto* list : {&WrongDoings(), &Losses()}) for (const Mutation& mutation : *list) {
      CaseResult result;
      if (!recording.JudgeSpoilt(*one, mutation, &result)) continue;
      if (IsInnocent(result)) { std::cout << "SAME " << mutation.name << "\n"; continue; }
      std::cout << (IsOwn(*one, result.finding) ? "OWN " : "TURN ") << mutation.name << " " << VerdictWord(result.verdict) << " " << result.finding << "\n";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, JudgeMutationTest, testing::ValuesIn(Subjects()), [](const auto& subject) { return subject.param.name; });

}  // namespace
}  // namespace lastack
