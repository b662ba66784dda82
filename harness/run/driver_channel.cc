#include "harness/run/driver_channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace lastack {
namespace {

constexpr size_t kNoiseKept = 5;          // lines
constexpr size_t kNoiseLineKept = 200;    // bytes of each
constexpr size_t kReplyLimit = 64 << 20;  // bytes; a driver that writes more without a line's end is not answering
constexpr int kReadSize = 1 << 16;

void CloseOnce(int& fd) {
  if (fd >= 0) close(fd);
  fd = -1;
}

bool WouldBlock() { return errno == EAGAIN || errno == EINTR; }

}  // namespace

DriverChannel::~DriverChannel() {
  CloseDriverEnds();
  CloseOnce(request_writer_);
  CloseOnce(reply_reader_);
}

absl::Status DriverChannel::Open() {
  int requests[2];
  if (pipe2(requests, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe");
  request_reader_ = requests[0];
  request_writer_ = requests[1];
  int replies[2];
  if (pipe2(replies, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe");
  reply_reader_ = replies[0];
  reply_writer_ = replies[1];
  // Only our ends: what the driver gets is a plain pipe.
  for (const int fd : {request_writer_, reply_reader_}) {
    if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0) return absl::ErrnoToStatus(errno, "fcntl");
  }
  return absl::OkStatus();
}

void DriverChannel::CloseDriverEnds() {
  CloseOnce(request_reader_);
  CloseOnce(reply_writer_);
}

bool DriverChannel::WriteSome(std::string* unsent) {
  const ssize_t size = write(request_writer_, unsent->data(), unsent->size());
  if (size >= 0) unsent->erase(0, static_cast<size_t>(size));
  return size >= 0 || WouldBlock();
}

bool DriverChannel::ReadSome() {
  char buffer[kReadSize];
  const ssize_t size = read(reply_reader_, buffer, sizeof(buffer));
  if (size > 0) unread_.append(buffer, static_cast<size_t>(size));
  return size > 0 ? unread_.size() <= kReplyLimit : size < 0 && WouldBlock();
}

// Moves what can be moved, both ways; false when the driver is gone or the time is up.
bool DriverChannel::Exchange(std::string* unsent, const Deadline& deadline) {
  pollfd entries[] = {{reply_reader_, POLLIN, 0}, {unsent->empty() ? -1 : request_writer_, POLLOUT, 0}};
  const int ready = poll(entries, 2, deadline.PollMilliseconds());
  if (ready == 0) return false;
  if (entries[0].revents != 0 && !ReadSome()) return false;
  // A driver that reads no more may still have answered: its output says when it is gone.
  if (entries[1].revents != 0 && !WriteSome(unsent)) unsent->clear();
  return true;
}

absl::optional<std::string> DriverChannel::TakeReply(absl::string_view tag) {
  for (size_t end; (end = unread_.find('\n')) != std::string::npos;) {
    std::string line = unread_.substr(0, end);
    unread_.erase(0, end + 1);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const std::string start = absl::StrCat(tag, " ");
    if (absl::StartsWith(line, start)) return line.substr(start.size());
    if (noise_.size() < kNoiseKept) noise_.push_back(line.substr(0, kNoiseLineKept));
  }
  return absl::nullopt;
}

absl::optional<std::string> DriverChannel::Ask(absl::string_view request, const Deadline& deadline) {
  const std::string tag = absl::StrCat(++last_tag_);
  std::string unsent = absl::StrCat(tag, " ", request, "\n");
  for (;;) {
    if (absl::optional<std::string> reply = TakeReply(tag); reply.has_value()) return reply;
    if (!Exchange(&unsent, deadline)) return TakeReply(tag);
  }
}

}  // namespace lastack
