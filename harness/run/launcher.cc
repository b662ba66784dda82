#include "harness/run/launcher.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "harness/peer/deadline.h"
#include "harness/run/alarm.h"
#include "harness/run/descendants.h"
#include "harness/run/output.h"
#include "harness/run/output_pump.h"
#include "harness/run/spawn.h"
#include "harness/tracer/tracer.h"

namespace lastack {
namespace {

// Orphans of the subject become our children while it runs; they are reaped at least as often as this.
constexpr int kReapEveryMs = 1000;
// The end of what a daemon's first process has left behind shows only when it is reaped.
constexpr int kReapOrphansEveryMs = 10;

std::string PathOf(const LaunchOptions& options) {
  for (const auto& [name, value] : options.environment) {
    if (name == "PATH") return value;
  }
  return "/bin:/usr/bin";
}

absl::StatusOr<SpawnOptions> SpawnOptionsOf(const LaunchOptions& options) {
  if (options.argv.empty()) return absl::NotFoundError("no program is given: give a command after --");
  absl::StatusOr<std::string> program = FindProgram(options.argv[0], PathOf(options));
  if (!program.ok()) return program.status();
  SpawnOptions spawn;
  std::error_code error;
  spawn.program = std::filesystem::absolute(*program, error).string();
  if (error) return absl::InternalError(absl::StrCat("the working directory is gone: ", error.message()));
  spawn.argv = options.argv;
  spawn.environment = options.environment;
  spawn.directory = options.directory;
  spawn.inherit_input = options.inherit_stdio;
  spawn.own_group = !options.inherit_stdio;
  spawn.descriptor_limit = options.descriptor_limit;
  spawn.strangers = options.strangers;
  spawn.tracer = options.tracer;
  return spawn;
}

// Ignores what the terminal sends to the whole process group, for as long as it exists.
class TerminalSignalsIgnored {
 public:
  TerminalSignalsIgnored() : interrupt_(signal(SIGINT, SIG_IGN)), quit_(signal(SIGQUIT, SIG_IGN)) {}
  TerminalSignalsIgnored(const TerminalSignalsIgnored&) = delete;
  TerminalSignalsIgnored& operator=(const TerminalSignalsIgnored&) = delete;
  ~TerminalSignalsIgnored() {
    signal(SIGINT, interrupt_);
    signal(SIGQUIT, quit_);
  }

 private:
  sighandler_t interrupt_;
  sighandler_t quit_;
};

// The kernel sends no signal for each stop of a traced thread: waitpid(2) tells all.
class StopsWithoutSignal {
 public:
  StopsWithoutSignal() {
    sigaction(SIGCHLD, nullptr, &before_);
    struct sigaction action = before_;
    action.sa_flags |= SA_NOCLDSTOP;
    sigaction(SIGCHLD, &action, nullptr);
  }
  StopsWithoutSignal(const StopsWithoutSignal&) = delete;
  StopsWithoutSignal& operator=(const StopsWithoutSignal&) = delete;
  ~StopsWithoutSignal() { sigaction(SIGCHLD, &before_, nullptr); }

 private:
  struct sigaction before_ {};
};

// A running subject and the pipes to it.
class Subject {
 public:
  explicit Subject(const LaunchOptions& options)
      : options_(options), out_(options.output_limit), err_(options.output_limit) {}
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;
  ~Subject() {
    if (pidfd_ >= 0) close(pidfd_);
  }

  absl::Status Start();
  void RunToEnd();
  absl::StatusOr<SubjectExit> End();

 private:
  void RunTracedToEnd();
  bool NoteEnds(pid_t dead, int status);
  bool Reap();
  void NoteEnd(int status);
  void WaitForNews(const Deadline& deadline);

  const LaunchOptions& options_;
  Output out_;
  Output err_;
  SubjectExit exit_;
  pid_t pid_ = -1;
  bool first_ended_ = false;
  int pidfd_ = -1;
  uint64_t started_ns_ = 0;
};

absl::Status Subject::Start() {
  absl::StatusOr<SpawnOptions> spawn = SpawnOptionsOf(options_);
  if (!spawn.ok()) return spawn.status();
  if (!options_.inherit_stdio) {
    for (Output* output : {&out_, &err_}) {
      if (absl::Status opened = output->Open(); !opened.ok()) return absl::InternalError(opened.message());
    }
    spawn->in = options_.in;
    spawn->out = options_.out >= 0 ? options_.out : out_.writer();
    spawn->err = err_.writer();
  }
  started_ns_ = MonotonicNs();
  absl::StatusOr<pid_t> pid = Spawn(*spawn);
  if (!pid.ok()) return pid.status();
  pid_ = *pid;
  out_.CloseWriter();
  err_.CloseWriter();
  pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (pidfd_ >= 0) return absl::OkStatus();
  const int error = errno;
  absl::StatusOr<int> ended = EndDescendants(pid_);
  return absl::InternalError(absl::StrCat("pidfd_open: ", strerror(error), ended.ok() ? "" : "; it is still running"));
}

// Reaps the dead. True if there is nothing left to wait for.
bool Subject::Reap() {
  for (;;) {
    int status;
    const pid_t dead = waitpid(-1, &status, WNOHANG);
    if (dead < 0 && errno == EINTR) continue;
    if (dead <= 0) return dead < 0;
    if (NoteEnds(dead, status)) return true;
  }
}

void Subject::NoteEnd(int status) {
  first_ended_ = true;
  if (WIFSIGNALED(status)) {
    exit_.how = SubjectExit::How::kSignaled;
    exit_.signal = WTERMSIG(status);
  } else {
    exit_.how = SubjectExit::How::kExited;
    exit_.status = WEXITSTATUS(status);
  }
}

void Subject::WaitForNews(const Deadline& deadline) {
  // A process that has been reaped is ready for ever.
  pollfd entries[] = {{first_ended_ ? -1 : pidfd_, POLLIN, 0}, {out_.reader(), POLLIN, 0}, {err_.reader(), POLLIN, 0}};
  const int timeout = deadline.PollMilliseconds();
  const int longest = first_ended_ ? kReapOrphansEveryMs : kReapEveryMs;
  poll(entries, 3, timeout < 0 ? longest : std::min(timeout, longest));
  if (entries[1].revents != 0) out_.ReadOnce();
  if (entries[2].revents != 0) err_.ReadOnce();
}

// Of whoever died: true if there is nothing left to wait for.
bool Subject::NoteEnds(pid_t dead, int status) {
  if (dead != pid_) return false;
  NoteEnd(status);
  return !options_.until_all_ended;
}

// Stops come at any moment, and each keeps a thread of the subject waiting: this thread waits for nothing else.
void Subject::RunTracedToEnd() {
  Tracer& tracer = *options_.tracer;
  const OutputPump pump({&out_, &err_});
  const StopsWithoutSignal without_signal;
  Alarm alarm;
  const bool endless = options_.timeout == absl::InfiniteDuration();
  const uint64_t deadline_ns =
      endless ? Alarm::kNever : started_ns_ + static_cast<uint64_t>(absl::ToInt64Nanoseconds(options_.timeout));
  for (;;) {
    const uint64_t now_ns = MonotonicNs();
    if (now_ns >= deadline_ns) {
      if (!first_ended_) exit_.how = SubjectExit::How::kTimedOut;
      return;
    }
    alarm.Set(std::min(deadline_ns, tracer.ResumeDelayed(now_ns)));
    int status;
    const pid_t changed = waitpid(-1, &status, __WALL);
    if (changed < 0 && errno == EINTR) continue;
    if (changed < 0) break;
    if (WIFSTOPPED(status)) {
      tracer.OnStop(changed, status);
    } else {
      tracer.OnEnd(changed);
      if (NoteEnds(changed, status)) break;
    }
    bool over = false;
    for (const auto& [dead, how] : tracer.TakeEnds()) {
      tracer.OnEnd(dead);
      over = NoteEnds(dead, how) || over;
    }
    if (over) break;
  }
  exit_.ended_ns = MonotonicNs();
}

void Subject::RunToEnd() {
  if (options_.tracer != nullptr) return RunTracedToEnd();
  const Deadline deadline(options_.timeout - absl::Nanoseconds(MonotonicNs() - started_ns_));
  while (!Reap()) {
    if (deadline.passed()) {
      if (!first_ended_) exit_.how = SubjectExit::How::kTimedOut;
      return;
    }
    WaitForNews(deadline);
  }
  exit_.ended_ns = MonotonicNs();
}

absl::StatusOr<SubjectExit> Subject::End() {
  absl::StatusOr<int> survivors = EndDescendants(pid_);
  if (!survivors.ok()) return absl::InternalError(survivors.status().message());
  exit_.survivors_killed = *survivors;
  if (exit_.ended_ns == 0) exit_.ended_ns = MonotonicNs();
  exit_.duration_ns = exit_.ended_ns - started_ns_;
  for (Output* output : {&out_, &err_}) output->Drain();
  exit_.out_bytes = out_.bytes();
  exit_.err_bytes = err_.bytes();
  exit_.out = out_.TakeKept();
  exit_.err = err_.TakeKept();
  return std::move(exit_);
}

absl::StatusOr<SubjectExit> Run(Subject& subject, const LaunchOptions& options) {
  if (absl::Status started = subject.Start(); !started.ok()) return started;
  if (options.on_started) options.on_started();
  subject.RunToEnd();
  return subject.End();
}

}  // namespace

absl::StatusOr<SubjectExit> Launch(const LaunchOptions& options) {
  if (absl::Status reaper = BecomeReaper(); !reaper.ok()) return absl::InternalError(reaper.message());
  Subject subject(options);
  if (!options.inherit_stdio) return Run(subject, options);
  const TerminalSignalsIgnored ignored;
  return Run(subject, options);
}

}  // namespace lastack
