// Clients that close wrongly. Most are the reference client over a KernelSys of which one call is wrong.
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cases/known_bad/defects.h"
#include "cases/reference/fetch.h"
#include "harness/sys/kernel_sys.h"

namespace lastack {
namespace {

template <typename WrongSys>
int FetchAllBy(const Arguments& arguments) {
  WrongSys sys;
  return FetchAll(sys, arguments.urls, arguments.options);
}

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

class CloseRetrying : public KernelSys {
 public:
  SysResult close(int fd) override {
    SysResult closed = KernelSys::close(fd);
    while (closed.error == EINTR) closed = KernelSys::close(fd);
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

class SendingAfterClose : public KernelSys {
 public:
  SysResult close(int fd) override {
    const SysResult closed = KernelSys::close(fd);
    (void)KernelSys::send(fd, "late", 4, MSG_NOSIGNAL);
    return closed;
  }
};

class Aborting : public KernelSys {
 public:
  SysResult close(int fd) override {
    const linger abort = {.l_onoff = 1, .l_linger = 0};
    (void)KernelSys::setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
    return KernelSys::close(fd);
  }
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
int DoubleCloses(const Arguments& arguments) { return FetchAllBy<DoubleClosing>(arguments); }
int UsesAfterClose(const Arguments& arguments) { return FetchAllBy<SendingAfterClose>(arguments); }
int AbortsWithLinger(const Arguments& arguments) { return FetchAllBy<Aborting>(arguments); }
int TruncatesSilently(const Arguments& arguments) { return FetchAllBy<Truncating>(arguments); }

// It lives on past its first exchange: otherwise the socket would only be left to exit.
int ForgetsClose(const Arguments& arguments) {
  const int status = FetchAllBy<FirstCloseForgotten>(arguments);
  return FetchAll(KernelSys::Instance(), {arguments.urls.front()}, arguments.options) | status;
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
