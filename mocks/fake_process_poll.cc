// Waiting for several descriptors: poll, select, epoll.
#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>

#include "mocks/fake_memory.h"
#include "mocks/fake_process.h"

namespace lastack {
namespace {

constexpr int64_t kNsPerMs = 1'000'000;
constexpr int64_t kForever = -1;

// -1: forever. An impossible time gives -2.
int64_t NsOf(const timespec* timeout) {
  if (timeout == nullptr) return kForever;
  if (timeout->tv_sec < 0 || timeout->tv_nsec < 0 || timeout->tv_nsec > 999'999'999) return -2;
  return static_cast<int64_t>(timeout->tv_sec) * 1'000'000'000 + timeout->tv_nsec;
}

int64_t NsOfMs(int timeout_ms) { return timeout_ms < 0 ? kForever : timeout_ms * kNsPerMs; }

}  // namespace

uint32_t FakeProcess::PollFile(FakeFile& file) {
  if (file.kind == FakeFile::Kind::kEpoll) {
    for (const FakeWatch* watch : static_cast<FakeEpoll&>(file).queue_) {
      if ((PollFile(*watch->file) & (watch->events | EPOLLERR | EPOLLHUP)) != 0) return POLLIN | POLLRDNORM;
    }
    return 0;
  }
  auto& socket = static_cast<FakeSocket&>(file);
  const uint32_t events = socket.is_tcp() ? stack_.tcp.Poll(socket) : stack_.unix_domain.Poll(socket);
  if ((events & POLLOUT) == 0) socket.wants_space = true;  // whoever asks wants to know
  return events;
}

FakeReadiness FakeProcess::Readiness(int fd) {
  FakeFile* file = descriptors_.Find(fd);
  if (file == nullptr) return {POLLNVAL, 0};
  return {PollFile(*file), file->generation};
}

int64_t FakeProcess::Deadline(int64_t timeout_ns) const {
  return timeout_ns < 0 ? FakeEvents::kNever : stack_.events.now_ns() + timeout_ns;
}

// --- poll.

SysResult FakeProcess::DoPoll(pollfd* fds, nfds_t count, int64_t timeout_ns) {
  if (count > static_cast<nfds_t>(descriptors_.limit())) return {-1, EINVAL};
  if (count > 0 && BadPointer(fds)) return {-1, EFAULT};
  const int64_t until_ns = Deadline(timeout_ns);
  while (true) {
    ssize_t ready = 0;
    for (nfds_t i = 0; i < count; ++i) {
      fds[i].revents = 0;
      if (fds[i].fd < 0) continue;
      FakeFile* file = descriptors_.Find(fds[i].fd);
      const uint32_t wanted = static_cast<uint32_t>(static_cast<unsigned short>(fds[i].events)) | POLLERR | POLLHUP;
      fds[i].revents = static_cast<short>(file == nullptr ? POLLNVAL : PollFile(*file) & wanted);
      if (fds[i].revents != 0) ++ready;
    }
    if (ready > 0 || timeout_ns == 0) return {ready, 0};
    if (!Wait(until_ns)) return until_ns == FakeEvents::kNever ? Deadlocked("poll") : SysResult{0, 0};
  }
}

SysResult FakeProcess::poll(pollfd* fds, nfds_t count, int timeout_ms) {
  return Done("poll", static_cast<int64_t>(count), timeout_ms, DoPoll(fds, count, NsOfMs(timeout_ms)));
}
SysResult FakeProcess::ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t*) {
  const int64_t timeout_ns = NsOf(timeout);
  return Done("ppoll", static_cast<int64_t>(count), FakeTimeline::kNoArgument,
              timeout_ns < kForever ? SysResult{-1, EINVAL} : DoPoll(fds, count, timeout_ns));
}

// --- select.

SysResult FakeProcess::DoSelect(int count, fd_set* reading, fd_set* writing, fd_set* exceptional, int64_t timeout_ns) {
  constexpr uint32_t kEvents[] = {POLLRDNORM | POLLIN | POLLHUP | POLLERR, POLLWRNORM | POLLOUT | POLLERR, POLLPRI};
  if (count < 0) return {-1, EINVAL};
  fd_set* const sets[] = {reading, writing, exceptional};
  for (fd_set* set : sets) {
    for (int fd = 0; set != nullptr && fd < std::min(count, FD_SETSIZE); ++fd) {
      if (FD_ISSET(fd, set) && !Owns(fd)) return {-1, EBADF};
    }
  }
  const int64_t until_ns = Deadline(timeout_ns);
  while (true) {
    fd_set ready_sets[3];
    ssize_t ready = 0;
    for (int i = 0; i < 3; ++i) {
      FD_ZERO(&ready_sets[i]);
      for (int fd = 0; sets[i] != nullptr && fd < std::min(count, FD_SETSIZE); ++fd) {
        if (!FD_ISSET(fd, sets[i]) || (PollFile(*descriptors_.Find(fd)) & kEvents[i]) == 0) continue;
        FD_SET(fd, &ready_sets[i]);
        ++ready;
      }
    }
    const bool over = ready == 0 && timeout_ns != 0 && !Wait(until_ns);
    if (over && until_ns == FakeEvents::kNever) return Deadlocked("select");
    if (ready == 0 && timeout_ns != 0 && !over) continue;
    for (int i = 0; i < 3; ++i) {
      if (sets[i] != nullptr) *sets[i] = ready_sets[i];
    }
    return {ready, 0};
  }
}

SysResult FakeProcess::select(int count, fd_set* reading, fd_set* writing, fd_set* exceptional, timeval* timeout) {
  SysResult result;
  if (timeout != nullptr && (timeout->tv_sec < 0 || timeout->tv_usec < 0)) {
    result = {-1, EINVAL};
  } else {
    const int64_t timeout_ns =
        timeout == nullptr ? kForever : timeout->tv_sec * int64_t{1'000'000'000} + timeout->tv_usec * int64_t{1'000};
    const int64_t start_ns = stack_.events.now_ns();
    result = DoSelect(count, reading, writing, exceptional, timeout_ns);
    if (timeout != nullptr && result.ok()) {  // Linux says how much is left
      const int64_t left_ns = std::max<int64_t>(0, timeout_ns - (stack_.events.now_ns() - start_ns));
      timeout->tv_sec = left_ns / 1'000'000'000;
      timeout->tv_usec = left_ns % 1'000'000'000 / 1'000;
    }
  }
  return Done("select", count, FakeTimeline::kNoArgument, result);
}
SysResult FakeProcess::pselect(int count, fd_set* reading, fd_set* writing, fd_set* exceptional,
                               const timespec* timeout, const sigset_t*) {
  const int64_t timeout_ns = NsOf(timeout);
  return Done(
      "pselect", count, FakeTimeline::kNoArgument,
      timeout_ns < kForever ? SysResult{-1, EINVAL} : DoSelect(count, reading, writing, exceptional, timeout_ns));
}

// --- epoll.

SysResult FakeProcess::DoEpollCreate(int flags) {
  if ((flags & ~EPOLL_CLOEXEC) != 0) return {-1, EINVAL};
  auto set = std::make_unique<FakeEpoll>();
  const SysResult installed = Install(*set, (flags & EPOLL_CLOEXEC) != 0);
  if (installed.ok()) (void)set.release();  // its descriptors own it
  return installed;
}

SysResult FakeProcess::DoEpollCtl(int epoll, int operation, int fd, epoll_event* event) {
  if (operation != EPOLL_CTL_DEL && BadPointer(event)) return {-1, EFAULT};
  FakeFile* set_file = descriptors_.Find(epoll);
  FakeFile* file = descriptors_.Find(fd);
  if (set_file == nullptr || file == nullptr) return {-1, EBADF};
  if (set_file == file || set_file->kind != FakeFile::Kind::kEpoll) return {-1, EINVAL};
  auto& set = static_cast<FakeEpoll&>(*set_file);
  FakeWatch* watch = set.Find(*file, fd);
  const bool exclusive = operation != EPOLL_CTL_DEL && (event->events & EPOLLEXCLUSIVE) != 0;
  if (exclusive && (operation == EPOLL_CTL_MOD || file->kind == FakeFile::Kind::kEpoll)) return {-1, EINVAL};
  switch (operation) {
    case EPOLL_CTL_ADD:
      if (watch != nullptr) return {-1, EEXIST};
      watch = &set.Add(*file, fd, *event);
      break;
    case EPOLL_CTL_MOD:
      if (watch == nullptr) return {-1, ENOENT};
      watch->events = event->events;
      watch->data = event->data;
      watch->disarmed = false;
      break;
    case EPOLL_CTL_DEL:
      if (watch == nullptr) return {-1, ENOENT};
      set.Remove(*watch);
      return {0, 0};
    default:
      return {-1, EINVAL};
  }
  if ((PollFile(*file) & (watch->events | EPOLLERR | EPOLLHUP)) != 0) set.Enqueue(*watch);
  return {0, 0};
}

int FakeProcess::Collect(FakeEpoll& set, epoll_event* events, int count) {
  int told = 0;
  for (size_t left = set.queue_.size(); left > 0 && told < count; --left) {
    FakeWatch& watch = *set.queue_.front();
    set.queue_.pop_front();
    watch.queued = false;
    const uint32_t now = PollFile(*watch.file) & (watch.events | EPOLLERR | EPOLLHUP);
    if (now == 0) continue;
    events[told].events = now;
    events[told].data = watch.data;
    ++told;
    if ((watch.events & EPOLLONESHOT) != 0) {
      watch.disarmed = true;
    } else if ((watch.events & EPOLLET) == 0) {
      watch.queued = true;
      set.queue_.push_back(&watch);
    }
  }
  return told;
}

SysResult FakeProcess::DoEpollWait(int epoll, epoll_event* events, int count, int64_t timeout_ns) {
  if (count <= 0 || static_cast<size_t>(count) > INT32_MAX / sizeof(epoll_event)) return {-1, EINVAL};
  if (BadPointer(events)) return {-1, EFAULT};
  FakeFile* file = descriptors_.Find(epoll);
  if (file == nullptr) return {-1, EBADF};
  if (file->kind != FakeFile::Kind::kEpoll) return {-1, EINVAL};
  const int64_t until_ns = Deadline(timeout_ns);
  while (true) {
    const int told = Collect(static_cast<FakeEpoll&>(*file), events, count);
    if (told > 0 || timeout_ns == 0) return {told, 0};
    if (!Wait(until_ns)) return until_ns == FakeEvents::kNever ? Deadlocked("epoll_wait") : SysResult{0, 0};
  }
}

SysResult FakeProcess::epoll_create(int size) {
  return Done("epoll_create", size, FakeTimeline::kNoArgument, size <= 0 ? SysResult{-1, EINVAL} : DoEpollCreate(0));
}
SysResult FakeProcess::epoll_create1(int flags) {
  return Done("epoll_create1", flags, FakeTimeline::kNoArgument, DoEpollCreate(flags));
}
SysResult FakeProcess::epoll_ctl(int epoll, int operation, int fd, epoll_event* event) {
  return Done("epoll_ctl", epoll, operation, DoEpollCtl(epoll, operation, fd, event), fd);
}
SysResult FakeProcess::epoll_wait(int epoll, epoll_event* events, int count, int timeout_ms) {
  return Done("epoll_wait", epoll, timeout_ms, DoEpollWait(epoll, events, count, NsOfMs(timeout_ms)));
}
SysResult FakeProcess::epoll_pwait(int epoll, epoll_event* events, int count, int timeout_ms, const sigset_t*) {
  return Done("epoll_pwait", epoll, timeout_ms, DoEpollWait(epoll, events, count, NsOfMs(timeout_ms)));
}
SysResult FakeProcess::epoll_pwait2(int epoll, epoll_event* events, int count, const timespec* timeout,
                                    const sigset_t*) {
  const int64_t timeout_ns = NsOf(timeout);
  return Done("epoll_pwait2", epoll, FakeTimeline::kNoArgument,
              timeout_ns < kForever ? SysResult{-1, EINVAL} : DoEpollWait(epoll, events, count, timeout_ns));
}

}  // namespace lastack
