#include "tools/bench/bare_tracer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "harness/tracer/filter.h"

namespace lastack {
namespace {

[[noreturn]] void BecomeSubject(std::vector<char*>& argv, std::vector<sock_filter>& filter, int permission, int out) {
  char byte;
  const sock_fprog program = {static_cast<unsigned short>(filter.size()), filter.data()};
  if (read(permission, &byte, 1) == 1 && dup2(out, STDOUT_FILENO) >= 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0) {
    execv(argv[0], argv.data());
  }
  _exit(127);
}

// Returns the status of its end.
int Follow(pid_t child) {
  int status;
  for (;;) {
    if (waitpid(-1, &status, __WALL) < 0) return -1;
    if (!WIFSTOPPED(status)) return status;
    const bool at_entry = status >> 16 == PTRACE_EVENT_SECCOMP;
    ptrace(at_entry ? PTRACE_SYSCALL : PTRACE_CONT, child, nullptr, nullptr);
  }
}

}  // namespace

absl::StatusOr<std::string> RunUnderBareTracer(const std::vector<std::string>& argv, int processor) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(processor, &one);
  int permission[2], out[2];
  if (sched_setaffinity(0, sizeof(one), &one) != 0 || pipe2(permission, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) {
    return absl::ErrnoToStatus(errno, "the bare tracer");
  }
  std::vector<char*> pointers;
  for (const std::string& argument : argv) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  std::vector<sock_filter> filter = TracerFilter();
  struct sigaction without_stops = {};
  without_stops.sa_handler = SIG_DFL;
  without_stops.sa_flags = SA_NOCLDSTOP;
  sigaction(SIGCHLD, &without_stops, nullptr);
  const pid_t child = fork();
  if (child == 0) BecomeSubject(pointers, filter, permission[0], out[1]);
  const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL;
  if (child < 0 || ptrace(PTRACE_SEIZE, child, nullptr, options) != 0) {
    return absl::ErrnoToStatus(errno, "the bare tracer");
  }
  if (write(permission[1], "", 1) != 1) return absl::ErrnoToStatus(errno, "the bare tracer");
  if (Follow(child) != 0) return absl::InternalError("the subject failed under the bare tracer");
  char text[4096];
  const ssize_t size = read(out[0], text, sizeof(text));
  for (const int end : {permission[0], permission[1], out[0], out[1]}) close(end);
  return std::string(text, size < 0 ? 0 : static_cast<size_t>(size));
}

}  // namespace lastack
