// The calls that wait for readiness. Each waits on several descriptors: its event names the first socket among them,
// and a fault's site is the first socket that the fault selects. What an epoll descriptor watches is the kernel's
// knowledge: a fault there is counted for the process.
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include "harness/agent/wrap.h"

namespace lastack {
namespace {

Watch any_epoll;
Tally waited;

// The socket that stands for a set of descriptors: the first one that a fault selects, else the first.
class Chosen {
 public:
  explicit Chosen(Call call) : call_(call) {}

  void Consider(int fd) {
    if (decided_) return;
    SocketState* socket = Track(fd);
    if (socket == nullptr) return;
    decided_ = Due(*agent.plan, socket->watch, call_) != 0;
    if (decided_ || socket_ == nullptr) {
      socket_ = socket;
      fd_ = fd;
    }
  }

  // Makes the call, which waits `b` milliseconds. `found(fd)` then says what it reported for the socket, as poll(2)
  // would: the event keeps that.
  template <typename Invoke, typename Found>
  int Wait(uint64_t a, uint64_t b, Invoke invoke, Found found) {
    if (socket_ == nullptr) return invoke(kWhole);
    const bool may_fire = b != 0 && MayFire(call_, fd_, *socket_);
    Event& event = Begin(call_, fd_, *socket_, a, b);
    const int result =
        !may_fire ? End(event, invoke(kWhole))
                  : static_cast<int>(Inject(call_, socket_->watch, agent.tallies[fd_], event, 0, Invocation(invoke)));
    if (result > 0) event.substitute = static_cast<uint32_t>(found(fd_));
    const bool told = result > 0 && (event.substitute & POLLERR) != 0;
    if (LASTACK_UNLIKELY(told) && socket_->inode == event.socket) Remember(fd_, *socket_, kSawReset);
    return result;
  }

 private:
  Call call_;
  SocketState* socket_ = nullptr;
  int fd_ = -1;
  bool decided_ = false;
};

// Answers a poll that names the decoy as the kernel answers for a closed number: at once, with POLLNVAL there. 0: none
// does.
LASTACK_COLD int PollDecoy(Call call, pollfd* fds, nfds_t count) {
  int closed = 0;
  for (nfds_t i = 0; i < count; ++i) closed += IsDecoy(fds[i].fd) ? 1 : 0;
  if (closed == 0) return 0;
  OnDecoy(call, agent.decoy);
  for (nfds_t i = 0; i < count; ++i) fds[i].revents = fds[i].fd == agent.decoy ? POLLNVAL : 0;
  return closed;
}

template <typename Invoke>
int Poll(Call call, pollfd* fds, nfds_t count, uint64_t timeout, Invoke invoke) {
  if (!Recording() || agent.top < 0) return invoke(kWhole);
  if (agent.decoy >= 0 && fds != nullptr) {
    if (const int closed = PollDecoy(call, fds, count); closed > 0) return closed;
  }
  Chosen chosen(call);
  if (fds != nullptr) {
    for (nfds_t i = 0; i < count; ++i) chosen.Consider(fds[i].fd);
  }
  return chosen.Wait(count, timeout, invoke, [=](int fd) {
    int reported = 0;
    for (nfds_t i = 0; i < count; ++i) reported |= fds[i].fd == fd ? fds[i].revents : 0;
    return reported;
  });
}

template <typename Invoke>
int Select(Call call, int count, const fd_set* reading, const fd_set* writing, uint64_t timeout, Invoke invoke) {
  if (!Recording() || agent.top < 0) return invoke(kWhole);
  Chosen chosen(call);
  for (int fd = 0; fd < count && fd <= agent.top; ++fd) {
    const bool reads = reading != nullptr && FD_ISSET(fd, reading);
    const bool writes = writing != nullptr && FD_ISSET(fd, writing);
    if (reads || writes) chosen.Consider(fd);
  }
  return chosen.Wait(static_cast<uint64_t>(count), timeout, invoke, [=](int fd) {
    const bool readable = reading != nullptr && FD_ISSET(fd, reading);
    const bool writable = writing != nullptr && FD_ISSET(fd, writing);
    return (readable ? POLLIN : 0) | (writable ? POLLOUT : 0);
  });
}

template <typename Invoke>
int EpollWait(Call call, int epoll, int count, uint64_t timeout, Invoke invoke) {
  if (!Recording() || agent.top < 0) return invoke(kWhole);
  any_epoll.armed = AllFaults(*agent.plan);
  const bool may_fire =
      timeout != 0 && Due(*agent.plan, any_epoll, call) != 0 && !PassesQuietly(any_epoll, waited, call);
  Event& event = Begin(call, epoll, 0, 0, static_cast<uint64_t>(count), timeout);
  if (LASTACK_LIKELY(!may_fire)) return End(event, invoke(kWhole));
  return static_cast<int>(Inject(call, any_epoll, waited, event, 0, Invocation(invoke)));
}

uint64_t Milliseconds(const timespec* timeout) {
  if (timeout == nullptr) return ~uint64_t{0};
  return static_cast<uint64_t>(timeout->tv_sec) * 1000 +
         (static_cast<uint64_t>(timeout->tv_nsec) + 999'999) / 1'000'000;  // 0 only for no time
}

}  // namespace

int wrap::poll(pollfd* fds, nfds_t count, int timeout_ms) {
  return Poll(Call::poll, fds, count, static_cast<uint64_t>(timeout_ms),
              [=](size_t) { return real.poll(fds, count, timeout_ms); });
}

int wrap::ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask) {
  return Poll(Call::ppoll, fds, count, Milliseconds(timeout),
              [=](size_t) { return real.ppoll(fds, count, timeout, mask); });
}

int wrap::select(int count, fd_set* reading, fd_set* writing, fd_set* exceptional, timeval* timeout) {
  const timespec time = timeout == nullptr ? timespec{} : timespec{timeout->tv_sec, timeout->tv_usec * 1000};
  return Select(Call::select, count, reading, writing, Milliseconds(timeout == nullptr ? nullptr : &time),
                [=](size_t) { return real.select(count, reading, writing, exceptional, timeout); });
}

int wrap::pselect(int count, fd_set* reading, fd_set* writing, fd_set* exceptional, const timespec* timeout,
                  const sigset_t* mask) {
  return Select(Call::pselect, count, reading, writing, Milliseconds(timeout),
                [=](size_t) { return real.pselect(count, reading, writing, exceptional, timeout, mask); });
}

int wrap::epoll_create(int size) {
  if (!Recording()) return real.epoll_create(size);
  return End(Begin(Call::epoll_create, -1, 0, 0, 0, 0), real.epoll_create(size));
}

int wrap::epoll_create1(int flags) {
  if (!Recording()) return real.epoll_create1(flags);
  return End(Begin(Call::epoll_create1, -1, 0, 0, static_cast<uint64_t>(flags), 0), real.epoll_create1(flags));
}

int wrap::epoll_ctl(int epoll, int operation, int fd, epoll_event* event) {
  SocketState* socket = Track(fd);
  const auto invoke = [=](size_t) { return real.epoll_ctl(epoll, operation, fd, event); };
  if (socket == nullptr) return IsDecoy(fd) ? static_cast<int>(OnDecoy(Call::epoll_ctl, fd)) : invoke(kWhole);
  const auto a = static_cast<uint64_t>(operation);
  const auto b = static_cast<uint64_t>(epoll);
  return OnSocket<int>(Call::epoll_ctl, fd, *socket, a, b, 0, invoke);
}

int wrap::epoll_wait(int epoll, epoll_event* events, int count, int timeout_ms) {
  return EpollWait(Call::epoll_wait, epoll, count, static_cast<uint64_t>(timeout_ms),
                   [=](size_t) { return real.epoll_wait(epoll, events, count, timeout_ms); });
}

int wrap::epoll_pwait(int epoll, epoll_event* events, int count, int timeout_ms, const sigset_t* mask) {
  return EpollWait(Call::epoll_pwait, epoll, count, static_cast<uint64_t>(timeout_ms),
                   [=](size_t) { return real.epoll_pwait(epoll, events, count, timeout_ms, mask); });
}

int wrap::epoll_pwait2(int epoll, epoll_event* events, int count, const timespec* timeout, const sigset_t* mask) {
  return EpollWait(Call::epoll_pwait2, epoll, count, Milliseconds(timeout),
                   [=](size_t) { return real.epoll_pwait2(epoll, events, count, timeout, mask); });
}

}  // namespace lastack
