// Each defect without any interposition: what it does on its own, and no more than that.
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "cases/reference/loopback_server.h"
#include "cases/reference/program.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lastack {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;
using Manner = LoopbackServer::Manner;
using Ending = LoopbackServer::Ending;

std::string Repeated(const std::string& text, int times) {
  std::string repeated;
  for (int i = 0; i < times; ++i) repeated += text;
  return repeated;
}

// What a defect shows to a server that answers at once.
struct Conduct {
  std::string defect;
  Ended ended = Exited(0);
  std::string output = "hello";
  size_t connections = 1;
  Ending ending = Ending::kFin;
  int open_before = 0;  // connections still open when it makes its last
};

const std::vector<Conduct>& Conducts() {
  static const std::vector<Conduct> conducts = {
      {.defect = "none"},
      {.defect = "forgets-close", .output = "hellohello", .connections = 2, .open_before = 1},
      {.defect = "left-to-exit"},
      {.defect = "retries-close-on-eintr"},
      {.defect = "retries-close-after-reset"},
      {.defect = "retries-close-on-error"},
      {.defect = "ignores-close-error"},
      {.defect = "stops-closing-on-error", .output = "hellohellohello", .connections = 3},
      {.defect = "dies-on-close-eintr"},
      {.defect = "dies-on-close-reset"},
      {.defect = "leaks-on-setup-error", .output = "hellohello", .connections = 2},
      {.defect = "leaks-on-send-error", .output = "hellohello", .connections = 2},
      {.defect = "leaks-on-reset", .output = "hellohello", .connections = 2},
      {.defect = "leaks-after-truncation", .output = "hellohello", .connections = 2},
      {.defect = "leaks-on-shutdown-error", .output = "hellohello", .connections = 2},
      {.defect = "only-shuts-down", .output = "hellohello", .connections = 2},
      {.defect = "stops-reading-after-finish"},
      {.defect = "gives-up-on-shutdown-eintr"},
      {.defect = "dies-on-shutdown-enotconn"},
      {.defect = "fails-on-send-eintr"},
      {.defect = "fails-on-recv-eintr"},
      {.defect = "fails-on-connect-eintr"},
      {.defect = "fails-on-poll-eintr"},
      {.defect = "fails-on-later-poll-eintr"},
      {.defect = "fails-on-later-recv-eintr"},
      {.defect = "fails-on-epoll-eintr"},
      {.defect = "drops-rest-of-short-send"},
      {.defect = "takes-one-byte-for-all"},
      {.defect = "accepts-truncation"},
      {.defect = "swallows-send-error"},
      {.defect = "takes-progress-for-success"},
      {.defect = "takes-silence-for-end"},
      {.defect = "ignores-refusal"},
      {.defect = "shuts-down-between-closes"},
      {.defect = "spins-on-reset-in-drain"},
      {.defect = "leaks-on-refusal", .output = "hellohello", .connections = 2},
      {.defect = "leaks-losing-attempt", .output = "hellohello", .connections = 2},
      {.defect = "sends-without-nosignal", .connections = 2, .open_before = 1},
      {.defect = "spins-on-reset"},
      {.defect = "spins-at-end"},
      {.defect = "double-closes"},
      {.defect = "closes-copies-twice"},
      {.defect = "closes-twice-after-error"},
      {.defect = "uses-after-close-on-error"},
      {.defect = "uses-after-close"},
      {.defect = "closes-highest-socket"},
      {.defect = "reports-cleanup-error"},
      {.defect = "aborts-with-linger", .ending = Ending::kReset},
      {.defect = "truncates-silently"},
      {.defect = "receives-in-child", .output = "hellohello", .connections = 2, .open_before = 1},
      {.defect = "leaks-into-programs"},
      {.defect = "closes-behind"},
      {.defect = "opens-behind"},
      {.defect = "closes-everything"},
      {.defect = "passes-to-child"},
      {.defect = "clears-environment"},
      {.defect = "dies-at-once", .ended = Killed(SIGABRT), .output = "", .connections = 0},
      {.defect = "prints-markup", .ended = Exited(3)},
  };
  return conducts;
}

// Tested below, each in its own way.
const std::set<std::string> kOthers = {"threads", "hangs", "floods", "forks-and-detaches"};

class KnownBadClient : public ::testing::TestWithParam<std::tuple<const char*, Conduct>> {};

INSTANTIATE_TEST_SUITE_P(Defects, KnownBadClient,
                         ::testing::Combine(::testing::Values("known_bad_client", "known_bad_client_static"),
                                            ::testing::ValuesIn(Conducts())),
                         [](const auto& info) {
                           std::string name =
                               std::string(std::get<0>(info.param)) + "_" + std::get<1>(info.param).defect;
                           for (char& letter : name) {
                             if (letter == '-') letter = '_';
                           }
                           return name;
                         });

TEST_P(KnownBadClient, BehavesAsItsSentenceSays) {
  const auto& [name, conduct] = GetParam();
  LoopbackServer server(Manner::kAnswersAtOnce);
  Program client =
      Program::Start({RunfilePath(std::string("cases/known_bad/") + name), "--defect=" + conduct.defect, server.Url()});
  EXPECT_EQ(client.Wait(), conduct.ended) << client.Errors();
  EXPECT_EQ(client.Output(), conduct.output);
  const std::vector<LoopbackServer::Connection> connections = server.Stop();
  ASSERT_THAT(connections, SizeIs(conduct.connections));
  if (connections.empty()) return;
  EXPECT_EQ(connections.back().ending, conduct.ending);
  EXPECT_EQ(connections.back().open_before, conduct.open_before);
}

Program StartDefect(const std::string& defect, const LoopbackServer& server,
                    const std::string& option = "--half-close") {
  return Program::Start({RunfilePath("cases/known_bad/known_bad_client"), "--defect=" + defect, option, server.Url()});
}

TEST(TruncatesSilently, TakesAResetForTheEnd) {
  for (const auto& [defect, ended] : {std::pair{"none", Exited(1)}, std::pair{"truncates-silently", Exited(0)}}) {
    LoopbackServer server(Manner::kResetsWithinAnswer);
    Program client = StartDefect(defect, server);
    EXPECT_EQ(client.Wait(), ended) << defect << ": " << client.Errors();
  }
}

TEST(TruncatesSilently, StillNoticesAnEarlyEnd) {
  LoopbackServer server(Manner::kEndsWithinAnswer);
  Program client = StartDefect("truncates-silently", server);
  EXPECT_EQ(client.Wait(), Exited(1));
  EXPECT_THAT(client.Errors(), HasSubstr("5 of 100 bytes"));
}

TEST(PrintsMarkup, WritesTagsAndControlCharacters) {
  LoopbackServer server(Manner::kAnswersAtOnce);
  Program client = StartDefect("prints-markup", server);
  EXPECT_EQ(client.Wait(), Exited(3));
  EXPECT_THAT(client.Errors(), HasSubstr("<script>"));
  EXPECT_THAT(client.Errors(), HasSubstr("\x1b[31m"));
}

TEST(ClearsEnvironment, KeepsItsOptions) {
  LoopbackServer server(Manner::kAnswersAfterClientsFin);
  Program client = StartDefect("clears-environment", server, "--half-close");
  EXPECT_EQ(client.Wait(), Exited(0)) << client.Errors();
}

TEST(PassesToChild, ReportsARefusal) {
  LoopbackServer server(Manner::kAnswersAtOnce);
  server.Stop();
  Program client = StartDefect("passes-to-child", server);
  EXPECT_EQ(client.Wait(), Exited(1));
  EXPECT_THAT(client.Errors(), HasSubstr("connect: ECONNREFUSED"));
}

TEST(Threads, Make400Exchanges) {
  LoopbackServer server(Manner::kAnswersAtOnce);
  Program client = StartDefect("threads", server, "--patience-ms=10000");
  EXPECT_EQ(client.Wait(), Exited(0)) << client.Errors();
  EXPECT_EQ(client.Output(), Repeated("hello", 400));
  const std::vector<LoopbackServer::Connection> connections = server.Stop();
  EXPECT_THAT(connections, SizeIs(400));
  for (const LoopbackServer::Connection& connection : connections) EXPECT_EQ(connection.ending, Ending::kFin);
}

TEST(Floods, WritesAsManyBytesAsAsked) {
  LoopbackServer server(Manner::kAnswersAtOnce);
  Program client = StartDefect("floods", server, "--bytes=100000");
  EXPECT_EQ(client.Wait(), Exited(0));
  EXPECT_THAT(client.Output(), SizeIs(100000 + 5));
  EXPECT_THAT(client.Output(), StartsWith("helloxxx"));
}

// Whether the process comes to wait in the system call; false if it ends before.
bool ComesToWaitIn(pid_t pid, long call) {
  while (true) {
    siginfo_t ended = {};
    if (waitid(P_PID, pid, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == pid) return false;
    long waiting_in = -1;
    std::ifstream("/proc/" + std::to_string(pid) + "/syscall") >> waiting_in;
    if (waiting_in == call) return true;
    std::this_thread::yield();
  }
}

int OpenSockets(pid_t pid) {
  int sockets = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    if (std::filesystem::read_symlink(entry).string().rfind("socket:", 0) == 0) ++sockets;
  }
  return sockets;
}

TEST(Hangs, WaitsForEverWithItsSocketsClosed) {
  LoopbackServer server(Manner::kAnswersAtOnce);
  Program client = StartDefect("hangs", server, "--patience-ms=5000");
  ASSERT_TRUE(ComesToWaitIn(client.pid(), SYS_rt_sigsuspend));
  EXPECT_EQ(OpenSockets(client.pid()), 0);
  EXPECT_EQ(client.Output(), "hello");
  kill(client.pid(), SIGKILL);
  EXPECT_EQ(client.Wait(), Killed(SIGKILL));
}

TEST(ForksAndDetaches, LeavesAProcessInASessionOfItsOwn) {
  LoopbackServer server(Manner::kAnswersAtOnce);
  Program client = StartDefect("forks-and-detaches", server, "--patience-ms=5000");
  EXPECT_EQ(client.Wait(), Exited(0));
  pid_t left_behind = -1;
  ASSERT_EQ(std::sscanf(client.Output().c_str(), "hellodetached %d", &left_behind), 1) << client.Output();
  EXPECT_NE(getsid(left_behind), getsid(0));
  EXPECT_EQ(OpenSockets(left_behind), 0);
  EXPECT_EQ(kill(left_behind, SIGKILL), 0);
}

TEST(DefectTable, HasATestOfEachDefect) {
  std::set<std::string> tested = kOthers;
  for (const Conduct& conduct : Conducts()) tested.insert(conduct.defect);
  std::set<std::string> defects;
#define LASTACK_DEFECT(name, Function, sentence) EXPECT_TRUE(defects.insert(name).second) << name;
#include "cases/known_bad/defects.inc"
  EXPECT_EQ(defects, tested);
}

TEST(DefectTable, IsWhatListPrints) {
  Program client = Program::Start({RunfilePath("cases/known_bad/known_bad_client"), "--list"});
  EXPECT_EQ(client.Wait(), Exited(0));
  const std::string list = "\n" + client.Output();
#define LASTACK_DEFECT(name, Function, sentence) \
  EXPECT_THAT(list, HasSubstr("\n" name " "));   \
  EXPECT_THAT(list, HasSubstr(" " sentence "\n"));
#include "cases/known_bad/defects.inc"
}

TEST(KnownBadClientUsage, IsExplained) {
  const std::string client = RunfilePath("cases/known_bad/known_bad_client");
  const std::string url = "http://127.0.0.1:1/";
  for (const std::vector<std::string>& command : {std::vector<std::string>{client},
                                                  {client, url},
                                                  {client, "--defect=none"},
                                                  {client, "--defect=nonsense", url},
                                                  {client, "--defect=none", "--nonsense", url},
                                                  {client, "--defect=none", "--patience-ms=x", url}}) {
    Program program = Program::Start(command);
    EXPECT_EQ(program.Wait(), Exited(2));
    EXPECT_THAT(program.Errors(), HasSubstr("usage: "));
    EXPECT_THAT(program.Output(), IsEmpty());
  }
}

}  // namespace
}  // namespace lastack
