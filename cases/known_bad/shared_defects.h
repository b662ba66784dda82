// Wrong system calls that more than one of the known-bad subjects makes.
#ifndef LASTACK_CASES_KNOWN_BAD_SHARED_DEFECTS_H_
#define LASTACK_CASES_KNOWN_BAD_SHARED_DEFECTS_H_

#include <errno.h>
#include <sys/socket.h>

#include "harness/sys/sys_decorator.h"

namespace lastack {

// Closes where send or connect fails, and reports what that close reports, if it fails, too.
class CleaningUpFirst : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult connect(int fd, const sockaddr* address, socklen_t length) override {
    return CleanedUp(fd, SysDecorator::connect(fd, address, length));
  }
  SysResult send(int fd, const void* data, size_t length, int flags) override {
    return CleanedUp(fd, SysDecorator::send(fd, data, length, flags));
  }
  SysResult close(int fd) override {
    if (fd != cleaned_) return SysDecorator::close(fd);
    cleaned_ = -1;
    return {0, 0};
  }

 private:
  SysResult CleanedUp(int fd, const SysResult& result) {
    const bool fatal = !result.ok() && result.error != EINTR && result.error != EAGAIN && result.error != EINPROGRESS;
    if (!fatal) return result;
    const SysResult closed = SysDecorator::close(fd);
    cleaned_ = fd;
    return closed.ok() ? result : closed;
  }

  int cleaned_ = -1;
};

// Never closes again once a close has reported EIO.
class CloseStopping : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult close(int fd) override {
    if (stopped_) return {0, 0};
    const SysResult closed = SysDecorator::close(fd);
    stopped_ = closed.error == EIO;
    return closed;
  }

 private:
  bool stopped_ = false;
};

class Aborting : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult close(int fd) override {
    const linger abort = {.l_onoff = 1, .l_linger = 0};
    (void)SysDecorator::setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
    return SysDecorator::close(fd);
  }
};

// Asks again and again at the end of what is received.
class SpinningAtEnd : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    const SysResult received = SysDecorator::recv(fd, data, length, flags);
    const bool ended = received.ok() && received.value == 0 && length > 0;
    for (int i = 0; ended && i < kTimes; ++i) (void)SysDecorator::recv(fd, data, length, flags);
    return received;
  }

 private:
  static constexpr int kTimes = 200;
};

// Until it is not interrupted.
class CloseRetrying : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult close(int fd) override {
    SysResult closed = SysDecorator::close(fd);
    while (closed.error == EINTR) closed = SysDecorator::close(fd);
    return closed;
  }
};

}  // namespace lastack

#endif  // LASTACK_CASES_KNOWN_BAD_SHARED_DEFECTS_H_
