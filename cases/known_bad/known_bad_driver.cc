// A driver that is wrong in exactly one way, chosen by name: the reference driver over a KernelSys of which one call is
// wrong.
//
//   known_bad_driver --defect=NAME
//   known_bad_driver --list
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <thread>

#include "cases/drivers/driver_main.h"
#include "cases/drivers/posix_library.h"
#include "cases/known_bad/shared_defects.h"
#include "harness/sys/kernel_sys.h"

namespace lastack {
namespace {

using ReportsCleanupError = CleaningUpFirst;

class NeverCloses : public KernelSys {
 public:
  SysResult close(int) override { return {0, 0}; }
};

class LeaksOnRefusal : public KernelSys {
 public:
  SysResult connect(int fd, const sockaddr* address, socklen_t length) override {
    const SysResult connected = KernelSys::connect(fd, address, length);
    if (connected.error == ECONNREFUSED) refused_.insert(fd);
    return connected;
  }
  SysResult close(int fd) override { return refused_.count(fd) != 0 ? SysResult{0, 0} : KernelSys::close(fd); }

 private:
  std::set<int> refused_;
};

class RetriesCloseOnEintr : public KernelSys {
 public:
  SysResult close(int fd) override {
    SysResult closed = KernelSys::close(fd);
    while (closed.error == EINTR) closed = KernelSys::close(fd);
    return closed.error == EBADF ? SysResult{0, 0} : closed;
  }
};

class IgnoresCloseError : public KernelSys {
 public:
  SysResult close(int fd) override {
    (void)KernelSys::close(fd);
    return {0, 0};
  }
};

class FinishDoesNothing : public KernelSys {
 public:
  SysResult shutdown(int, int) override { return {0, 0}; }
};

class DeafAfterFinish : public KernelSys {
 public:
  SysResult shutdown(int fd, int how) override {
    finished_.insert(fd);
    return KernelSys::shutdown(fd, how);
  }
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    SysResult received = KernelSys::recv(fd, data, length, flags);
    while (finished_.count(fd) != 0 && received.value > 0) received = KernelSys::recv(fd, data, length, flags);
    return received;
  }
  SysResult close(int fd) override {
    finished_.erase(fd);
    return KernelSys::close(fd);
  }

 private:
  std::set<int> finished_;
};

class SwallowsEpipe : public KernelSys {
 public:
  SysResult send(int fd, const void* data, size_t length, int flags) override {
    const SysResult sent = KernelSys::send(fd, data, length, flags);
    return sent.error == EPIPE ? SysResult{static_cast<ssize_t>(length), 0} : sent;
  }
};

class TakesProgressForSuccess : public KernelSys {
 public:
  SysResult send(int fd, const void* data, size_t length, int flags) override {
    const SysResult sent = KernelSys::send(fd, data, length, flags);
    content_ = !sent.ok() && sent.error != EINTR && progressed_;
    if (content_) return {static_cast<ssize_t>(length), 0};
    progressed_ = sent.ok() ? static_cast<size_t>(sent.value) < length : progressed_;
    return sent;
  }
  SysResult shutdown(int fd, int how) override {
    const SysResult done = KernelSys::shutdown(fd, how);
    return content_ ? SysResult{0, 0} : done;
  }

 private:
  bool progressed_ = false;
  bool content_ = false;
};

class SendsWithoutNosignal : public KernelSys {
 public:
  SysResult send(int fd, const void* data, size_t length, int flags) override {
    return KernelSys::send(fd, data, length, flags & ~MSG_NOSIGNAL);
  }
};

class IgnoresSigpipeForAll : public KernelSys {
 public:
  SysResult connect(int fd, const sockaddr* address, socklen_t length) override {
    signal(SIGPIPE, SIG_IGN);
    return KernelSys::connect(fd, address, length);
  }
};

class TruncatesSilently : public KernelSys {
 public:
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    const SysResult received = KernelSys::recv(fd, data, length, flags);
    return received.ok() || received.error == EINTR ? received : SysResult{0, 0};
  }
};

class AbortsWithLinger : public KernelSys {
 public:
  SysResult close(int fd) override {
    const linger abortive = {.l_onoff = 1, .l_linger = 0};
    (void)KernelSys::setsockopt(fd, SOL_SOCKET, SO_LINGER, &abortive, sizeof(abortive));
    return KernelSys::close(fd);
  }
};

class AbortSendsFin : public KernelSys {
 public:
  SysResult setsockopt(int fd, int level, int option, const void* value, socklen_t length) override {
    linger given = {.l_onoff = 0, .l_linger = 1};
    if (option == SO_LINGER && length == sizeof(given)) memcpy(&given, value, sizeof(given));
    return given.l_linger == 0 ? SysResult{0, 0} : KernelSys::setsockopt(fd, level, option, value, length);
  }
};

class TenthCloseForgotten : public KernelSys {
 public:
  SysResult accept4(int fd, sockaddr* address, socklen_t* length, int flags) override {
    const SysResult accepted = KernelSys::accept4(fd, address, length, flags);
    if (accepted.ok() && ++accepted_ % 10 == 0) forgotten_.insert(static_cast<int>(accepted.value));
    return accepted;
  }
  SysResult close(int fd) override { return forgotten_.count(fd) != 0 ? SysResult{0, 0} : KernelSys::close(fd); }

 private:
  int accepted_ = 0;
  std::set<int> forgotten_;
};

class ResetForgotten : public KernelSys {
 public:
  SysResult accept4(int fd, sockaddr* address, socklen_t* length, int flags) override {
    const SysResult accepted = KernelSys::accept4(fd, address, length, flags);
    if (accepted.ok()) accepted_.insert(static_cast<int>(accepted.value));
    return accepted;
  }
  SysResult recv(int fd, void* data, size_t length, int flags) override { return Note(fd, KernelSys::recv(fd, data, length, flags)); }
  SysResult send(int fd, const void* data, size_t length, int flags) override {
    return Note(fd, KernelSys::send(fd, data, length, flags));
  }
  SysResult close(int fd) override { return reset_.count(fd) != 0 ? SysResult{0, 0} : KernelSys::close(fd); }

 private:
  SysResult Note(int fd, SysResult result) {
    const bool is_reset = result.error == ECONNRESET || result.error == EPIPE;
    if (is_reset && accepted_.count(fd) != 0) reset_.insert(fd);
    return result;
  }

  std::set<int> accepted_;
  std::set<int> reset_;
};

class NotReusing : public KernelSys {
 public:
  SysResult setsockopt(int fd, int level, int option, const void* value, socklen_t length) override {
    if (level == SOL_SOCKET && option == SO_REUSEADDR) return {0, 0};
    return KernelSys::setsockopt(fd, level, option, value, length);
  }
};

class StopsWithoutClose : public KernelSys {
 public:
  SysResult listen(int fd, int backlog) override {
    listeners_.insert(fd);
    return KernelSys::listen(fd, backlog);
  }
  SysResult close(int fd) override { return listeners_.count(fd) != 0 ? SysResult{0, 0} : KernelSys::close(fd); }

 private:
  std::set<int> listeners_;
};

class LingersForAMinute : public KernelSys {
 public:
  SysResult setsockopt(int fd, int level, int option, const void* value, socklen_t length) override {
    linger given = {};
    if (option == SO_LINGER && length == sizeof(given)) memcpy(&given, value, sizeof(given));
    if (given.l_linger == 0) return KernelSys::setsockopt(fd, level, option, value, length);
    given.l_linger = 60;
    return KernelSys::setsockopt(fd, level, option, &given, sizeof(given));
  }
};

class OnlyEndsSending : public KernelSys {
 public:
  SysResult shutdown(int fd, int how) override { return KernelSys::shutdown(fd, how == SHUT_RDWR ? SHUT_WR : how); }
};

class OnlyEndsReceiving : public KernelSys {
 public:
  SysResult shutdown(int fd, int how) override { return KernelSys::shutdown(fd, how == SHUT_RDWR ? SHUT_RD : how); }
};

class DropsBuffered : public KernelSys {
 public:
  SysResult shutdown(int fd, int how) override {
    if (how == SHUT_RD) deaf_.insert(fd);
    return KernelSys::shutdown(fd, how);
  }
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    return deaf_.count(fd) != 0 ? SysResult{0, 0} : KernelSys::recv(fd, data, length, flags);
  }
  SysResult close(int fd) override {
    deaf_.erase(fd);
    return KernelSys::close(fd);
  }

 private:
  std::set<int> deaf_;
};

class LeaksIntoChildren : public KernelSys {
 public:
  SysResult socket(int domain, int type, int protocol) override { return KernelSys::socket(domain, type & ~SOCK_CLOEXEC, protocol); }
};

// What is still to be sent goes before anything else on the connection but its close, and after a shutdown all goes at once.
class Buffering : public KernelSys {
 public:
  SysResult send(int fd, const void* data, size_t length, int flags) override {
    const size_t kept = std::min(length, most_kept_);
    SysResult sent = kept < length ? KernelSys::send(fd, data, length - kept, flags) : SysResult{0, 0};
    if (!sent.ok() || static_cast<size_t>(sent.value) + kept < length) return sent;
    buffer_.append(static_cast<const char*>(data) + length - kept, kept);
    return {static_cast<ssize_t>(length), 0};
  }
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    if (const SysResult flushed = Flush(fd); !flushed.ok()) return flushed;
    return KernelSys::recv(fd, data, length, flags);
  }
  SysResult shutdown(int fd, int how) override {
    most_kept_ = 0;
    if (const SysResult flushed = Flush(fd); !flushed.ok()) return flushed;
    return KernelSys::shutdown(fd, how);
  }

 protected:
  explicit Buffering(size_t most_kept) : most_kept_(most_kept) {}

  bool empty() const { return buffer_.empty(); }

  SysResult Flush(int fd) {
    while (!buffer_.empty()) {
      const SysResult sent = KernelSys::send(fd, buffer_.data(), buffer_.size(), MSG_NOSIGNAL);
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
  KeepsRestInBuffer() : Buffering(1000) {}
};

class SendsAfterClose : public Buffering {
 public:
  SendsAfterClose() : Buffering(SIZE_MAX) {}
  SysResult close(int fd) override {
    if (empty()) return KernelSys::close(fd);
    std::thread([this, fd] {
      // No event could stand for it: to be late, whatever happens meanwhile, is the defect.
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      (void)Flush(fd);
      (void)KernelSys::close(fd);
    }).detach();
    return {0, 0};
  }
};

template <typename WrongSys>
int DriveBy() {
  WrongSys sys;
  PosixLibrary library(sys);
  return DriverMain(library);
}

struct Defect {
  const char* name;
  int (*drive)();
  const char* sentence;
};

constexpr Defect kDefects[] = {
#define LASTACK_DEFECT(name, Sys, sentence) {name, DriveBy<Sys>, sentence},
#include "cases/known_bad/driver_defects.inc"
};

int List() {
  for (const Defect& defect : kDefects) printf("%-28s%s\n", defect.name, defect.sentence);
  return 0;
}

int Main(int argc, char** argv) {
  const option kOptions[] = {
      {"defect", required_argument, nullptr, 'd'}, {"list", no_argument, nullptr, 'l'}, {nullptr, 0, nullptr, 0}};
  for (int letter; (letter = getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
    if (letter == 'l') return List();
    for (const Defect& defect : kDefects) {
      if (letter == 'd' && strcmp(defect.name, optarg) == 0) return defect.drive();
    }
  }
  fprintf(stderr, "usage: %s --defect=NAME\n       %s --list\n", argv[0], argv[0]);
  return 2;
}

}  // namespace
}  // namespace lastack

int main(int argc, char** argv) { return lastack::Main(argc, argv); }
