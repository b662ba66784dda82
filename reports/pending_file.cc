#include "reports/pending_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lastack {
namespace {

constexpr int kNamesMax = 1000;  // names tried; only leftovers of killed processes with our pid are in the way

absl::Status WriteError(int error, absl::string_view name) {
  return absl::ErrnoToStatus(error, absl::StrCat("cannot write ", name));
}

// "out/index.html" -> "out/.index.html.4711-0.tmp": hidden, in the same directory, so that rename is atomic.
std::string TemporaryName(const std::string& path, int number) {
  const size_t slash = path.rfind('/');
  const size_t base = slash == std::string::npos ? 0 : slash + 1;
  return absl::StrCat(path.substr(0, base), ".", path.substr(base), ".", getpid(), "-", number, ".tmp");
}

// 0, or errno.
int WriteAll(int fd, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

// 0, or errno. What cannot be flushed (a pipe) needs no flushing.
int Flush(int fd) { return fsync(fd) == 0 || errno == EINVAL ? 0 : errno; }

// 0, or errno.
int Close(int fd) { return close(fd) == 0 || errno == EINTR ? 0 : errno; }

}  // namespace

absl::Status WriteAndClose(int fd, absl::string_view text, absl::string_view name) {
  int error = WriteAll(fd, text);
  if (error == 0) error = Flush(fd);
  const int close_error = Close(fd);
  if (error == 0) error = close_error;
  return error == 0 ? absl::OkStatus() : WriteError(error, name);
}

absl::StatusOr<PendingFile> PendingFile::Write(const std::string& name, absl::string_view text) {
  struct stat status {};
  const bool exists = stat(name.c_str(), &status) == 0;
  if (exists && !S_ISREG(status.st_mode)) {
    const int fd = open(name.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return WriteError(errno, name);
    if (absl::Status written = WriteAndClose(fd, text, name); !written.ok()) return written;
    return PendingFile("", name);
  }
  std::error_code error;
  const std::string target = exists ? std::filesystem::canonical(name, error).string() : "";
  const std::string& path = target.empty() ? name : target;
  for (int number = 0; number < kNamesMax; ++number) {
    const std::string temporary = TemporaryName(path, number);
    const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0 && errno == EEXIST) continue;
    if (fd < 0) return WriteError(errno, path);
    PendingFile file(temporary, path);
    const absl::Status status = WriteAndClose(fd, text, path);
    if (!status.ok()) return status;
    return file;
  }
  return WriteError(EEXIST, path);
}

PendingFile::PendingFile(std::string temporary, std::string path)
    : temporary_(std::move(temporary)), path_(std::move(path)) {}

PendingFile::PendingFile(PendingFile&& other) noexcept
    : temporary_(std::exchange(other.temporary_, "")), path_(std::move(other.path_)) {}

PendingFile::~PendingFile() {
  // A leftover is harmless, and a destructor has nobody to tell.
  if (!temporary_.empty()) static_cast<void>(unlink(temporary_.c_str()));
}

absl::Status PendingFile::Publish() {
  if (temporary_.empty()) return absl::OkStatus();
  if (rename(temporary_.c_str(), path_.c_str()) != 0) return WriteError(errno, path_);
  temporary_.clear();
  return absl::OkStatus();
}

}  // namespace lastack
