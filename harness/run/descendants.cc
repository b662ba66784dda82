#include "harness/run/descendants.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "harness/peer/deadline.h"

namespace lastack {
namespace {

// Between two looks at processes that have been killed and must only be scheduled once more to be gone.
constexpr absl::Duration kBetweenLooks = absl::Microseconds(500);

// Processes are told apart by both: a number alone is used again.
using Identity = std::pair<pid_t, uint64_t>;

Identity IdentityOf(const ProcessEntry& process) { return {process.pid, process.start_ticks}; }

bool ReadProcessEntry(pid_t pid, ProcessEntry* entry) {
  const int file = open(absl::StrCat("/proc/", pid, "/stat").c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  char line[1024];
  const ssize_t size = read(file, line, sizeof(line));
  close(file);
  return size > 0 && ParseProcessEntry(absl::string_view(line, size), entry);
}

std::vector<ProcessEntry> AllProcesses() {
  std::vector<ProcessEntry> processes;
  DIR* directory = opendir("/proc");
  if (directory == nullptr) return processes;
  while (const dirent* file = readdir(directory)) {
    pid_t pid;
    ProcessEntry entry;
    if (absl::SimpleAtoi(file->d_name, &pid) && ReadProcessEntry(pid, &entry)) processes.push_back(entry);
  }
  closedir(directory);
  return processes;
}

// Reaps all children that are dead. False when there are no children at all.
bool ReapSome() {
  pid_t reaped;
  do {
    reaped = waitpid(-1, nullptr, WNOHANG | __WALL);  // traced threads, too
  } while (reaped > 0 || (reaped < 0 && errno == EINTR));
  return reaped == 0;
}

}  // namespace

void SignalProcess(const ProcessEntry& process, int signal) {
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0));
  if (pidfd < 0) return;  // it is gone
  ProcessEntry now;
  if (ReadProcessEntry(process.pid, &now) && now.start_ticks == process.start_ticks) {
    syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0);
  }
  close(pidfd);
}

bool ParseProcessEntry(absl::string_view line, ProcessEntry* entry) {
  const size_t name_end = line.rfind(") ");
  const size_t name_start = line.find(" (");
  if (name_end == absl::string_view::npos || name_start == absl::string_view::npos) return false;
  // After the name: state ppid pgrp session tty_nr tpgid flags minflt cminflt majflt cmajflt utime stime cutime cstime
  // priority nice num_threads itrealvalue starttime.
  const std::vector<absl::string_view> fields = absl::StrSplit(line.substr(name_end + 2), ' ');
  int threads;
  if (fields.size() < 20 || !absl::SimpleAtoi(line.substr(0, name_start), &entry->pid) ||
      !absl::SimpleAtoi(fields[1], &entry->parent) || !absl::SimpleAtoi(fields[2], &entry->group) ||
      !absl::SimpleAtoi(fields[17], &threads) || !absl::SimpleAtoi(fields[19], &entry->start_ticks)) {
    return false;
  }
  // A process whose first thread has ended looks like a zombie while its other threads run on.
  const bool zombie = fields[0] == "Z" || fields[0] == "X" || fields[0] == "x";
  entry->alive = !zombie || threads > 1;
  return true;
}

std::vector<ProcessEntry> LivingDescendants(pid_t ancestor) {
  std::multimap<pid_t, ProcessEntry> children;
  for (const ProcessEntry& process : AllProcesses()) children.emplace(process.parent, process);
  std::vector<ProcessEntry> living;
  std::vector<pid_t> parents = {ancestor};
  std::set<pid_t> visited;  // a snapshot taken while numbers are reused could hold a circle
  while (!parents.empty()) {
    const pid_t parent = parents.back();
    parents.pop_back();
    if (!visited.insert(parent).second) continue;
    const auto [begin, end] = children.equal_range(parent);
    for (auto child = begin; child != end; ++child) {
      if (child->second.alive) living.push_back(child->second);
      parents.push_back(child->second.pid);
    }
  }
  return living;
}

absl::Status BecomeReaper() {
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
    return absl::ErrnoToStatus(errno, "prctl(PR_SET_CHILD_SUBREAPER)");
  }
  struct sigaction action = {};
  if (sigaction(SIGCHLD, nullptr, &action) != 0) return absl::ErrnoToStatus(errno, "sigaction(SIGCHLD)");
  if (action.sa_handler == SIG_IGN || (action.sa_flags & SA_NOCLDWAIT) != 0) signal(SIGCHLD, SIG_DFL);
  return absl::OkStatus();
}

absl::StatusOr<int> EndDescendants(pid_t main, absl::Duration patience) {
  const Deadline deadline(patience);
  std::set<Identity> counted;
  while (ReapSome()) {
    const std::vector<ProcessEntry> living = LivingDescendants(getpid());
    bool group_lives = false;
    for (const ProcessEntry& process : living) {
      if (process.pid != main) counted.insert(IdentityOf(process));
      group_lives |= process.group == main;
    }
    // One call for the whole group outruns a storm of forks. A living member proves that the number is still ours.
    if (group_lives) kill(-main, SIGKILL);
    for (const ProcessEntry& process : living) SignalProcess(process, SIGKILL);
    if (deadline.passed()) {
      return absl::DeadlineExceededError(absl::StrCat(living.size(),
                                                      " processes of the subject are still there after SIGKILL and ",
                                                      absl::FormatDuration(patience)));
    }
    absl::SleepFor(kBetweenLooks);
  }
  return static_cast<int>(counted.size());
}

}  // namespace lastack
