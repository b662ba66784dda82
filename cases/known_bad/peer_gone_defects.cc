// Clients that take a peer that is gone, or an interruption, wrongly.
#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "cases/known_bad/defects.h"
#include "cases/known_bad/fetch_by.h"
#include "cases/known_bad/shared_defects.h"

namespace lastack {
namespace {

// EINTR becomes an error like any other.
SysResult TakenForFailure(const SysResult& result) { return result.error == EINTR ? SysResult{-1, EIO} : result; }

class FailingOnSendEintr : public KernelSys {
 public:
  SysResult send(int fd, const void* data, size_t length, int flags) override {
    return TakenForFailure(KernelSys::send(fd, data, length, flags));
  }
};

class FailingOnRecvEintr : public KernelSys {
 public:
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    return TakenForFailure(KernelSys::recv(fd, data, length, flags));
  }
};

class FailingOnConnectEintr : public KernelSys {
 public:
  SysResult connect(int fd, const sockaddr* address, socklen_t length) override {
    return TakenForFailure(KernelSys::connect(fd, address, length));
  }
};

class FailingOnPollEintr : public KernelSys {
 public:
  SysResult poll(pollfd* fds, nfds_t count, int timeout_ms) override {
    return TakenForFailure(KernelSys::poll(fds, count, timeout_ms));
  }
};

// Receives an answer in several pieces.
class ReceivingPieces : public KernelSys {
 public:
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    return KernelSys::recv(fd, data, std::min<size_t>(length, 1000), flags);
  }
};

// Copes with an interruption only where it waits for the first time, as many do where they connect.
class FailingOnLaterPollEintr : public ReceivingPieces {
 public:
  SysResult poll(pollfd* fds, nfds_t count, int timeout_ms) override {
    const SysResult ready = KernelSys::poll(fds, count, timeout_ms);
    const SysResult seen = later_ ? TakenForFailure(ready) : ready;
    later_ |= ready.ok();
    return seen;
  }

 private:
  bool later_ = false;
};

class FailingOnLaterRecvEintr : public ReceivingPieces {
 public:
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    const SysResult received = ReceivingPieces::recv(fd, data, length, flags);
    const SysResult seen = later_ ? TakenForFailure(received) : received;
    later_ |= received.ok();
    return seen;
  }

 private:
  bool later_ = false;
};

// Waits by epoll.
class FailingOnEpollEintr : public KernelSys {
 public:
  SysResult poll(pollfd* fds, nfds_t, int timeout_ms) override {
    const int epoll = static_cast<int>(KernelSys::epoll_create1(EPOLL_CLOEXEC).value);
    epoll_event event = {.events = static_cast<uint32_t>(fds[0].events), .data = {}};
    (void)KernelSys::epoll_ctl(epoll, EPOLL_CTL_ADD, fds[0].fd, &event);
    const SysResult ready = KernelSys::epoll_wait(epoll, &event, 1, timeout_ms);
    (void)KernelSys::close(epoll);
    fds[0].revents = ready.value > 0 ? fds[0].events : static_cast<short>(0);
    return TakenForFailure(ready);
  }
};

class DroppingRest : public KernelSys {
 public:
  SysResult send(int fd, const void* data, size_t length, int flags) override {
    const SysResult sent = KernelSys::send(fd, data, length, flags);
    return sent.ok() ? SysResult{static_cast<ssize_t>(length), 0} : sent;
  }
};

class ContentWithOneByte : public KernelSys {
 public:
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    if (content_) return {0, 0};
    const SysResult received = KernelSys::recv(fd, data, length, flags);
    content_ = received.value == 1;
    return received;
  }

 private:
  bool content_ = false;
};

// Knows whether something was sent that was not all.
class Progressing : public KernelSys {
 public:
  SysResult send(int fd, const void* data, size_t length, int flags) override {
    const SysResult sent = KernelSys::send(fd, data, length, flags);
    if (sent.ok()) progressed_ = static_cast<size_t>(sent.value) < length;
    return sent;
  }
  bool progressed() const { return progressed_; }

 private:
  bool progressed_ = false;
};

class WithoutNosignal : public KernelSys {
 public:
  SysResult send(int fd, const void* data, size_t length, int flags) override {
    return KernelSys::send(fd, data, length, flags & ~MSG_NOSIGNAL);
  }
};

class SpinningOnReset : public KernelSys {
 public:
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    const SysResult received = KernelSys::recv(fd, data, length, flags);
    for (int i = 0; received.error == ECONNRESET && i < kTimes; ++i) (void)KernelSys::recv(fd, data, length, flags);
    return received;
  }

 private:
  static constexpr int kTimes = 200;
};

// What was not closed is closed after all where no attempt wins.
class LosingAttemptKept : public KernelSys {
 public:
  ~LosingAttemptKept() override {
    if (kept_ >= 0) (void)KernelSys::close(kept_);
  }
  SysResult connect(int fd, const sockaddr* address, socklen_t length) override {
    const SysResult connected = KernelSys::connect(fd, address, length);
    const bool failed = !connected.ok() && connected.error != EINTR && connected.error != EINPROGRESS;
    if (failed) failed_ = fd;
    if (connected.ok()) kept_ = -1;
    return connected;
  }
  SysResult close(int fd) override {
    if (fd != failed_) return KernelSys::close(fd);
    kept_ = std::exchange(failed_, -1);
    return {0, 0};
  }

 private:
  int failed_ = -1;
  int kept_ = -1;
};

class LeakingAfterRefusal : public KernelSys {
 public:
  SysResult connect(int fd, const sockaddr* address, socklen_t length) override {
    const SysResult connected = KernelSys::connect(fd, address, length);
    const bool failed = !connected.ok() && connected.error != EINTR && connected.error != EINPROGRESS;
    if (failed) refused_ = fd;
    return connected;
  }
  SysResult close(int fd) override { return fd == refused_ ? SysResult{0, 0} : KernelSys::close(fd); }

 private:
  int refused_ = -1;
};

}  // namespace

int FailsOnSendEintr(const Arguments& arguments) { return FetchAllBy<FailingOnSendEintr>(arguments); }
int FailsOnRecvEintr(const Arguments& arguments) { return FetchAllBy<FailingOnRecvEintr>(arguments); }
int FailsOnConnectEintr(const Arguments& arguments) { return FetchAllBy<FailingOnConnectEintr>(arguments); }
int FailsOnPollEintr(const Arguments& arguments) { return FetchAllBy<FailingOnPollEintr>(arguments); }
int FailsOnLaterPollEintr(const Arguments& arguments) { return FetchAllBy<FailingOnLaterPollEintr>(arguments); }
int FailsOnLaterRecvEintr(const Arguments& arguments) { return FetchAllBy<FailingOnLaterRecvEintr>(arguments); }
int FailsOnEpollEintr(const Arguments& arguments) { return FetchAllBy<FailingOnEpollEintr>(arguments); }
int DropsRestOfShortSend(const Arguments& arguments) { return FetchAllBy<DroppingRest>(arguments); }
int TakesOneByteForAll(const Arguments& arguments) { return FetchAllBy<ContentWithOneByte>(arguments); }
int SpinsOnReset(const Arguments& arguments) { return FetchAllBy<SpinningOnReset>(arguments); }
int SpinsOnResetInDrain(const Arguments& arguments) { return FetchAllHalfClosingBy<SpinningOnReset>(arguments); }
int SpinsAtEnd(const Arguments& arguments) { return FetchAllBy<SpinningAtEnd>(arguments); }
int LeaksLosingAttempt(const Arguments& arguments) {
  return AndOnceMore(arguments, FetchAllBy<LosingAttemptKept>(arguments));
}
int LeaksOnRefusal(const Arguments& arguments) {
  return AndOnceMore(arguments, FetchAllBy<LeakingAfterRefusal>(arguments));
}

int IgnoresRefusal(const Arguments& arguments) {
  Target target;
  if (!MakeTarget(arguments.urls.front(), target)) return 1;
  Exchange exchange(KernelSys::Instance(), arguments.options);
  if (!exchange.Connect(target.servers)) return 0;
  if (exchange.Send(target.request)) exchange.Receive();
  exchange.Close();
  return Print(target, exchange) ? 0 : 1;
}

int SwallowsSendError(const Arguments& arguments) {
  Target target;
  if (!MakeTarget(arguments.urls.front(), target)) return 1;
  Exchange exchange(KernelSys::Instance(), arguments.options);
  if (!exchange.Connect(target.servers)) return Print(target, exchange) ? 0 : 1;
  const bool sent = exchange.Send(target.request);
  if (sent) exchange.Receive();
  exchange.Close();
  return !sent || Print(target, exchange) ? 0 : 1;
}

int TakesProgressForSuccess(const Arguments& arguments) {
  Progressing sys;
  Target target;
  if (!MakeTarget(arguments.urls.front(), target)) return 1;
  Exchange exchange(sys, arguments.options);
  if (!exchange.Connect(target.servers)) return Print(target, exchange) ? 0 : 1;
  const bool sent = exchange.Send(target.request);
  if (sent) exchange.Receive();
  exchange.Close();
  return (!sent && sys.progressed()) || Print(target, exchange) ? 0 : 1;
}

int AcceptsTruncation(const Arguments& arguments) {
  Target target;
  if (!MakeTarget(arguments.urls.front(), target)) return 1;
  Exchange exchange(KernelSys::Instance(), arguments.options);
  exchange.Run(target.servers, target.request);
  if (!EndedEarly(exchange)) return Print(target, exchange) ? 0 : 1;
  (void)KernelSys::Instance().write(STDOUT_FILENO, exchange.body().data(), exchange.body().size());
  return 0;
}

int TakesSilenceForEnd(const Arguments& arguments) {
  ExchangeOptions options = arguments.options;
  options.patience_ms = 300;
  Target target;
  if (!MakeTarget(arguments.urls.front(), target)) return 1;
  Exchange exchange(KernelSys::Instance(), options);
  exchange.Run(target.servers, target.request);
  const auto& errors = exchange.errors();
  const bool silent = !errors.empty() && errors.front().rfind("recv: ETIMEDOUT", 0) == 0;
  if (!silent) return Print(target, exchange) ? 0 : 1;
  (void)KernelSys::Instance().write(STDOUT_FILENO, exchange.body().data(), exchange.body().size());
  return 0;
}

int DiesOfSigpipe(const Arguments& arguments) {
  WithoutNosignal sys;
  Target target;
  if (!MakeTarget(arguments.urls.front(), target)) return 1;
  Exchange exchange(sys, arguments.options);
  if (!exchange.Connect(target.servers)) return Print(target, exchange) ? 0 : 1;
  Exchange other(KernelSys::Instance(), arguments.options);
  const bool connected = other.Connect(target.servers);
  if (exchange.Send(target.request)) exchange.Receive();
  exchange.Close();
  if (connected) other.Close();
  return Print(target, exchange) ? 0 : 1;
}

}  // namespace lastack
