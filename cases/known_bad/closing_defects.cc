// Clients that close wrongly. Most are the reference client over a KernelSys of which one call is wrong.
#include <errno.h>
#include <poll.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cases/known_bad/defects.h"
#include "cases/known_bad/fetch_by.h"
#include "cases/known_bad/shared_defects.h"
#include "cases/reference/fetch.h"
#include "harness/sys/kernel_sys.h"

namespace lastack {
namespace {

class FirstCloseForgotten : public KernelSys {
 public:
  SysResult close(int fd) override {
    if (forgotten_) return KernelSys::close(fd);
    forgotten_ = true;
    return {0, 0};
  }

 private:
  bool forgotten_ = false;
};

class NeverClosing : public KernelSys {
 public:
  SysResult close(int) override { return {0, 0}; }
};

class LeakingIntoPrograms : public KernelSys {
 public:
  SysResult socket(int domain, int type, int protocol) override {
    return KernelSys::socket(domain, type & ~SOCK_CLOEXEC, protocol);
  }
  SysResult send(int fd, const void* data, size_t length, int flags) override {
    const SysResult sent = KernelSys::send(fd, data, length, flags);
    if (!started_) Start();
    return sent;
  }

 private:
  void Start() {
    char name[] = "true";
    char* argv[] = {name, nullptr};
    pid_t child = 0;
    started_ = true;
    if (posix_spawnp(&child, name, nullptr, nullptr, argv, environ) == 0) waitpid(child, nullptr, 0);
  }

  bool started_ = false;
};

// Right on the path that is always run, wrong on the one for errors.
class CloseRetryingAfterReset : public CloseRetrying {
 public:
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    const SysResult received = CloseRetrying::recv(fd, data, length, flags);
    if (received.error == ECONNRESET) reset_ = fd;
    return received;
  }
  SysResult close(int fd) override {
    if (fd != reset_) return SysDecorator::close(fd);
    reset_ = -1;
    return CloseRetrying::close(fd);
  }

 private:
  int reset_ = -1;
};

class CloseRetryingOnError : public KernelSys {
 public:
  SysResult close(int fd) override {
    const SysResult closed = KernelSys::close(fd);
    const bool retried = !closed.ok() && closed.error != EINTR && closed.error != ECONNRESET;
    return retried ? KernelSys::close(fd) : closed;
  }
};

class CloseErrorIgnoring : public KernelSys {
 public:
  SysResult close(int fd) override {
    (void)KernelSys::close(fd);
    return {0, 0};
  }
};

template <int kError>
class DyingOfClose : public KernelSys {
 public:
  SysResult close(int fd) override {
    const SysResult closed = KernelSys::close(fd);
    if (closed.error == kError) abort();
    return closed;
  }
};

// Forgets to close a socket once a call on it has failed.
class LeakingAfter : public KernelSys {
 public:
  SysResult close(int fd) override { return fd == failed_ ? SysResult{0, 0} : KernelSys::close(fd); }

 protected:
  SysResult Noted(int fd, const SysResult& result) {
    const bool failed = !result.ok() && result.error != EINTR && result.error != EAGAIN;
    if (failed) failed_ = fd;
    return result;
  }

 private:
  int failed_ = -1;
};

class LeakingAfterSetup : public LeakingAfter {
 public:
  SysResult setsockopt(int fd, int level, int option, const void* value, socklen_t length) override {
    return Noted(fd, KernelSys::setsockopt(fd, level, option, value, length));
  }
};

class LeakingAfterSend : public LeakingAfter {
 public:
  SysResult send(int fd, const void* data, size_t length, int flags) override {
    return Noted(fd, KernelSys::send(fd, data, length, flags));
  }
};

class LeakingAfterReceive : public LeakingAfter {
 public:
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    return Noted(fd, KernelSys::recv(fd, data, length, flags));
  }
};

class LeakingAfterShutdown : public LeakingAfter {
 public:
  SysResult shutdown(int fd, int how) override {
    const SysResult result = KernelSys::shutdown(fd, how);
    return result.error == ENOTCONN ? result : Noted(fd, result);
  }
};

// Reads an answer that has begun before it finishes, and none that begins after that.
class DeafAfterFinish : public KernelSys {
 public:
  SysResult shutdown(int fd, int how) override {
    pollfd socket = {fd, POLLIN, 0};
    deaf_ = KernelSys::poll(&socket, 1, kWaitMs).value == 0;
    return KernelSys::shutdown(fd, how);
  }
  SysResult poll(pollfd* fds, nfds_t count, int timeout_ms) override {
    if (!deaf_) return KernelSys::poll(fds, count, timeout_ms);
    fds[0].revents = POLLIN;
    return {1, 0};
  }
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    return deaf_ ? SysResult{0, 0} : KernelSys::recv(fd, data, length, flags);
  }

 private:
  static constexpr int kWaitMs = 1000;
  bool deaf_ = false;
};

class GivingUpOnShutdownEintr : public KernelSys {
 public:
  SysResult shutdown(int fd, int how) override {
    const SysResult result = KernelSys::shutdown(fd, how);
    return result.error == EINTR ? SysResult{-1, EIO} : result;
  }
};

class DyingOfNotConnected : public KernelSys {
 public:
  SysResult shutdown(int fd, int how) override {
    const SysResult result = KernelSys::shutdown(fd, how);
    // After an interrupted one the connection may rightly be over.
    if (result.error == ENOTCONN && !interrupted_) abort();
    interrupted_ = result.error == EINTR;
    return result;
  }

 private:
  bool interrupted_ = false;
};

// As a program does that reads by one descriptor and writes by the other.
class ShuttingDownBetween : public KernelSys {
 public:
  SysResult close(int fd) override {
    pollfd connection = {fd, 0, 0};
    const SysResult looked = KernelSys::poll(&connection, 1, 0);
    if (!looked.ok() || connection.revents != 0) return KernelSys::close(fd);  // it is over, or never was
    const int writer = static_cast<int>(KernelSys::dup(fd).value);
    const SysResult closed = KernelSys::close(fd);
    if (KernelSys::shutdown(writer, SHUT_WR).error == ENOTCONN) abort();
    (void)KernelSys::close(writer);
    return closed;
  }
};

class DoubleClosing : public KernelSys {
 public:
  SysResult close(int fd) override {
    const SysResult closed = KernelSys::close(fd);
    (void)KernelSys::close(fd);
    return closed;
  }
};

// Right with the first descriptor of a socket, wrong with the last.
class ClosingCopiesTwice : public KernelSys {
 public:
  SysResult close(int fd) override {
    const SysResult copy = KernelSys::fcntl(fd, F_DUPFD_CLOEXEC, 0);
    const SysResult closed = KernelSys::close(fd);
    if (!copy.ok()) return closed;
    (void)KernelSys::close(static_cast<int>(copy.value));
    (void)KernelSys::close(static_cast<int>(copy.value));
    return closed;
  }
};

class SendingAfterClose : public KernelSys {
 public:
  SysResult close(int fd) override {
    const SysResult closed = KernelSys::close(fd);
    (void)KernelSys::send(fd, "late", 4, MSG_NOSIGNAL);
    return closed;
  }
};

// Knows the number that was closed last.
class CloseNoting : public KernelSys {
 public:
  SysResult close(int fd) override {
    closed_ = fd;
    return KernelSys::close(fd);
  }
  int closed() const { return closed_; }

 private:
  int closed_ = -1;
};

// Right in an ordinary exchange; `wrong` is done with the number of a socket, which has been closed, where it was none.
int FetchAllAndUponError(const Arguments& arguments, void (*wrong)(int fd)) {
  int status = 0;
  for (const std::string& url : arguments.urls) {
    CloseNoting sys;
    Target target;
    if (!MakeTarget(url, target)) return 1;
    Exchange exchange(sys, arguments.options);
    const bool connected = exchange.Connect(target.servers);
    if (connected && exchange.Send(target.request)) exchange.Receive();
    const bool failed = !exchange.errors().empty();
    if (connected) exchange.Close();
    if (failed) wrong(sys.closed());
    status |= Print(target, exchange) ? 0 : 1;
  }
  return status;
}

// A program without other sockets never notices.
class ClosingHighest : public KernelSys {
 public:
  SysResult close(int fd) override {
    for (int number = kHighest; number > fd; --number) {
      struct stat file {};
      if (fstat(number, &file) == 0 && S_ISSOCK(file.st_mode)) return KernelSys::close(number);
    }
    return KernelSys::close(fd);
  }

 private:
  static constexpr int kHighest = 255;
};

class Truncating : public KernelSys {
 public:
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    const SysResult received = KernelSys::recv(fd, data, length, flags);
    const bool go_on = received.ok() || received.error == EINTR || received.error == EAGAIN;
    return go_on ? received : SysResult{0, 0};
  }
};

}  // namespace

int None(const Arguments& arguments) { return FetchAllBy<KernelSys>(arguments); }
int LeftToExit(const Arguments& arguments) { return FetchAllBy<NeverClosing>(arguments); }
int RetriesCloseOnEintr(const Arguments& arguments) { return FetchAllBy<CloseRetrying>(arguments); }
int RetriesCloseOnEintrAfterReset(const Arguments& arguments) { return FetchAllBy<CloseRetryingAfterReset>(arguments); }
int RetriesCloseOnError(const Arguments& arguments) { return FetchAllBy<CloseRetryingOnError>(arguments); }
int IgnoresCloseError(const Arguments& arguments) { return FetchAllBy<CloseErrorIgnoring>(arguments); }
int StopsClosingOnError(const Arguments& arguments) {
  Arguments twice = arguments;
  twice.urls = {arguments.urls.front(), arguments.urls.front()};
  return AndOnceMore(arguments, FetchAllBy<CloseStopping>(twice));
}
int DiesOnCloseEintr(const Arguments& arguments) { return FetchAllBy<DyingOfClose<EINTR>>(arguments); }
int DiesOnCloseReset(const Arguments& arguments) { return FetchAllBy<DyingOfClose<ECONNRESET>>(arguments); }
int StopsReadingAfterFinish(const Arguments& arguments) { return FetchAllHalfClosingBy<DeafAfterFinish>(arguments); }
int GivesUpOnShutdownEintr(const Arguments& arguments) {
  return FetchAllHalfClosingBy<GivingUpOnShutdownEintr>(arguments);
}
int DiesOnShutdownEnotconn(const Arguments& arguments) { return FetchAllHalfClosingBy<DyingOfNotConnected>(arguments); }
int ShutsDownBetweenCloses(const Arguments& arguments) { return FetchAllBy<ShuttingDownBetween>(arguments); }
int LeaksIntoPrograms(const Arguments& arguments) { return FetchAllBy<LeakingIntoPrograms>(arguments); }
int DoubleCloses(const Arguments& arguments) { return FetchAllBy<DoubleClosing>(arguments); }
int ClosesCopiesTwice(const Arguments& arguments) { return FetchAllBy<ClosingCopiesTwice>(arguments); }
int UsesAfterClose(const Arguments& arguments) { return FetchAllBy<SendingAfterClose>(arguments); }
int ClosesTwiceAfterError(const Arguments& arguments) {
  return FetchAllAndUponError(arguments, [](int fd) { (void)KernelSys::Instance().close(fd); });
}
int UsesAfterCloseOnError(const Arguments& arguments) {
  return FetchAllAndUponError(arguments, [](int fd) { (void)KernelSys::Instance().send(fd, "late", 4, MSG_NOSIGNAL); });
}
int ClosesHighestSocket(const Arguments& arguments) { return FetchAllBy<ClosingHighest>(arguments); }
int ReportsCleanupError(const Arguments& arguments) { return FetchAllBy<CleaningUpFirst>(arguments); }
int AbortsWithLinger(const Arguments& arguments) { return FetchAllBy<Aborting>(arguments); }
int TruncatesSilently(const Arguments& arguments) { return FetchAllBy<Truncating>(arguments); }

int ForgetsClose(const Arguments& arguments) {
  return AndOnceMore(arguments, FetchAllBy<FirstCloseForgotten>(arguments));
}
int OnlyShutsDown(const Arguments& arguments) {
  return AndOnceMore(arguments, FetchAllHalfClosingBy<FirstCloseForgotten>(arguments));
}
int LeaksOnSetupError(const Arguments& arguments) {
  return AndOnceMore(arguments, FetchAllBy<LeakingAfterSetup>(arguments));
}
int LeaksOnSendError(const Arguments& arguments) {
  return AndOnceMore(arguments, FetchAllBy<LeakingAfterSend>(arguments));
}
int LeaksOnReset(const Arguments& arguments) {
  return AndOnceMore(arguments, FetchAllBy<LeakingAfterReceive>(arguments));
}
int LeaksOnShutdownError(const Arguments& arguments) {
  return AndOnceMore(arguments, FetchAllHalfClosingBy<LeakingAfterShutdown>(arguments));
}

int LeaksAfterTruncation(const Arguments& arguments) {
  Target target;
  if (!MakeTarget(arguments.urls.front(), target)) return 1;
  Exchange exchange(KernelSys::Instance(), arguments.options);
  const bool connected = exchange.Connect(target.servers);
  if (connected && exchange.Send(target.request)) exchange.Receive();
  if (connected && !EndedEarly(exchange)) exchange.Close();
  return AndOnceMore(arguments, Print(target, exchange) ? 0 : 1);
}

int ReceivesInChild(const Arguments& arguments) {
  SysApi& sys = KernelSys::Instance();
  Target target;
  if (!MakeTarget(arguments.urls.front(), target)) return 1;
  Exchange exchange(sys, arguments.options);
  if (!exchange.Connect(target.servers)) return Print(target, exchange) ? 0 : 1;
  const bool sent = exchange.Send(target.request);

  const pid_t child = fork();
  if (child == 0) {
    if (sent) exchange.Receive();
    exchange.Close();
    _exit(Print(target, exchange) ? 0 : 1);
  }
  int status = 1;
  waitpid(child, &status, 0);
  return FetchAll(sys, arguments.urls, arguments.options) | (status == 0 ? 0 : 1);
}

}  // namespace lastack
