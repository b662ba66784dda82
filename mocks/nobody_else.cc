#include "mocks/nobody_else.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace lastack {
namespace {

std::vector<std::string> NamesIn(const char* directory) {
  std::vector<std::string> names;
  DIR* open = opendir(directory);
  while (const dirent* entry = open != nullptr ? readdir(open) : nullptr) {
    if (entry->d_name[0] != '.') names.push_back(entry->d_name);
  }
  if (open != nullptr) closedir(open);
  return names;
}

// "pipe:[4711]"
std::string TargetOf(const std::string& descriptor) {
  char target[64];
  const ssize_t length = readlink(absl::StrCat("/proc/self/fd/", descriptor).c_str(), target, sizeof(target));
  return length > 0 ? std::string(target, static_cast<size_t>(length)) : "";
}

bool HasChildren() {
  siginfo_t info;
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

bool HasTimers() {
  for (const auto which : {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF}) {
    itimerval timer{};
    if (getitimer(which, &timer) != 0 || timer.it_value.tv_sec != 0 || timer.it_value.tv_usec != 0) return true;
  }
  std::ifstream timers("/proc/self/timers");  // of timer_create
  std::string word;
  return static_cast<bool>(timers >> word);
}

}  // namespace

bool NobodyElseWakes(const std::vector<int>& descriptors) {
  if (NamesIn("/proc/self/task").size() != 1 || HasChildren() || HasTimers()) return false;
  std::map<std::string, int> holders;
  for (const std::string& descriptor : NamesIn("/proc/self/fd")) ++holders[TargetOf(descriptor)];
  return std::all_of(descriptors.begin(), descriptors.end(), [&](int fd) {
    const std::string target = TargetOf(absl::StrCat(fd));
    return target == "anon_inode:[eventfd]" || (absl::StartsWith(target, "pipe:") && holders[target] > 1);
  });
}

}  // namespace lastack
