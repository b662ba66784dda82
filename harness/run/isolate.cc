#include "harness/run/isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "harness/peer/deadline.h"
#include "harness/run/descendants.h"

namespace lastack {
namespace {

using Function = std::function<absl::StatusOr<std::string>()>;

// What the guard waits for: the end of its worker, and the order to end, which is also what its parent's death sends.
constexpr int kGuardWaitsFor[] = {SIGCHLD, SIGTERM};
// What a terminal sends to all. It is for the others to end by it, or not; the guard sees the outcome.
constexpr int kGuardOutlives[] = {SIGINT, SIGHUP, SIGQUIT};

// Longer than the guard itself takes to give up on processes that SIGKILL does not end.
constexpr absl::Duration kGuardPatience = absl::Seconds(15);

// Precedes the text in the pipe.
struct AnswerHead {
  int32_t code;  // absl::StatusCode
  uint64_t size;
};

bool WriteAll(int pipe, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(pipe, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

// The function's process. noexcept: an exception must not unwind into the frames that were copied from the parent.
[[noreturn]] void Work(const Function& function, int pipe, pid_t guard, const sigset_t& mask) noexcept {
  for (const int number : kGuardWaitsFor) signal(number, SIG_DFL);
  for (const int number : kGuardOutlives) signal(number, SIG_DFL);
  signal(SIGPIPE, SIG_DFL);
  sigprocmask(SIG_SETMASK, &mask, nullptr);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != guard) raise(SIGKILL);  // it died before that could take effect
  const absl::Status reaper = BecomeReaper();
  const absl::StatusOr<std::string> answer = reaper.ok() ? function() : reaper;
  const std::string text = answer.ok() ? *answer : std::string(answer.status().message());
  const AnswerHead head = {static_cast<int32_t>(answer.status().code()), text.size()};
  fflush(nullptr);
  const bool written =
      WriteAll(pipe, absl::string_view(reinterpret_cast<const char*>(&head), sizeof(head))) && WriteAll(pipe, text);
  _exit(written ? 0 : 1);
}

// Waits for the worker's end, and gives its wait status; -1 if the guard is told to end first.
int AwaitWorker(pid_t worker) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : kGuardWaitsFor) sigaddset(&signals, number);
  for (;;) {
    int status;
    pid_t dead;
    while ((dead = waitpid(-1, &status, WNOHANG)) > 0) {
      if (dead == worker) return status;
    }
    if (sigwaitinfo(&signals, nullptr) == SIGTERM) return -1;
  }
}

[[noreturn]] void EndLike(int status) {
  if (WIFEXITED(status)) _exit(WEXITSTATUS(status));
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  const int number = WIFSIGNALED(status) ? WTERMSIG(status) : SIGTERM;
  signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  raise(number);
  _exit(1);
}

[[noreturn]] void Guard(const Function& function, int pipe, pid_t parent, const sigset_t& mask) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent || !BecomeReaper().ok()) _exit(1);
  const pid_t guard = getpid();
  const pid_t worker = fork();
  if (worker == 0) Work(function, pipe, guard, mask);
  close(pipe);
  const int status = worker < 0 ? -1 : AwaitWorker(worker);
  if (!EndDescendants(worker).ok()) _exit(1);
  EndLike(status);
}

absl::StatusOr<std::string> Decode(const std::string& answer) {
  AnswerHead head;
  memcpy(&head, answer.data(), sizeof(head));
  std::string text = answer.substr(sizeof(head));
  if (head.code == static_cast<int32_t>(absl::StatusCode::kOk)) return text;
  return absl::Status(static_cast<absl::StatusCode>(head.code), text);
}

bool IsComplete(const std::string& answer) {
  AnswerHead head;
  if (answer.size() < sizeof(head)) return false;
  memcpy(&head, answer.data(), sizeof(head));
  return answer.size() - sizeof(head) >= head.size;
}

absl::Status DiedWithoutAnswer(int status) {
  if (WIFSIGNALED(status)) {
    return absl::InternalError(absl::StrCat("the isolated process was killed by signal ", WTERMSIG(status), " (",
                                            strsignal(WTERMSIG(status)), ") before it answered"));
  }
  return absl::InternalError(
      absl::StrCat("the isolated process exited with status ", WEXITSTATUS(status), " before it answered"));
}

// Reads the answer until it is whole, the pipe has come to its end (every process that could write is dead) or the
// deadline has passed.
std::string ReadAnswer(int pipe, const Deadline& deadline) {
  std::string answer;
  std::vector<char> buffer(64 * 1024);
  pollfd entry = {pipe, POLLIN, 0};
  do {
    if (poll(&entry, 1, deadline.PollMilliseconds()) <= 0) continue;
    const ssize_t size = read(pipe, buffer.data(), buffer.size());
    if (size == 0) break;
    if (size > 0) answer.append(buffer.data(), static_cast<size_t>(size));
  } while (!IsComplete(answer) && !deadline.passed());
  return answer;
}

// Waits for the end of the guard and reaps it. False if it has not ended by the deadline.
bool AwaitGuard(pid_t guard, const Deadline& deadline, int* status) {
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, guard, 0));
  pollfd end = {pidfd, POLLIN, 0};
  const bool ended = pidfd >= 0 && poll(&end, 1, deadline.PollMilliseconds()) > 0;
  if (pidfd >= 0) close(pidfd);
  return ended && waitpid(guard, status, 0) == guard;
}

// Tells the guard to end all that is below it and then itself.
void EndGuard(pid_t guard) {
  kill(guard, SIGTERM);
  kill(guard, SIGCONT);  // should something below it have stopped it
  int status;
  if (AwaitGuard(guard, Deadline(kGuardPatience), &status)) return;
  kill(guard, SIGKILL);
  while (waitpid(guard, &status, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

absl::StatusOr<Isolated> Isolated::Start(const Function& function) {
  if (absl::Status reaper = BecomeReaper(); !reaper.ok()) return reaper;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe");
  fflush(nullptr);  // or it would come out twice
  sigset_t guard_blocks, mask;
  sigemptyset(&guard_blocks);
  for (const int number : kGuardWaitsFor) sigaddset(&guard_blocks, number);
  for (const int number : kGuardOutlives) sigaddset(&guard_blocks, number);
  sigprocmask(SIG_BLOCK, &guard_blocks, &mask);
  const pid_t parent = getpid();
  const pid_t guard = fork();
  const int error = errno;
  if (guard == 0) {
    close(ends[0]);
    Guard(function, ends[1], parent, mask);
  }
  sigprocmask(SIG_SETMASK, &mask, nullptr);
  close(ends[1]);
  if (guard > 0) return Isolated(guard, ends[0]);
  close(ends[0]);
  return absl::ErrnoToStatus(error, "fork");
}

Isolated::Isolated(Isolated&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), pipe_(std::exchange(other.pipe_, -1)) {}

Isolated& Isolated::operator=(Isolated&& other) noexcept {
  if (this == &other) return *this;
  End();
  pid_ = std::exchange(other.pid_, -1);
  pipe_ = std::exchange(other.pipe_, -1);
  return *this;
}

Isolated::~Isolated() { End(); }

void Isolated::End() {
  if (pid_ > 0) EndGuard(std::exchange(pid_, -1));
  if (pipe_ >= 0) close(std::exchange(pipe_, -1));
}

absl::StatusOr<std::string> Isolated::Wait(absl::Duration timeout) {
  if (pid_ < 0) return absl::FailedPreconditionError("Wait was called before");
  const Deadline deadline(timeout);
  const std::string answer = ReadAnswer(pipe_, deadline);
  // The guard ends when all that the function's process started is gone.
  int status = 0;
  const bool ended = AwaitGuard(pid_, deadline, &status);
  if (ended) pid_ = -1;
  End();
  if (IsComplete(answer)) return Decode(answer);
  if (ended) return DiedWithoutAnswer(status);
  return absl::DeadlineExceededError(
      absl::StrCat("the isolated process had not answered after ", absl::FormatDuration(timeout), " and was killed"));
}

}  // namespace lastack
