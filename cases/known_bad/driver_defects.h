// The wrong system calls of known_bad_driver: each class is one row of driver_defects.inc, over any SysApi.
#ifndef LASTACK_CASES_KNOWN_BAD_DRIVER_DEFECTS_H_
#define LASTACK_CASES_KNOWN_BAD_DRIVER_DEFECTS_H_

#include <errno.h>
#include <signal.h>
#include <string.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <thread>

#include "cases/known_bad/shared_defects.h"
#include "harness/sys/sys_decorator.h"

namespace lastack {

using ReportsCleanupError = CleaningUpFirst;

class NeverCloses : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult close(int) override { return {0, 0}; }
};

class LeaksOnRefusal : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult connect(int fd, const sockaddr* address, socklen_t length) override {
    const SysResult connected = SysDecorator::connect(fd, address, length);
    if (connected.error == ECONNREFUSED) refused_.insert(fd);
    return connected;
  }
  SysResult close(int fd) override { return refused_.count(fd) != 0 ? SysResult{0, 0} : SysDecorator::close(fd); }

 private:
  std::set<int> refused_;
};

// Knows the sockets on which connect or recv has failed.
class ErrorNoting : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult connect(int fd, const sockaddr* address, socklen_t length) override {
    return Noted(fd, SysDecorator::connect(fd, address, length));
  }
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    return Noted(fd, SysDecorator::recv(fd, data, length, flags));
  }

 protected:
  // Once for each.
  bool HadFailed(int fd) { return failed_.erase(fd) != 0; }

 private:
  SysResult Noted(int fd, const SysResult& result) {
    if (result.error == ECONNREFUSED || result.error == ECONNRESET) failed_.insert(fd);
    return result;
  }

  std::set<int> failed_;
};

class ClosesTwiceAfterError : public ErrorNoting {
 public:
  using ErrorNoting::ErrorNoting;
  SysResult close(int fd) override {
    const SysResult closed = SysDecorator::close(fd);
    if (HadFailed(fd)) (void)SysDecorator::close(fd);
    return closed;
  }
};

class UsesAfterCloseOnError : public ErrorNoting {
 public:
  using ErrorNoting::ErrorNoting;
  SysResult close(int fd) override {
    const SysResult closed = SysDecorator::close(fd);
    if (HadFailed(fd)) (void)SysDecorator::send(fd, "late", 4, MSG_NOSIGNAL);
    return closed;
  }
};

class RetriesCloseOnEintr : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult close(int fd) override {
    SysResult closed = SysDecorator::close(fd);
    while (closed.error == EINTR) closed = SysDecorator::close(fd);
    return closed.error == EBADF ? SysResult{0, 0} : closed;
  }
};

class IgnoresCloseError : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult close(int fd) override {
    (void)SysDecorator::close(fd);
    return {0, 0};
  }
};

class FinishDoesNothing : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult shutdown(int, int) override { return {0, 0}; }
};

class DeafAfterFinish : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult shutdown(int fd, int how) override {
    finished_.insert(fd);
    return SysDecorator::shutdown(fd, how);
  }
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    SysResult received = SysDecorator::recv(fd, data, length, flags);
    while (finished_.count(fd) != 0 && received.value > 0) received = SysDecorator::recv(fd, data, length, flags);
    return received;
  }
  SysResult close(int fd) override {
    finished_.erase(fd);
    return SysDecorator::close(fd);
  }

 private:
  std::set<int> finished_;
};

class SwallowsEpipe : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult send(int fd, const void* data, size_t length, int flags) override {
    const SysResult sent = SysDecorator::send(fd, data, length, flags);
    return sent.error == EPIPE ? SysResult{static_cast<ssize_t>(length), 0} : sent;
  }
};

class TakesProgressForSuccess : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult send(int fd, const void* data, size_t length, int flags) override {
    const SysResult sent = SysDecorator::send(fd, data, length, flags);
    content_ = !sent.ok() && sent.error != EINTR && progressed_;
    if (content_) return {static_cast<ssize_t>(length), 0};
    progressed_ = sent.ok() ? static_cast<size_t>(sent.value) < length : progressed_;
    return sent;
  }
  SysResult shutdown(int fd, int how) override {
    const SysResult done = SysDecorator::shutdown(fd, how);
    return content_ ? SysResult{0, 0} : done;
  }

 private:
  bool progressed_ = false;
  bool content_ = false;
};

class SendsWithoutNosignal : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult send(int fd, const void* data, size_t length, int flags) override {
    return SysDecorator::send(fd, data, length, flags & ~MSG_NOSIGNAL);
  }
};

class IgnoresSigpipeForAll : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult connect(int fd, const sockaddr* address, socklen_t length) override {
    signal(SIGPIPE, SIG_IGN);
    return SysDecorator::connect(fd, address, length);
  }
};

class TruncatesSilently : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    const SysResult received = SysDecorator::recv(fd, data, length, flags);
    return received.ok() || received.error == EINTR ? received : SysResult{0, 0};
  }
};

class AbortsWithLinger : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult close(int fd) override {
    const linger abortive = {.l_onoff = 1, .l_linger = 0};
    (void)SysDecorator::setsockopt(fd, SOL_SOCKET, SO_LINGER, &abortive, sizeof(abortive));
    return SysDecorator::close(fd);
  }
};

class AbortSendsFin : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult setsockopt(int fd, int level, int option, const void* value, socklen_t length) override {
    linger given = {.l_onoff = 0, .l_linger = 1};
    if (option == SO_LINGER && length == sizeof(given)) memcpy(&given, value, sizeof(given));
    return given.l_linger == 0 ? SysResult{0, 0} : SysDecorator::setsockopt(fd, level, option, value, length);
  }
};

class TenthCloseForgotten : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult accept4(int fd, sockaddr* address, socklen_t* length, int flags) override {
    const SysResult accepted = SysDecorator::accept4(fd, address, length, flags);
    if (accepted.ok() && ++accepted_ % 10 == 0) forgotten_.insert(static_cast<int>(accepted.value));
    return accepted;
  }
  SysResult close(int fd) override { return forgotten_.count(fd) != 0 ? SysResult{0, 0} : SysDecorator::close(fd); }

 private:
  int accepted_ = 0;
  std::set<int> forgotten_;
};

class ResetForgotten : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult accept4(int fd, sockaddr* address, socklen_t* length, int flags) override {
    const SysResult accepted = SysDecorator::accept4(fd, address, length, flags);
    if (accepted.ok()) accepted_.insert(static_cast<int>(accepted.value));
    return accepted;
  }
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    return Note(fd, SysDecorator::recv(fd, data, length, flags));
  }
  SysResult send(int fd, const void* data, size_t length, int flags) override {
    return Note(fd, SysDecorator::send(fd, data, length, flags));
  }
  SysResult close(int fd) override { return reset_.count(fd) != 0 ? SysResult{0, 0} : SysDecorator::close(fd); }

 private:
  SysResult Note(int fd, SysResult result) {
    const bool is_reset = result.error == ECONNRESET || result.error == EPIPE;
    if (is_reset && accepted_.count(fd) != 0) reset_.insert(fd);
    return result;
  }

  std::set<int> accepted_;
  std::set<int> reset_;
};

class NotReusing : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult setsockopt(int fd, int level, int option, const void* value, socklen_t length) override {
    if (level == SOL_SOCKET && option == SO_REUSEADDR) return {0, 0};
    return SysDecorator::setsockopt(fd, level, option, value, length);
  }
};

class StopsWithoutClose : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult listen(int fd, int backlog) override {
    listeners_.insert(fd);
    return SysDecorator::listen(fd, backlog);
  }
  SysResult close(int fd) override { return listeners_.count(fd) != 0 ? SysResult{0, 0} : SysDecorator::close(fd); }

 private:
  std::set<int> listeners_;
};

class LingersForAMinute : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult setsockopt(int fd, int level, int option, const void* value, socklen_t length) override {
    linger given = {};
    if (option == SO_LINGER && length == sizeof(given)) memcpy(&given, value, sizeof(given));
    if (given.l_linger == 0) return SysDecorator::setsockopt(fd, level, option, value, length);
    given.l_linger = 60;
    return SysDecorator::setsockopt(fd, level, option, &given, sizeof(given));
  }
};

class OnlyEndsSending : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult shutdown(int fd, int how) override { return SysDecorator::shutdown(fd, how == SHUT_RDWR ? SHUT_WR : how); }
};

class OnlyEndsReceiving : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult shutdown(int fd, int how) override { return SysDecorator::shutdown(fd, how == SHUT_RDWR ? SHUT_RD : how); }
};

class DropsBuffered : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult shutdown(int fd, int how) override {
    if (how == SHUT_RD) deaf_.insert(fd);
    return SysDecorator::shutdown(fd, how);
  }
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    return deaf_.count(fd) != 0 ? SysResult{0, 0} : SysDecorator::recv(fd, data, length, flags);
  }
  SysResult close(int fd) override {
    deaf_.erase(fd);
    return SysDecorator::close(fd);
  }

 private:
  std::set<int> deaf_;
};

class LeaksIntoChildren : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult socket(int domain, int type, int protocol) override {
    return SysDecorator::socket(domain, type & ~SOCK_CLOEXEC, protocol);
  }
};

// What is still to be sent goes before anything else on the connection but its close, and after a shutdown all goes at
// once.
class Buffering : public SysDecorator {
 public:
  SysResult send(int fd, const void* data, size_t length, int flags) override {
    const size_t kept = std::min(length, most_kept_);
    SysResult sent = kept < length ? SysDecorator::send(fd, data, length - kept, flags) : SysResult{0, 0};
    if (!sent.ok() || static_cast<size_t>(sent.value) + kept < length) return sent;
    buffer_.append(static_cast<const char*>(data) + length - kept, kept);
    return {static_cast<ssize_t>(length), 0};
  }
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    if (const SysResult flushed = Flush(fd); !flushed.ok()) return flushed;
    return SysDecorator::recv(fd, data, length, flags);
  }
  SysResult shutdown(int fd, int how) override {
    most_kept_ = 0;
    if (const SysResult flushed = Flush(fd); !flushed.ok()) return flushed;
    return SysDecorator::shutdown(fd, how);
  }

 protected:
  Buffering(SysApi& inner, size_t most_kept) : SysDecorator(inner), most_kept_(most_kept) {}

  bool empty() const { return buffer_.empty(); }

  SysResult Flush(int fd) {
    while (!buffer_.empty()) {
      const SysResult sent = SysDecorator::send(fd, buffer_.data(), buffer_.size(), MSG_NOSIGNAL);
      if (!sent.ok()) return sent;
      buffer_.erase(0, static_cast<size_t>(sent.value));
    }
    return {0, 0};
  }

 private:
  size_t most_kept_;
  std::string buffer_;
};

class KeepsRestInBuffer : public Buffering {
 public:
  explicit KeepsRestInBuffer(SysApi& inner) : Buffering(inner, 1000) {}
};

class SendsAfterClose : public Buffering {
 public:
  explicit SendsAfterClose(SysApi& inner) : Buffering(inner, SIZE_MAX) {}
  SysResult close(int fd) override {
    if (empty()) return SysDecorator::close(fd);
    std::thread([this, fd] {
      // No event could stand for it: to be late, whatever happens meanwhile, is the defect.
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      (void)Flush(fd);
      (void)SysDecorator::close(fd);
    }).detach();
    return {0, 0};
  }
};

// Not wrong: on sockets that do not block, and waits by poll.
class WaitsByPoll : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult socket(int domain, int type, int protocol) override {
    return SysDecorator::socket(domain, type | SOCK_NONBLOCK, protocol);
  }
  SysResult accept4(int fd, sockaddr* address, socklen_t* length, int flags) override {
    return Until(fd, POLLIN, [&] { return SysDecorator::accept4(fd, address, length, flags | SOCK_NONBLOCK); });
  }
  SysResult connect(int fd, const sockaddr* address, socklen_t length) override {
    const SysResult connected = SysDecorator::connect(fd, address, length);
    if (connected.error != EINPROGRESS) return connected;
    Await(fd, POLLOUT);
    int error = 0;
    socklen_t size = sizeof(error);
    const SysResult asked = SysDecorator::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (!asked.ok()) return asked;
    return error == 0 ? SysResult{0, 0} : SysResult{-1, error};
  }
  SysResult send(int fd, const void* data, size_t length, int flags) override {
    return Until(fd, POLLOUT, [&] { return SysDecorator::send(fd, data, length, flags); });
  }
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    return Until(fd, POLLIN, [&] { return SysDecorator::recv(fd, data, length, flags); });
  }

 private:
  void Await(int fd, short events) {
    pollfd entry = {fd, events, 0};
    while (SysDecorator::poll(&entry, 1, -1).error == EINTR) {
    }
  }
  template <typename Call>
  SysResult Until(int fd, short events, Call call) {
    SysResult result = call();
    while (result.error == EAGAIN) {
      Await(fd, events);
      result = call();
    }
    return result;
  }
};

}  // namespace lastack

#endif  // LASTACK_CASES_KNOWN_BAD_DRIVER_DEFECTS_H_
