// Shortens what a vector or a message call may transfer, without touching the caller's memory: the iovec array may be
// shared or read-only.
#ifndef LASTACK_HARNESS_AGENT_SHORTEN_H_
#define LASTACK_HARNESS_AGENT_SHORTEN_H_

#include <sys/socket.h>
#include <sys/uio.h>

#include "harness/agent/inject.h"

namespace lastack {

// Copies at most `limit` bytes' worth of `vector` into `parts` and returns how many parts that took. 16 are enough: a
// longer vector is cut there.
inline constexpr size_t kShortParts = 16;
inline size_t CopyShort(const iovec* vector, size_t count, size_t limit, iovec* parts) {
  size_t used = 0;
  for (; used < count && used < kShortParts && limit > 0; ++used) {
    parts[used] = vector[used];
    if (parts[used].iov_len > limit) parts[used].iov_len = limit;
    limit -= parts[used].iov_len;
  }
  return used;
}

// Points `vector` and `count` at a copy that holds at most `limit` bytes, for as long as this object lives.
class ShortVector {
 public:
  ShortVector(const iovec*& vector, int& count, size_t limit) {
    if (limit == kWhole) return;
    count = static_cast<int>(CopyShort(vector, static_cast<size_t>(count), limit, parts_));
    vector = parts_;
  }

 private:
  iovec parts_[kShortParts];
};

// The same for the vector of a message. What the kernel writes into a received message's header reaches the caller's.
class ShortMessage {
 public:
  ShortMessage(const msghdr*& message, size_t limit) {
    if (limit != kWhole) message = Copy(*message, limit);
  }
  ShortMessage(msghdr*& message, size_t limit) {
    if (limit == kWhole) return;
    original_ = message;
    message = Copy(*message, limit);
  }

  ~ShortMessage() {
    if (original_ == nullptr) return;
    original_->msg_namelen = copy_.msg_namelen;
    original_->msg_controllen = copy_.msg_controllen;
    original_->msg_flags = copy_.msg_flags;
  }

 private:
  msghdr* Copy(const msghdr& message, size_t limit) {
    copy_ = message;
    copy_.msg_iovlen = CopyShort(message.msg_iov, message.msg_iovlen, limit, parts_);
    copy_.msg_iov = parts_;
    return &copy_;
  }

  msghdr* original_ = nullptr;
  msghdr copy_;
  iovec parts_[kShortParts];
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_AGENT_SHORTEN_H_
