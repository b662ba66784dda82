#include "harness/run/output.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace lastack {
namespace {

constexpr size_t kBufferSize = 64 * 1024;  // what a pipe holds

// Beyond the standard descriptors, which the child arranges by number.
int BeyondStandard(int descriptor) {
  const int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
  const int error = errno;
  close(descriptor);
  errno = error;
  return moved;
}

}  // namespace

Output::~Output() {
  CloseWriter();
  if (reader_ >= 0) close(reader_);
}

absl::Status Output::Open() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe");
  reader_ = BeyondStandard(ends[0]);
  writer_ = BeyondStandard(ends[1]);
  if (reader_ < 0 || writer_ < 0 || fcntl(reader_, F_SETFL, O_NONBLOCK) != 0) {
    return absl::ErrnoToStatus(errno, "fcntl");
  }
  buffer_.resize(kBufferSize);
  return absl::OkStatus();
}

void Output::CloseWriter() {
  if (writer_ >= 0) close(writer_);
  writer_ = -1;
}

bool Output::ReadSome(uint64_t* size) {
  if (reader_ < 0) return false;
  const ssize_t got = read(reader_, buffer_.data(), buffer_.size());
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (got <= 0) {
    close(reader_);
    reader_ = -1;
    return false;
  }
  *size = static_cast<uint64_t>(got);
  bytes_ += *size;
  kept_.append(buffer_, 0, std::min(*size, limit_ - kept_.size()));
  return true;
}

void Output::ReadOnce() {
  uint64_t size;
  [[maybe_unused]] const bool more = ReadSome(&size);
}

void Output::Drain() {
  if (reader_ < 0) return;
  const int capacity = fcntl(reader_, F_GETPIPE_SZ);
  int64_t left = std::max<int64_t>(capacity, kBufferSize);
  uint64_t size;
  while (left > 0 && ReadSome(&size)) left -= static_cast<int64_t>(size);
}

}  // namespace lastack
