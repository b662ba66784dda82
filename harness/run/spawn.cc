#include "harness/run/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "harness/run/strangers.h"
#include "harness/tracer/filter.h"
#include "harness/tracer/tracer.h"

namespace lastack {
namespace {

// What the child does between fork and exec, for the report of what failed.
enum class Stage : int { kDescriptors, kProcess, kDirectory, kSeccomp, kExec };

struct Failure {
  Stage stage;
  int error;
};

// What the child needs, made before the fork: it must not allocate.
struct Prepared {
  const char* program;
  std::vector<char*> argv;
  std::vector<char*> environment;
  const SpawnOptions* options;
  pid_t parent;
  int failures;    // the writing end of the pipe that execve(2) closes
  int permission;  // the reading end of the pipe that says that the tracer is in place; -1: there is none
  std::vector<sock_filter> filter;
};

[[noreturn]] void Fail(const Prepared& prepared, Stage stage) {
  const Failure failure = {stage, errno};
  // If even this cannot be said, the parent learns it from the exit status.
  const ssize_t written = write(prepared.failures, &failure, sizeof(failure));
  _exit(written == sizeof(failure) ? 127 : 126);
}

#if defined(__x86_64__)
constexpr uint32_t kNativeArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kNativeArchitecture = AUDIT_ARCH_AARCH64;
#endif

// The number is compared whole, so the same call with the x32 bit is another number and allowed.
std::vector<sock_filter> DenyIoUring() {
  return {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kNativeArchitecture, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
}

bool InstallFilter(const std::vector<sock_filter>& filter) {
  const sock_fprog program = {static_cast<unsigned short>(filter.size()), const_cast<sock_filter*>(filter.data())};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

void AwaitPermission(int pipe) {
  char permission;
  if (pipe >= 0 && read(pipe, &permission, sizeof(permission)) != sizeof(permission)) _exit(126);
}

// Nothing that the child still needs is at their numbers: its pipes are above.
bool PlantStrangers() {
  for (int fd = kFirstStranger; fd < kFirstStranger + kStrangers; ++fd) {
    const int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0 || (made != fd && dup2(made, fd) < 0)) return false;
    if (made == fd && fcntl(fd, F_SETFD, 0) != 0) return false;
    if (made != fd) close(made);
  }
  return true;
}

bool ArrangeDescriptors(const SpawnOptions& options) {
  if (options.in >= 0) {
    if (dup2(options.in, STDIN_FILENO) < 0) return false;
  } else if (!options.inherit_input) {
    const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0 || (null != STDIN_FILENO && dup2(null, STDIN_FILENO) < 0)) return false;
    if (null == STDIN_FILENO && fcntl(null, F_SETFD, 0) != 0) return false;
  }
  if (options.out >= 0 && dup2(options.out, STDOUT_FILENO) < 0) return false;
  if (options.err >= 0 && dup2(options.err, STDERR_FILENO) < 0) return false;
  if (syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) return false;
  return !options.strangers || PlantStrangers();
}

// By the kernel's call: libc refuses to touch the signals that it uses itself, and a parent may ignore them, too.
void ResetSignals() {
  alignas(uint64_t) constexpr char kDefault[64] = {};  // the kernel's struct, of any architecture: SIG_DFL, no flags
  constexpr int kSignals = 64;
  for (int number = 1; number <= kSignals; ++number) {
    syscall(SYS_rt_sigaction, number, kDefault, nullptr, kSignals / 8);
  }
}

bool ArrangeProcess(const Prepared& prepared) {
  ResetSignals();
  sigset_t none;
  sigemptyset(&none);
  if (sigprocmask(SIG_SETMASK, &none, nullptr) != 0) return false;
  if (prepared.options->own_group && setpgid(0, 0) != 0) return false;
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
  if (getppid() != prepared.parent) raise(SIGKILL);  // it died before that could take effect
  const rlimit no_core = {0, 0};
  if (setrlimit(RLIMIT_CORE, &no_core) != 0) return false;
  const rlimit descriptors = {prepared.options->descriptor_limit, prepared.options->descriptor_limit};
  return descriptors.rlim_cur == 0 || setrlimit(RLIMIT_NOFILE, &descriptors) == 0;
}

[[noreturn]] void BecomeProgram(const Prepared& prepared) {
  const std::string& directory = prepared.options->directory;
  if (!ArrangeDescriptors(*prepared.options)) Fail(prepared, Stage::kDescriptors);
  if (!ArrangeProcess(prepared)) Fail(prepared, Stage::kProcess);
  if (!directory.empty() && chdir(directory.c_str()) != 0) Fail(prepared, Stage::kDirectory);
  AwaitPermission(prepared.permission);
  if (!InstallFilter(prepared.filter)) Fail(prepared, Stage::kSeccomp);
  execve(prepared.program, prepared.argv.data(), prepared.environment.data());
  Fail(prepared, Stage::kExec);
}

absl::Status ExecError(const std::string& program, int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      if (access(program.c_str(), F_OK) == 0) {
        return absl::NotFoundError(absl::StrCat(
            program,
            " is there, but its interpreter (its #! line, or its ELF loader) is not. Install the interpreter"));
      }
      return absl::NotFoundError(absl::StrCat("no such program: ", program));
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(
          absl::StrCat(program, " may not be executed: ", strerror(error), ". Mend it with:  chmod +x ", program));
    case ENOEXEC:
      return absl::InvalidArgumentError(absl::StrCat(
          program, " is not a program for this machine. If it is a script, give it a first line such as #!/bin/sh"));
    case E2BIG:
      return absl::InvalidArgumentError(
          absl::StrCat("the arguments and the environment of ", program, " are too long"));
    default:
      return absl::InternalError(absl::StrCat("cannot execute ", program, ": ", strerror(error)));
  }
}

absl::Status StageError(const SpawnOptions& options, const Failure& failure) {
  switch (failure.stage) {
    case Stage::kExec:
      return ExecError(options.program, failure.error);
    case Stage::kDirectory:
      return absl::InvalidArgumentError(
          absl::StrCat("cannot enter the directory ", options.directory, ": ", strerror(failure.error)));
    case Stage::kSeccomp:
      return absl::InternalError(absl::StrCat("cannot install a seccomp filter: ", strerror(failure.error)));
    case Stage::kDescriptors:
      return absl::InternalError(absl::StrCat("cannot arrange descriptors: ", strerror(failure.error)));
    case Stage::kProcess:
      break;
  }
  return absl::InternalError(absl::StrCat("cannot arrange the process: ", strerror(failure.error)));
}

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));  // execve writes to none
  pointers.push_back(nullptr);
  return pointers;
}

// Handles stops until `over`. The child may have threads: ThreadSanitizer starts one, whose end the exec waits for.
void Trace(Tracer& tracer, pid_t child, const std::function<bool()>& over) {
  while (!over()) {
    int status;
    const pid_t changed = waitpid(-1, &status, __WALL);
    if (changed < 0 && errno == EINTR) continue;
    if (changed < 0) return;
    if (WIFSTOPPED(status)) {
      tracer.OnStop(changed, status);
    } else {
      tracer.OnEnd(changed);
      if (changed == child) return;
    }
  }
}

// Until a traced child has executed its program, or has failed to.
void TraceUntilExec(Tracer& tracer, int failures, pid_t child) {
  Trace(tracer, child, [failures] {
    pollfd said = {failures, POLLIN, 0};
    return poll(&said, 1, 0) != 0;
  });
}

// The child is of no use any more: until it is gone.
void Reap(Tracer* tracer, pid_t child) {
  if (tracer != nullptr) return Trace(*tracer, child, [] { return false; });
  while (waitpid(child, nullptr, __WALL) < 0 && errno == EINTR) {
  }
}

// Waits until the child has executed its program (the pipe is closed by that) or has said what failed.
absl::Status AwaitExec(const SpawnOptions& options, int failures, pid_t child) {
  if (options.tracer != nullptr) TraceUntilExec(*options.tracer, failures, child);
  Failure failure;
  ssize_t size;
  do {
    size = read(failures, &failure, sizeof(failure));
  } while (size < 0 && errno == EINTR);
  if (size == 0) return absl::OkStatus();
  Reap(options.tracer, child);
  if (size != sizeof(failure)) return absl::InternalError(absl::StrCat("cannot start ", options.program));
  return StageError(options, failure);
}

// Puts the tracer in place while the child waits for it.
absl::Status Seize(const SpawnOptions& options, int permission, pid_t child) {
  absl::Status seized = options.tracer->Seize(child);
  if (seized.ok() && write(permission, "", 1) == 1) return seized;
  kill(child, SIGKILL);
  Reap(nullptr, child);
  return absl::FailedPreconditionError(absl::StrCat("the tracer may not trace here: ", seized.message()));
}

class Pipe {
 public:
  ~Pipe() {
    for (const int end : ends_) {
      if (end >= 0) close(end);
    }
  }
  // The child's standard descriptors, and strangers, must not fall on the ends.
  absl::Status Open() {
    if (pipe2(ends_, O_CLOEXEC) != 0) return absl::InternalError(absl::StrCat("pipe: ", strerror(errno)));
    for (int& end : ends_) {
      const int moved = fcntl(end, F_DUPFD_CLOEXEC, kFirstStranger + kStrangers);
      if (moved < 0) return absl::InternalError(absl::StrCat("fcntl: ", strerror(errno)));
      close(end);
      end = moved;
    }
    return absl::OkStatus();
  }
  int reader() const { return ends_[0]; }
  int writer() const { return ends_[1]; }
  void CloseWriter() { close(std::exchange(ends_[1], -1)); }

 private:
  int ends_[2] = {-1, -1};
};

}  // namespace

absl::StatusOr<pid_t> Spawn(const SpawnOptions& options) {
  std::vector<std::string> environment;
  for (const auto& [name, value] : options.environment) environment.push_back(absl::StrCat(name, "=", value));
  Pipe failures;
  Pipe permission;
  if (absl::Status opened = failures.Open(); !opened.ok()) return opened;
  if (absl::Status opened = permission.Open(); !opened.ok()) return opened;
  const bool traced = options.tracer != nullptr;
  const Prepared prepared = {options.program.c_str(),
                             Pointers(options.argv),
                             Pointers(environment),
                             &options,
                             getpid(),
                             failures.writer(),
                             traced ? permission.reader() : -1,
                             traced ? TracerFilter() : DenyIoUring()};
  const pid_t child = fork();
  if (child == 0) BecomeProgram(prepared);
  if (child < 0) return absl::InternalError(absl::StrCat("fork: ", strerror(errno)));
  failures.CloseWriter();
  if (traced) {
    if (absl::Status seized = Seize(options, permission.writer(), child); !seized.ok()) return seized;
  }
  if (absl::Status started = AwaitExec(options, failures.reader(), child); !started.ok()) return started;
  return child;
}

}  // namespace lastack
