#include "tools/cli/doctor_command.h"

#include <arpa/inet.h>
#include <gnu/libc-version.h>
#include <linux/if_ether.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <functional>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/run/observe.h"
#include "harness/run/scratch.h"

namespace lastack {
namespace {

struct Finding {
  bool works = false;
  std::string detail;
};

struct Check {
  const char* name;
  bool needed;         // by what lastack does on every machine
  const char* serves;  // what it is for
  const char* remedy;
  std::function<Finding()> find;
};

Finding Works(const std::string& detail) { return {true, detail}; }
Finding Fails(const std::string& detail) { return {false, detail}; }
Finding FailsWithErrno(const std::string& what) { return Fails(absl::StrCat(what, ": ", strerror(errno))); }

// What `attempt` returns (0, or an errno) when it runs in a child: the attempts change the process that makes them.
Finding InChild(const std::string& success, const std::string& what, const std::function<int()>& attempt) {
  const pid_t child = fork();
  if (child < 0) return FailsWithErrno("fork");
  if (child == 0) _exit(attempt());
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return Fails(absl::StrCat(what, ": the attempt died"));
  if (WEXITSTATUS(status) == 0) return Works(success);
  errno = WEXITSTATUS(status);
  return FailsWithErrno(what);
}

std::string Contents(const char* path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The whole way of a preloaded agent: a real program under it, and its check-in in the trace.
Finding Preload() {
  absl::StatusOr<Scratch> scratch = Scratch::Create();
  if (!scratch.ok()) return Fails(std::string(scratch.status().message()));
  RunOptions options;
  options.command = {"sh", "-c", "exit 0"};
  absl::StatusOr<Observation> run = Observe(options, *scratch);
  if (!run.ok()) return Fails(std::string(run.status().message()));
  if (!run->checked_in()) {
    return Fails("sh ran, but the agent did not check in: is it static, or not for this C library?");
  }
  return Works(absl::StrCat("the agent checks in (glibc ", gnu_get_libc_version(), ")"));
}

// The whole way of the tracer, likewise.
Finding Ptrace() {
  absl::StatusOr<Scratch> scratch = Scratch::Create();
  if (!scratch.ok()) return Fails(std::string(scratch.status().message()));
  RunOptions options;
  options.command = {"sh", "-c", "exit 0"};
  options.backend = Backend::kTracer;
  absl::StatusOr<Observation> run = Observe(options, *scratch);
  if (!run.ok()) return Fails(std::string(run.status().message()));
  if (!run->checked_in()) return Fails("sh ran, but the tracer did not see it");
  return Works("a program can be traced");
}

Finding Seccomp() {
  return InChild("filters can be installed", "prctl(PR_SET_SECCOMP)", [] {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
    const uint32_t action = SECCOMP_RET_ERRNO;
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0 ? 0 : errno;
  });
}

int EnterNetworkNamespace() { return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 ? 0 : errno; }

Finding Namespaces() { return InChild("user and network namespaces can be made", "unshare", EnterNetworkNamespace); }

Finding Capture() {
  return InChild("packets can be captured in a namespace of our own", "socket(AF_PACKET)", [] {
    if (const int error = EnterNetworkNamespace(); error != 0) return error;
    return socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)) >= 0 ? 0 : errno;
  });
}

Finding Loopback() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return FailsWithErrno("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, "127.77.1.1", &address.sin_addr);
  const bool bound = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  const Finding finding =
      bound ? Works("every address of 127.0.0.0/8 can be bound") : FailsWithErrno("bind(127.77.1.1)");
  close(fd);
  return finding;
}

Finding SocketTable() {
  return Contents("/proc/net/tcp").empty() ? Fails("/proc/net/tcp cannot be read") : Works("/proc/net/tcp can be read");
}

Finding SharedMemory() {
  struct statvfs info {};
  if (statvfs("/dev/shm", &info) != 0) return FailsWithErrno("/dev/shm");
  const uint64_t megabytes = info.f_bavail * info.f_frsize >> 20;
  return megabytes >= kSharedMemoryMegabytes ? Works(absl::StrCat("/dev/shm has ", megabytes, " MiB free"))
                                             : Fails(absl::StrCat("/dev/shm has only ", megabytes, " MiB free"));
}

Finding Clock() {
#if defined(__x86_64__)
  const std::string flags = Contents("/proc/cpuinfo");
  const bool invariant = absl::StrContains(flags, "constant_tsc") && absl::StrContains(flags, "nonstop_tsc");
  return invariant ? Works("the time stamp counter is invariant")
                   : Fails("the time stamp counter may change its pace: times in traces are estimates");
#else
  return Works("the generic timer is invariant");
#endif
}

const std::vector<Check>& Checks() {
  static const auto* checks = new std::vector<Check>{
      {"preload", true, "reaching programs that use the C library",
       "set TMPDIR to a directory that is not mounted noexec", Preload},
      {"loopback", true, "an address for every worker", "bring the interface up:  ip link set lo up", Loopback},
      {"socket table", true, "barriers, and an outside witness of every connection", "mount /proc", SocketTable},
      {"shared memory", false, "traces in memory",
       "give the container more:  --shm-size=256m; until then traces lie on disk", SharedMemory},
      {"clock", false, "times in traces", "none is needed for verdicts, which use order and not time", Clock},
      {"seccomp", true, "hiding io_uring, so that programs use calls that can be seen",
       "use a kernel with CONFIG_SECCOMP_FILTER", Seccomp},
      {"ptrace", false, "static programs and Go, which do not call the C library",
       "in a container:  --cap-add=SYS_PTRACE; on a host:  sysctl kernel.yama.ptrace_scope=1", Ptrace},
      {"namespaces", false, "networks of our own", "sysctl kernel.unprivileged_userns_clone=1, or run as root",
       Namespaces},
      {"capture", false, "packet captures", "needs namespaces, and the kernel's af_packet", Capture},
  };
  return *checks;
}

}  // namespace

int RunDoctor(const Invocation& invocation) {
  if (absl::Status checked = CheckOperands(invocation, 0); !checked.ok()) return Complain(checked);
  utsname names{};
  uname(&names);
  std::string text = absl::StrCat(names.sysname, " ", names.release, " ", names.machine, "\n\n");
  bool lacks = false;
  for (const Check& check : Checks()) {
    const Finding finding = check.find();
    absl::StrAppendFormat(&text, "%s %-14s %s\n",
                          finding.works  ? "✓"
                          : check.needed ? "✗"
                                         : "!",
                          check.name, finding.detail);
    if (finding.works) continue;
    lacks = lacks || check.needed;
    absl::StrAppendFormat(&text, "  %-14s for: %s\n  %-14s mend: %s\n", "", check.serves, "", check.remedy);
  }
  absl::StrAppend(&text, "\n",
                  lacks ? "Something that lastack needs is missing (✗).\n" : "All that lastack needs is here.\n");
  const int printed = Print(text);
  return printed != kExitOk ? printed : lacks ? kExitHarness : kExitOk;
}

}  // namespace lastack
