// The calls that wait for several descriptors.
#include <algorithm>

#include "mocks/recording_sys.h"

namespace lastack {
namespace {

uint64_t Milliseconds(const timespec* timeout) {
  if (timeout == nullptr) return ~uint64_t{0};
  return static_cast<uint64_t>(timeout->tv_sec) * 1000 +
         (static_cast<uint64_t>(timeout->tv_nsec) + 999'999) / 1'000'000;  // 0 only for no time
}

}  // namespace

// The socket that stands for them: the first one that a fault selects, else the first.
class RecordingSys::Chosen {
 public:
  Chosen(RecordingSys& sys, Call call) : sys_(sys), call_(call) {}

  void Consider(int fd) {
    Row* row = decided_ ? nullptr : sys_.Find(fd);
    if (row == nullptr) return;
    decided_ = Due(sys_.plan_, row->watch, call_) != 0;
    if (decided_ || row_ == nullptr) {
      row_ = row;
      fd_ = fd;
    }
  }

  // `found(fd)` says what the call reported for the socket, as poll(2) would.
  template <typename Found>
  SysResult Wait(uint64_t a, uint64_t b, const Invoke& invoke, Found found) {
    if (row_ == nullptr) return invoke(kWhole);
    const bool may_fire =
        b != 0 && Due(sys_.plan_, row_->watch, call_) != 0 && !PassesQuietly(row_->watch, row_->tally, call_);
    const size_t index = sys_.Begin(call_, fd_, row_->inode, row_->history, a, b);
    const SysResult result = sys_.Make(index, may_fire, row_->watch, row_->tally, 0, invoke);
    if (result.value > 0) sys_.At(index).substitute = static_cast<uint32_t>(found(fd_));
    if (result.value > 0 && (found(fd_) & POLLERR) != 0) sys_.Remember(*row_, kSawReset);
    return result;
  }

 private:
  RecordingSys& sys_;
  const Call call_;
  Row* row_ = nullptr;
  int fd_ = -1;
  bool decided_ = false;
};

// A decoy is answered as a closed number is: at once, with POLLNVAL there.
SysResult RecordingSys::Poll(Call call, pollfd* fds, nfds_t count, uint64_t timeout, const Invoke& invoke) {
  if (dead_) return Gone();
  if (fds == nullptr) return invoke(kWhole);
  int closed = 0;
  for (nfds_t i = 0; i < count; ++i) closed += IsDecoy(fds[i].fd) ? 1 : 0;
  if (closed > 0) {
    (void)OnDecoy(call, decoy_);
    for (nfds_t i = 0; i < count; ++i) fds[i].revents = fds[i].fd == decoy_ ? POLLNVAL : 0;
    return {closed, 0};
  }
  Chosen chosen(*this, call);
  for (nfds_t i = 0; i < count; ++i) chosen.Consider(fds[i].fd);
  return chosen.Wait(count, timeout, invoke, [=](int fd) {
    int reported = 0;
    for (nfds_t i = 0; i < count; ++i) reported |= fds[i].fd == fd ? fds[i].revents : 0;
    return reported;
  });
}

SysResult RecordingSys::Select(Call call, int count, const fd_set* reading, const fd_set* writing, uint64_t timeout,
                               const Invoke& invoke) {
  if (dead_) return Gone();
  Chosen chosen(*this, call);
  const auto has = [](const fd_set* set, int fd) { return set != nullptr && FD_ISSET(fd, set); };
  for (int fd = 0; fd < std::min(count, FD_SETSIZE); ++fd) {
    if (has(reading, fd) || has(writing, fd)) chosen.Consider(fd);
  }
  return chosen.Wait(Word(count), timeout, invoke,
                     [=](int fd) { return (has(reading, fd) ? POLLIN : 0) | (has(writing, fd) ? POLLOUT : 0); });
}

SysResult RecordingSys::poll(pollfd* fds, nfds_t count, int timeout_ms) {
  return Poll(Call::poll, fds, count, Word(timeout_ms),
              [=, this](size_t) { return process_.poll(fds, count, timeout_ms); });
}

SysResult RecordingSys::ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask) {
  return Poll(Call::ppoll, fds, count, Milliseconds(timeout),
              [=, this](size_t) { return process_.ppoll(fds, count, timeout, mask); });
}

SysResult RecordingSys::select(int count, fd_set* reading, fd_set* writing, fd_set* exceptional, timeval* timeout) {
  const timespec time = timeout == nullptr ? timespec{} : timespec{timeout->tv_sec, timeout->tv_usec * 1000};
  return Select(Call::select, count, reading, writing, Milliseconds(timeout == nullptr ? nullptr : &time),
                [=, this](size_t) { return process_.select(count, reading, writing, exceptional, timeout); });
}

SysResult RecordingSys::pselect(int count, fd_set* reading, fd_set* writing, fd_set* exceptional,
                                const timespec* timeout, const sigset_t* mask) {
  return Select(Call::pselect, count, reading, writing, Milliseconds(timeout),
                [=, this](size_t) { return process_.pselect(count, reading, writing, exceptional, timeout, mask); });
}

SysResult RecordingSys::epoll_create(int size) {
  if (dead_) return Gone();
  const size_t index = Begin(Call::epoll_create, -1, 0, 0, 0, 0);
  return End(index, process_.epoll_create(size));
}

SysResult RecordingSys::epoll_create1(int flags) {
  if (dead_) return Gone();
  const size_t index = Begin(Call::epoll_create1, -1, 0, 0, Word(flags), 0);
  return End(index, process_.epoll_create1(flags));
}

SysResult RecordingSys::epoll_wait(int epoll, epoll_event* events, int count, int timeout_ms) {
  return InProcess(Call::epoll_wait, epoll, waiting_, Word(count), Word(timeout_ms),
                   [=, this](size_t) { return process_.epoll_wait(epoll, events, count, timeout_ms); });
}

SysResult RecordingSys::epoll_pwait(int epoll, epoll_event* events, int count, int timeout_ms, const sigset_t* mask) {
  return InProcess(Call::epoll_pwait, epoll, waiting_, Word(count), Word(timeout_ms),
                   [=, this](size_t) { return process_.epoll_pwait(epoll, events, count, timeout_ms, mask); });
}

SysResult RecordingSys::epoll_pwait2(int epoll, epoll_event* events, int count, const timespec* timeout,
                                     const sigset_t* mask) {
  return InProcess(Call::epoll_pwait2, epoll, waiting_, Word(count), Milliseconds(timeout),
                   [=, this](size_t) { return process_.epoll_pwait2(epoll, events, count, timeout, mask); });
}

}  // namespace lastack
