// A server that is wrong in exactly one way, chosen by name: the reference server over a KernelSys of which one call is
// wrong.
//
//   known_bad_server --defect=NAME [--echo] [--bytes=N] HOST PORT
//   known_bad_server --list
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <set>
#include <utility>

#include "cases/known_bad/shared_defects.h"
#include "cases/reference/server_main.h"
#include "harness/sys/kernel_sys.h"

namespace lastack {
namespace {

constexpr int kFatal = 1;

SysResult SetLinger(KernelSys& sys, int fd, int on, int seconds = 0) {
  const linger value = {.l_onoff = on, .l_linger = seconds};
  return sys.KernelSys::setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, sizeof(value));
}

template <int kFirst, int kStep>
class CloseForgotten : public KernelSys {
 public:
  SysResult close(int fd) override {
    const bool forgets = ++closes_ == next_;
    if (!forgets) return KernelSys::close(fd);
    next_ += kStep;
    return {0, 0};
  }

 private:
  int closes_ = 0;
  int next_ = kFirst;
};
using FirstCloseForgotten = CloseForgotten<1, 1'000'000>;
using TenthCloseForgotten = CloseForgotten<10, 10>;
using LaterClosesForgotten = CloseForgotten<41, 1>;

class ResetForgotten : public KernelSys {
 public:
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    const SysResult received = KernelSys::recv(fd, data, length, flags);
    if (received.error == ECONNRESET) reset_.insert(fd);
    return received;
  }
  SysResult close(int fd) override { return reset_.count(fd) != 0 ? SysResult{0, 0} : KernelSys::close(fd); }

 private:
  std::set<int> reset_;
};

// Whether the client's FIN has come, and nothing is left before it.
bool AtEnd(KernelSys& sys, int fd) {
  char next;
  const SysResult behind = sys.KernelSys::recv(fd, &next, 1, MSG_PEEK | MSG_DONTWAIT);
  return behind.ok() && behind.value == 0;
}

class EarlyFinForgotten : public KernelSys {
 public:
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    const SysResult received = KernelSys::recv(fd, data, length, flags);
    if (received.ok() && received.value > 0 && AtEnd(*this, fd)) finished_.insert(fd);
    return received;
  }
  SysResult close(int fd) override { return finished_.count(fd) != 0 ? SysResult{0, 0} : KernelSys::close(fd); }

 private:
  std::set<int> finished_;
};

class AbsentRequestForgotten : public KernelSys {
 public:
  SysResult accept4(int fd, sockaddr* address, socklen_t* length, int flags) override {
    const SysResult accepted = KernelSys::accept4(fd, address, length, flags);
    if (accepted.ok()) silent_.insert(static_cast<int>(accepted.value));
    return accepted;
  }
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    const SysResult received = KernelSys::recv(fd, data, length, flags);
    if (received.ok() && received.value > 0) silent_.erase(fd);
    return received;
  }
  SysResult close(int fd) override { return silent_.count(fd) != 0 ? SysResult{0, 0} : KernelSys::close(fd); }

 private:
  std::set<int> silent_;
};

class ListenerAborting : public KernelSys {
 public:
  SysResult listen(int fd, int backlog) override {
    (void)SetLinger(*this, fd, 1);
    return KernelSys::listen(fd, backlog);
  }
  SysResult accept4(int fd, sockaddr* address, socklen_t* length, int flags) override {
    const SysResult accepted = KernelSys::accept4(fd, address, length, flags);
    if (accepted.ok()) (void)SetLinger(*this, static_cast<int>(accepted.value), 0);
    return accepted;
  }
};

template <int kError>
class AcceptFatal : public KernelSys {
 public:
  SysResult accept4(int fd, sockaddr* address, socklen_t* length, int flags) override {
    const SysResult accepted = KernelSys::accept4(fd, address, length, flags);
    if (accepted.error == kError) _exit(kFatal);
    return accepted;
  }
};
using EmfileFatal = AcceptFatal<EMFILE>;
using AbortFatal = AcceptFatal<ECONNABORTED>;

class MakingRoom : public KernelSys {
 public:
  SysResult accept4(int fd, sockaddr* address, socklen_t* length, int flags) override {
    const SysResult accepted = KernelSys::accept4(fd, address, length, flags);
    if (accepted.error != EMFILE || spare_ < 0) return accepted;
    ::close(spare_);
    const SysResult sent_away = KernelSys::accept4(fd, address, length, flags);
    if (sent_away.ok()) (void)KernelSys::close(static_cast<int>(sent_away.value));
    spare_ = ::dup(STDERR_FILENO);
    return {-1, EAGAIN};
  }

 private:
  int spare_ = ::dup(STDERR_FILENO);
};

class TurningAway : public KernelSys {
 public:
  SysResult accept4(int fd, sockaddr* address, socklen_t* length, int flags) override {
    const SysResult accepted = KernelSys::accept4(fd, address, length, flags);
    turns_away_ = turns_away_ || (!accepted.ok() && accepted.error != EAGAIN);
    if (!turns_away_ || !accepted.ok()) return accepted;
    (void)KernelSys::close(static_cast<int>(accepted.value));
    return {-1, EAGAIN};
  }

 private:
  bool turns_away_ = false;
};

class EmfileSpinning : public KernelSys {
 public:
  SysResult accept4(int fd, sockaddr* address, socklen_t* length, int flags) override {
    SysResult accepted = KernelSys::accept4(fd, address, length, flags);
    while (accepted.error == EMFILE) accepted = KernelSys::accept4(fd, address, length, flags);
    return accepted;
  }
};

// The listener stays readable, and its poll returns at once.
class EmfilePolling : public KernelSys {
 public:
  SysResult accept4(int fd, sockaddr* address, socklen_t* length, int flags) override {
    const SysResult accepted = KernelSys::accept4(fd, address, length, flags);
    return accepted.error == EMFILE ? SysResult{-1, EAGAIN} : accepted;
  }
};

class NotReusing : public KernelSys {
 public:
  SysResult setsockopt(int fd, int level, int option, const void* value, socklen_t length) override {
    if (level == SOL_SOCKET && option == SO_REUSEADDR) return {0, 0};
    return KernelSys::setsockopt(fd, level, option, value, length);
  }
};

class AbortingForRestart : public NotReusing {
 public:
  SysResult shutdown(int, int) override { return {0, 0}; }
  SysResult close(int fd) override {
    (void)SetLinger(*this, fd, 1);
    return KernelSys::close(fd);
  }
};

// Where the stream ends behind what has come, the bytes are forgotten and the connection is given up.
class FinFatal : public KernelSys {
 public:
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    const SysResult received = KernelSys::recv(fd, data, length, flags);
    const bool ended = received.ok() && received.value > 0 && AtEnd(*this, fd);
    return ended ? SysResult{-1, ECONNRESET} : received;
  }
};

class PipeFatal : public KernelSys {
 public:
  SysResult send(int fd, const void* data, size_t length, int flags) override {
    return KernelSys::send(fd, data, length, flags & ~MSG_NOSIGNAL);
  }
};

class DeafAfterAnswer : public KernelSys {
 public:
  SysResult send(int fd, const void* data, size_t length, int flags) override {
    answered_.insert(fd);
    return KernelSys::send(fd, data, length, flags);
  }
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    return answered_.count(fd) != 0 ? SysResult{0, 0} : KernelSys::recv(fd, data, length, flags);
  }
  SysResult close(int fd) override {
    answered_.erase(fd);
    return KernelSys::close(fd);
  }

 private:
  std::set<int> answered_;
};

class DrainingAlone : public KernelSys {
 public:
  SysResult shutdown(int fd, int how) override {
    const SysResult done = KernelSys::shutdown(fd, how);
    pollfd client = {fd, POLLIN, 0};
    while (KernelSys::poll(&client, 1, -1).error == EINTR) {
    }
    return done;
  }
};

class LingeringAtClose : public KernelSys {
 public:
  SysResult close(int fd) override {
    (void)SetLinger(*this, fd, 1, 1);
    return KernelSys::close(fd);
  }
};

class FullQueueFatal : public KernelSys {
 public:
  SysResult send(int fd, const void* data, size_t length, int flags) override {
    const SysResult sent = KernelSys::send(fd, data, length, flags);
    return sent.error == EAGAIN ? SysResult{-1, EPIPE} : sent;
  }
};

class ResetFatal : public KernelSys {
 public:
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    const SysResult received = KernelSys::recv(fd, data, length, flags);
    if (received.error == ECONNRESET) _exit(kFatal);
    return received;
  }
};

// Each connection is served by a child, which ends with it. The child's shutdown sends FIN even where its parent keeps
// a copy: so no client waits.
template <bool kKeepsFirstCopy>
class Forking : public KernelSys {
 public:
  Forking() { signal(SIGCHLD, SIG_IGN); }

  SysResult accept4(int fd, sockaddr* address, socklen_t* length, int flags) override {
    const SysResult accepted = KernelSys::accept4(fd, address, length, flags);
    if (!accepted.ok()) return accepted;
    const pid_t child = fork();
    if (child == 0) {
      is_child_ = true;
      (void)KernelSys::close(fd);
      return accepted;
    }
    const bool keeps = kKeepsFirstCopy && std::exchange(is_first_, false);
    if (!keeps) (void)KernelSys::close(static_cast<int>(accepted.value));
    return {-1, EAGAIN};
  }
  SysResult ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask) override {
    if (is_child_) fds[0].fd = -1;  // the listener
    return KernelSys::ppoll(fds, count, timeout, mask);
  }
  SysResult close(int fd) override {
    const SysResult closed = KernelSys::close(fd);
    if (is_child_) _exit(0);
    return closed;
  }

 private:
  bool is_child_ = false;
  bool is_first_ = true;
};
using ForkingServer = Forking<false>;
using CopyKeepingServer = Forking<true>;

struct Defect {
  const char* name;
  int (*serve)(const ServerOptions&);
  const char* sentence;
};

template <typename WrongSys>
int ServeBy(const ServerOptions& options) {
  WrongSys sys;
  return ServeUntilStopped(sys, options);
}

constexpr Defect kDefects[] = {
#define LASTACK_DEFECT(name, Sys, sentence) {name, ServeBy<Sys>, sentence},
#include "cases/known_bad/server_defects.inc"
};

const Defect* Find(const char* name) {
  for (const Defect& defect : kDefects) {
    if (strcmp(defect.name, name) == 0) return &defect;
  }
  return nullptr;
}

int List() {
  for (const Defect& defect : kDefects) printf("%-28s%s\n", defect.name, defect.sentence);
  return 0;
}

int Main(int argc, char** argv) {
  const option kOptions[] = {{"defect", required_argument, nullptr, 'd'},
                             {"list", no_argument, nullptr, 'l'},
                             {"echo", no_argument, nullptr, 'e'},
                             {"bytes", required_argument, nullptr, 'b'},
                             {nullptr, 0, nullptr, 0}};
  ServerOptions options;
  const Defect* defect = nullptr;
  bool known = true;
  for (int letter; (letter = getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
    if (letter == 'l') return List();
    if (letter == 'd') defect = Find(optarg);
    if (letter == 'e') options.echo = true;
    if (letter == 'b') options.answer_bytes = strtoull(optarg, nullptr, 10);
    known = known && letter != '?';
  }
  if (known && defect != nullptr && argc - optind == 2 && ParseHostAndPort(argv[optind], argv[optind + 1], &options)) {
    return defect->serve(options);
  }
  fprintf(stderr, "usage: %s --defect=NAME [--echo] [--bytes=N] HOST PORT\n       %s --list\n", argv[0], argv[0]);
  return 2;
}

}  // namespace
}  // namespace lastack

int main(int argc, char** argv) { return lastack::Main(argc, argv); }
