#include "harness/run/driver_channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

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

bool DriverChannel::WriteSome() {
  const ssize_t size = write(request_writer_, unsent_.data(), unsent_.size());
  if (size >= 0) unsent_.erase(0, static_cast<size_t>(size));
  return size >= 0 || WouldBlock();
}

bool DriverChannel::ReadSome() {
  char buffer[kReadSize];
  const ssize_t size = read(reply_reader_, buffer, sizeof(buffer));
  if (size > 0) unread_.append(buffer, static_cast<size_t>(size));
  SortLines();
  return size > 0 ? unread_.size() <= kReplyLimit : size < 0 && WouldBlock();
}

// Moves what can be moved, both ways; false when the driver is gone or the time is up.
bool DriverChannel::Exchange(const Deadline& deadline) {
  pollfd entries[] = {{reply_reader_, POLLIN, 0}, {unsent_.empty() ? -1 : request_writer_, POLLOUT, 0}};
  const int ready = poll(entries, 2, deadline.PollMilliseconds());
  if (ready == 0) return false;
  if (entries[0].revents != 0 && !ReadSome()) return false;
  // A driver that reads no more may still have answered: its output says when it is gone.
  if (entries[1].revents != 0 && !WriteSome()) unsent_.clear();
  return true;
}

void DriverChannel::SortLines() {
  size_t begin = 0;
  for (size_t end; (end = unread_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    absl::string_view line = absl::string_view(unread_).substr(begin, end - begin);
    absl::ConsumeSuffix(&line, "\r");
    SortLine(line);
  }
  unread_.erase(0, begin);
}

void DriverChannel::SortLine(absl::string_view line) {
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(line, absl::MaxSplits(' ', 1));
  int tag = 0;
  // As it was sent, and not "007".
  const bool is_tag =
      absl::SimpleAtoi(parts.first, &tag) && absl::StrCat(tag) == parts.first && line.size() > parts.first.size();
  const auto waiting = is_tag ? replies_.find(tag) : replies_.end();
  if (waiting != replies_.end() && !waiting->second.has_value()) {
    waiting->second = std::string(parts.second);
  } else if (noise_.size() < kNoiseKept) {
    noise_.emplace_back(line.substr(0, kNoiseLineKept));
  }
}

absl::optional<std::string> DriverChannel::TakeReply(int tag) {
  const auto found = replies_.find(tag);
  if (found == replies_.end() || !found->second.has_value()) return absl::nullopt;
  absl::optional<std::string> reply = std::move(found->second);
  replies_.erase(found);
  return reply;
}

int DriverChannel::Post(absl::string_view request) {
  replies_[++last_tag_] = absl::nullopt;
  absl::StrAppend(&unsent_, last_tag_, " ", request, "\n");
  return last_tag_;
}

absl::optional<std::string> DriverChannel::Await(int tag, const Deadline& deadline) {
  for (;;) {
    if (absl::optional<std::string> reply = TakeReply(tag); reply.has_value()) return reply;
    if (!Exchange(deadline)) return TakeReply(tag);
  }
}

}  // namespace lastack
