// The subjects are /bin/sh and friends, and this test itself, started again with the name of an act (see Acts).

#include "harness/run/launcher.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace lastack {
namespace {

[[noreturn]] void SleepForEver() {
  for (;;) pause();
}

std::string ThisProgram() {
  char path[4096];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof(path));
  return std::string(path, size > 0 ? static_cast<size_t>(size) : 0);
}

// What this program does when a test starts it as the subject: ends with the status that the test expects.
// `ready` is the path of a named pipe, for acts that say when they are in place.
using Act = int (*)(const char* ready);

void SayReady(const char* ready) {
  const int pipe = open(ready, O_WRONLY | O_CLOEXEC);
  if (write(pipe, "r", 1) != 1) abort();
  close(pipe);
}

const std::map<std::string, Act>& Acts() {
  static const auto* acts = new std::map<std::string, Act>{
      // A daemon by the book, deaf to SIGTERM, that holds the output open; the main process ends when it is in place.
      {"daemonize",
       [](const char*) {
         int ready[2];
         if (pipe(ready) != 0) return 1;
         if (fork() == 0) {
           setsid();
           if (fork() != 0) _exit(0);
           signal(SIGTERM, SIG_IGN);
           if (write(ready[1], "r", 1) != 1) _exit(1);
           SleepForEver();
         }
         char byte;
         return read(ready[0], &byte, 1) == 1 ? 0 : 1;
       }},
      // Three generations, deaf to all signals, the last two in a session of their own.
      {"three-deaf-generations",
       [](const char* ready) -> int {
         for (int number = 1; number < NSIG; ++number) signal(number, SIG_IGN);
         if (fork() == 0) {
           setsid();
           fork();
         }
         SayReady(ready);
         SleepForEver();
       }},
      {"close-all-descriptors",
       [](const char*) {
         syscall(SYS_close_range, 0, ~0U, 0);
         return 7;
       }},
      {"count-descriptors",
       [](const char*) {
         int count = 0;
         DIR* directory = opendir("/proc/self/fd");
         while (readdir(directory) != nullptr) ++count;
         closedir(directory);
         return count - 3;  // ".", ".." and the directory's own
       }},
      {"io-uring-errno", [](const char*) { return syscall(SYS_io_uring_setup, 8, nullptr) == -1 ? errno : 0; }},
      {"own-group-and-no-core",
       [](const char*) {
         rlimit core;
         getrlimit(RLIMIT_CORE, &core);
         return getpgrp() == getpid() && core.rlim_max == 0 ? 0 : 1;
       }},
  };
  return *acts;
}

class LauncherTest : public testing::Test {
 protected:
  // Launch has made this process the reaper of all that a subject starts: without children it has no descendants.
  void TearDown() override {
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a process of the subject is left behind";
    EXPECT_EQ(errno, ECHILD);
    for (const std::string& file : files_) unlink(file.c_str());
  }

  static LaunchOptions Command(std::vector<std::string> argv) {
    LaunchOptions options;
    options.argv = std::move(argv);
    options.environment = {{"PATH", "/usr/bin:/bin"}};
    return options;
  }
  static LaunchOptions Shell(const std::string& script) { return Command({"/bin/sh", "-c", script}); }
  static LaunchOptions Act(const std::string& name, const std::string& ready = "") {
    return Command({ThisProgram(), "--act", name, ready});
  }

  static SubjectExit Run(const LaunchOptions& options) {
    absl::StatusOr<SubjectExit> exit = Launch(options);
    EXPECT_TRUE(exit.ok()) << exit.status();
    return exit.ok() ? *exit : SubjectExit();
  }

  static void ExpectStatus(const SubjectExit& exit, int status) {
    EXPECT_EQ(exit.how, SubjectExit::How::kExited);
    EXPECT_EQ(exit.status, status);
    EXPECT_EQ(exit.survivors_killed, 0);
  }

  // A path that is removed after the test.
  std::string TestFile(const std::string& name) {
    files_.push_back(absl::StrCat(testing::TempDir(), "launcher_", getpid(), "_", name));
    return files_.back();
  }
  std::string TestFile(const std::string& name, const std::string& text, mode_t mode) {
    const std::string path = TestFile(name);
    std::ofstream(path) << text;
    chmod(path.c_str(), mode);
    return path;
  }

 private:
  std::vector<std::string> files_;
};

TEST_F(LauncherTest, ReportsTheExitStatusAndBothStreams) {
  const SubjectExit exit = Run(Shell("echo to out; echo to err >&2; exit 42"));
  ExpectStatus(exit, 42);
  EXPECT_EQ(exit.out, "to out\n");
  EXPECT_EQ(exit.err, "to err\n");
  EXPECT_EQ(exit.out_bytes, 7u);
  EXPECT_EQ(exit.err_bytes, 7u);
  EXPECT_GT(exit.ended_ns, exit.duration_ns);
  EXPECT_GT(exit.duration_ns, 0u);
}

TEST_F(LauncherTest, LooksUpThePathOfTheSubjectsEnvironment) {
  ExpectStatus(Run(Command({"true"})), 0);
  LaunchOptions options = Command({"true"});
  options.environment = {{"PATH", "/nowhere"}};
  EXPECT_EQ(Launch(options).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(LauncherTest, ReportsTheSignal) {
  const SubjectExit exit = Run(Shell("kill -USR1 $$"));
  EXPECT_EQ(exit.how, SubjectExit::How::kSignaled);
  EXPECT_EQ(exit.signal, SIGUSR1);
}

// A line at our standard input, while it exists.
class InputLine {
 public:
  explicit InputLine(const std::string& line) : before_(dup(0)) {
    int ends[2];
    if (pipe(ends) != 0 || write(ends[1], line.data(), line.size()) < 0) abort();
    dup2(ends[0], 0);
    close(ends[0]);
    close(ends[1]);
  }
  ~InputLine() {
    dup2(before_, 0);
    close(before_);
  }

 private:
  const int before_;
};

TEST_F(LauncherTest, StandardInputIsEmpty) {
  const InputLine ours("ours\n");
  const SubjectExit exit = Run(Command({"/bin/cat"}));
  ExpectStatus(exit, 0);
  EXPECT_EQ(exit.out, "");
}

TEST_F(LauncherTest, StandardInputIsOursOnRequest) {
  const InputLine ours("ours\n");
  LaunchOptions options = Shell("read line; test \"$line\" = ours");
  options.inherit_stdio = true;
  ExpectStatus(Run(options), 0);
}

TEST_F(LauncherTest, CollectsWhatASubjectWroteJustBeforeItsEnd) {
  LaunchOptions options = Shell("echo last words");
  options.on_started = [] {  // nothing is read before its end
    siginfo_t info;
    waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
  };
  EXPECT_EQ(Run(options).out, "last words\n");
}

// The subject makes an orphan that ends at once, and waits until we have reaped it.
TEST_F(LauncherTest, ReapsOrphansWhileTheSubjectRuns) {
  const SubjectExit exit = Run(Shell("orphan=$(true & echo $!); while [ -d /proc/$orphan ]; do echo; done; exit 4"));
  ExpectStatus(exit, 4);
}

TEST_F(LauncherTest, TheEnvironmentIsExactlyWhatWasGiven) {
  setenv("LAUNCHER_TEST_LEAK", "1", 1);
  LaunchOptions options = Command({"/usr/bin/env"});
  options.environment = {{"B", "2 =x"}, {"A", ""}};
  EXPECT_EQ(Run(options).out, "B=2 =x\nA=\n");
}

TEST_F(LauncherTest, EntersTheDirectoryAfterTheProgramWasFound) {
  LaunchOptions options = Command({"/bin/pwd"});
  options.directory = "/";
  EXPECT_EQ(Run(options).out, "/\n");

  char before[4096];
  ASSERT_NE(getcwd(before, sizeof(before)), nullptr);
  ASSERT_EQ(chdir("/bin"), 0);
  options.argv = {"./pwd"};
  EXPECT_EQ(Run(options).out, "/\n");
  ASSERT_EQ(chdir(before), 0);

  options.argv = {"/bin/pwd"};
  options.directory = "/no/such/directory";
  const absl::Status refused = Launch(options).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(LauncherTest, CallsBackWhenTheSubjectRuns) {
  int calls = 0;
  LaunchOptions options = Command({"true"});
  options.on_started = [&] { ++calls; };
  ExpectStatus(Run(options), 0);
  EXPECT_EQ(calls, 1);
  options.argv = {"no-such-program"};
  EXPECT_FALSE(Launch(options).ok());
  EXPECT_EQ(calls, 1);
}

TEST_F(LauncherTest, NoSuchProgram) {
  const absl::Status missing = Launch(Command({"no-such-program"})).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(missing.ToString().find("no-such-program"), std::string::npos) << missing;
  EXPECT_EQ(Launch(Command({})).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(LauncherTest, NoSuchInterpreter) {
  const std::string script = TestFile("orphan", "#!/no/such/interpreter\n", 0755);
  const absl::Status missing = Launch(Command({script})).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(missing.ToString().find("interpreter"), std::string::npos) << missing;
}

TEST_F(LauncherTest, NotExecutable) {
  const absl::Status refused = Launch(Command({TestFile("plain", "#!/bin/sh\n", 0644)})).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_NE(refused.ToString().find("chmod +x"), std::string::npos) << refused;
}

TEST_F(LauncherTest, NotAProgram) {
  const absl::Status refused = Launch(Command({TestFile("text", "echo no first line\n", 0755)})).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(refused.ToString().find("#!/bin/sh"), std::string::npos) << refused;
}

TEST_F(LauncherTest, TheDeadlineKillsTheWholeTree) {
  const std::string ready = TestFile("ready");
  ASSERT_EQ(mkfifo(ready.c_str(), 0600), 0);
  LaunchOptions options = Act("three-deaf-generations", ready);
  options.timeout = absl::Milliseconds(100);
  options.on_started = [&] {
    std::fstream pipe(ready, std::ios::in | std::ios::out);  // open for writing too, or it ends between two writers
    for (int i = 0; i < 3; ++i) EXPECT_EQ(pipe.get(), 'r');
  };
  const SubjectExit exit = Run(options);
  EXPECT_EQ(exit.how, SubjectExit::How::kTimedOut);
  EXPECT_EQ(exit.survivors_killed, 2);
  EXPECT_GE(exit.duration_ns, 100'000'000u);
}

TEST_F(LauncherTest, ADaemonThatDetachedIsKilled) {
  const SubjectExit exit = Run(Act("daemonize"));
  EXPECT_EQ(exit.how, SubjectExit::How::kExited);
  EXPECT_EQ(exit.status, 0);
  EXPECT_GE(exit.survivors_killed, 1);  // the process between the two may not have gone yet
}

TEST_F(LauncherTest, ADescendantThatHoldsTheOutputDoesNotBlock) {
  const SubjectExit exit = Run(Shell("(while :; do echo x; done) & exit 3"));
  EXPECT_EQ(exit.how, SubjectExit::How::kExited);
  EXPECT_EQ(exit.status, 3);
  EXPECT_EQ(exit.survivors_killed, 1);
}

TEST_F(LauncherTest, AStormOfForksIsEnded) {
  const SubjectExit exit = Run(Shell("i=0; while [ $i -lt 200 ]; do sleep 1000 & i=$((i+1)); done"));
  EXPECT_EQ(exit.how, SubjectExit::How::kExited);
  EXPECT_EQ(exit.survivors_killed, 200);
}

TEST_F(LauncherTest, AFloodIsReadAndCountedAndNotKept) {
  rusage before, after;
  getrusage(RUSAGE_SELF, &before);
  LaunchOptions options = Command({"head", "-c", "1G", "/dev/zero"});
  options.output_limit = 1000;
  options.timeout = absl::Seconds(60);
  const SubjectExit exit = Run(options);
  getrusage(RUSAGE_SELF, &after);
  ExpectStatus(exit, 0);
  EXPECT_EQ(exit.out, std::string(1000, '\0'));
  EXPECT_EQ(exit.out_bytes, uint64_t{1} << 30);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 16 * 1024) << "kilobytes";
}

TEST_F(LauncherTest, AnEndlessFloodEndsAtTheDeadline) {
  LaunchOptions options = Command({"cat", "/dev/zero"});
  options.timeout = absl::Milliseconds(300);
  options.output_limit = 1000;
  const SubjectExit exit = Run(options);
  EXPECT_EQ(exit.how, SubjectExit::How::kTimedOut);
  EXPECT_EQ(exit.out.size(), options.output_limit);
  EXPECT_GT(exit.out_bytes, options.output_limit);
}

TEST_F(LauncherTest, ASubjectMayCloseAllItsDescriptors) { ExpectStatus(Run(Act("close-all-descriptors")), 7); }

TEST_F(LauncherTest, NoDescriptorButTheStandardOnesIsInherited) {
  const int extra = dup(0);  // without close-on-exec
  ExpectStatus(Run(Act("count-descriptors")), 3);
  close(extra);
}

TEST_F(LauncherTest, InheritsStrangersOnRequest) {
  LaunchOptions options = Shell("for n in 22 23 24 25 26; do test -S /proc/self/fd/$n && printf '%s ' $n; done; true");
  options.strangers = true;
  EXPECT_EQ(Run(options).out, "23 24 25 ");
}

TEST_F(LauncherTest, MayHaveFewDescriptorsOnRequest) {
  LaunchOptions options = Shell("ulimit -Sn; ulimit -Hn");
  options.descriptor_limit = 64;
  EXPECT_EQ(Run(options).out, "64\n64\n");
}

TEST_F(LauncherTest, IoUringIsNotThere) { ExpectStatus(Run(Act("io-uring-errno")), ENOSYS); }

TEST_F(LauncherTest, NoSignalIsBlockedOrIgnored) {
  sigset_t usr2, before;
  sigemptyset(&usr2);
  sigaddset(&usr2, SIGUSR2);
  sigprocmask(SIG_BLOCK, &usr2, &before);
  const auto pipe_handler = signal(SIGPIPE, SIG_IGN);
  EXPECT_EQ(Run(Command({"grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"})).out,
            "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  signal(SIGPIPE, pipe_handler);
  sigprocmask(SIG_SETMASK, &before, nullptr);
}

TEST_F(LauncherTest, WorksWhereSigchldWasIgnored) {
  signal(SIGCHLD, SIG_IGN);
  ExpectStatus(Run(Shell("exit 5")), 5);
}

TEST_F(LauncherTest, LeadsItsOwnGroupAndDumpsNoCore) { ExpectStatus(Run(Act("own-group-and-no-core")), 0); }

TEST_F(LauncherTest, InheritsOurTerminalAndGroupOnRequest) {
  LaunchOptions options = Shell("test \"$(cut -d' ' -f5 /proc/$$/stat)\" = $OURS");
  options.environment.emplace_back("OURS", absl::StrCat(getpgrp()));
  options.inherit_stdio = true;
  const auto before = signal(SIGINT, SIG_DFL);
  const SubjectExit exit = Run(options);
  ExpectStatus(exit, 0);
  EXPECT_EQ(exit.out_bytes, 0u);
  EXPECT_EQ(signal(SIGINT, before), SIG_DFL);
}

// What the first process leaves behind is the rest of the run, and may still say something.
TEST_F(LauncherTest, RunsUntilAllHaveEndedOnRequest) {
  LaunchOptions options = Shell("(sleep 0.05; echo later) & exit 7");
  options.until_all_ended = true;
  SubjectExit exit = Run(options);
  ExpectStatus(exit, 7);
  EXPECT_EQ(exit.out, "later\n");
  EXPECT_EQ(exit.survivors_killed, 0);
  options.until_all_ended = false;
  exit = Run(options);
  EXPECT_EQ(exit.status, 7);
  EXPECT_GE(exit.survivors_killed, 1);
}

TEST_F(LauncherTest, WhatIsLeftBehindIsBoundedToo) {
  LaunchOptions options = Shell("sleep 60 & exit 7");
  options.until_all_ended = true;
  options.timeout = absl::Milliseconds(100);
  const SubjectExit exit = Run(options);
  EXPECT_EQ(exit.status, 7);
  EXPECT_GE(exit.survivors_killed, 1);
}

TEST_F(LauncherTest, ManyRunsLeaveNoDescriptorBehind) {
  const int before = dup(0);
  close(before);
  for (int i = 0; i < 50; ++i) ExpectStatus(Run(Command({"true"})), 0);
  const int after = dup(0);
  close(after);
  EXPECT_EQ(after, before);
}

}  // namespace
}  // namespace lastack

int main(int argc, char** argv) {
  if (argc == 4 && std::string(argv[1]) == "--act") return lastack::Acts().at(argv[2])(argv[3]);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
