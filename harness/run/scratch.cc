#include "harness/run/scratch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "harness/agent/image.h"

namespace lastack {
namespace {

// A new directory `<parent>/lastack.XXXXXX`; empty if it cannot be made.
std::string NewDirectory(const std::string& parent) {
  std::string name = parent + "/lastack.XXXXXX";
  if (mkdtemp(name.data()) == nullptr) return "";
  // What root starts may go on as somebody else, and must still reach the agent and its trace. A directory within
  // another cannot be listed, so that its name stays a secret.
  if (geteuid() == 0) chmod(name.c_str(), 0711);
  return name;
}

bool SharedMemoryHasRoom() {
  struct statvfs info {};
  return statvfs("/dev/shm", &info) == 0 && info.f_bavail * info.f_frsize >> 20 >= kSharedMemoryMegabytes;
}

absl::Status WriteAgent(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
  if (fd < 0) return absl::ErrnoToStatus(errno, path);
  auto close_it = absl::MakeCleanup([fd] { close(fd); });
  absl::string_view rest = AgentImage();
  while (!rest.empty()) {
    const ssize_t written = write(fd, rest.data(), rest.size());
    if (written < 0) return absl::ErrnoToStatus(errno, path);
    rest.remove_prefix(static_cast<size_t>(written));
  }
  // A file system that is mounted noexec refuses this, as it would refuse the dynamic loader.
  void* mapped = mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
  if (mapped == MAP_FAILED) return absl::ErrnoToStatus(errno, absl::StrCat(path, " cannot be mapped for execution"));
  munmap(mapped, 4096);
  return absl::OkStatus();
}

void RemoveAll(const std::string& directory) {
  std::error_code ignored;
  if (!directory.empty()) std::filesystem::remove_all(directory, ignored);
}

}  // namespace

absl::StatusOr<Scratch> Scratch::Create() {
  std::vector<std::string> parents = {"/tmp", "/var/tmp", "/dev/shm"};
  if (const char* chosen = getenv("TMPDIR"); chosen != nullptr && *chosen == '/') {
    parents.insert(parents.begin(), chosen);
  }
  std::vector<std::string> reasons;
  for (const std::string& parent : parents) {
    if (parent.find_first_of(" :") != std::string::npos) {
      reasons.push_back(absl::StrCat(parent, ": LD_PRELOAD cannot carry a path with a space or a colon"));
      continue;
    }
    Scratch scratch;
    scratch.base_ = NewDirectory(parent);
    if (scratch.base_.empty()) {
      reasons.push_back(absl::StrCat(parent, ": ", strerror(errno)));
      continue;
    }
    scratch.agent_ = scratch.base_ + "/liblastack_agent.so";
    scratch.home_ = scratch.base_ + "/home";
    const absl::Status written = WriteAgent(scratch.agent_);
    if (!written.ok()) {
      reasons.push_back(std::string(written.message()));
      continue;
    }
    if (mkdir(scratch.home_.c_str(), 0700) != 0) {
      reasons.push_back(absl::StrCat(scratch.home_, ": ", strerror(errno)));
      continue;
    }
    if (SharedMemoryHasRoom()) scratch.fast_ = NewDirectory("/dev/shm");
    if (scratch.fast_.empty()) scratch.fast_ = scratch.base_;
    return scratch;
  }
  return absl::FailedPreconditionError(absl::StrCat("no directory for temporary files is writable and executable (",
                                                    absl::StrJoin(reasons, "; "), "); set TMPDIR to one that is"));
}

absl::StatusOr<std::string> Scratch::NewTraceDirectory() const {
  std::string directory = NewDirectory(fast_);
  if (directory.empty()) return absl::ErrnoToStatus(errno, absl::StrCat("no directory for a trace in ", fast_));
  return directory;
}

Scratch::Scratch(Scratch&& other) noexcept { *this = std::move(other); }

Scratch& Scratch::operator=(Scratch&& other) noexcept {
  std::swap(base_, other.base_);
  std::swap(agent_, other.agent_);
  std::swap(home_, other.home_);
  std::swap(fast_, other.fast_);
  return *this;
}

Scratch::~Scratch() {
  if (fast_ != base_) RemoveAll(fast_);
  RemoveAll(base_);
}

}  // namespace lastack
