// Systems that are odd in exactly one way, and a witness: what the tests of the claims run on.
//
// Each is the running kernel, but for the calls that it overrides. Threads: as KernelSys. Allocation: none.
#ifndef LASTACK_CASES_OS_ODD_SYSTEMS_H_
#define LASTACK_CASES_OS_ODD_SYSTEMS_H_

#include <errno.h>
#include <time.h>

#include <utility>

#include "cases/os/kernel_witness.h"
#include "harness/sys/kernel_sys.h"

namespace lastack::os {

// Knows sooner that nothing will come: longer than a delayed acknowledgement takes (40 ms) and no more.
class HastyWitness : public KernelWitness {
 public:
  HastyWitness() : KernelWitness(Network::kMachine) {}
  int PatienceMs() const override { return 80; }
};

// Says that every end that was closed is in TIME_WAIT.
class TimeWaitWitness : public HastyWitness {
 public:
  absl::StatusOr<absl::optional<SocketRow>> Row(const Address&, const Address&) override {
    SocketRow row;
    row.state = TcpState::kTimeWait;
    return absl::optional<SocketRow>(row);
  }
};

inline void SetAbort(int fd) {
  const linger abort = {1, 0};
  (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
}

class ClosesByReset : public KernelSys {
  SysResult close(int fd) override {
    SetAbort(fd);
    return KernelSys::close(fd);
  }
};

class ClosesWithoutRelease : public KernelSys {
  SysResult close(int fd) override {
    (void)KernelSys::shutdown(fd, SHUT_RDWR);
    return {0, 0};
  }
};

class ClosesSlowly : public KernelSys {
  SysResult close(int fd) override {
    (void)poll(nullptr, 0, 120);
    return KernelSys::close(fd);
  }
};

// close ends the connection, whoever else holds it.
class ClosesForAll : public KernelSys {
  SysResult close(int fd) override {
    (void)KernelSys::shutdown(fd, SHUT_RDWR);
    return KernelSys::close(fd);
  }
};

class ReadsBeforeClose : public KernelSys {
  SysResult close(int fd) override {
    char buffer[4096];
    while (KernelSys::recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT).value > 0) {
    }
    return KernelSys::close(fd);
  }
};

// A listener's close accepts and closes what waits.
class AcceptsBeforeClose : public KernelSys {
  SysResult close(int fd) override {
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    SysResult accepted;
    while ((accepted = KernelSys::accept4(fd, nullptr, nullptr, 0)).ok()) {
      (void)KernelSys::close(static_cast<int>(accepted.value));
    }
    return KernelSys::close(fd);
  }
};

// The document's close with SO_LINGER {1, n} at the timeout, which comes at once: what is not sent is thrown away, with
// RST.
class ResetsAtLingerTimeout : public KernelSys {
  SysResult close(int fd) override {
    linger value{};
    socklen_t length = sizeof(value);
    (void)getsockopt(fd, SOL_SOCKET, SO_LINGER, &value, &length);
    if (value.l_onoff != 0) {
      SetAbort(fd);
    }
    return KernelSys::close(fd);
  }
};

// The first close takes a second that no signal ends.
class LingersThroughSignals : public KernelSys {
  SysResult close(int fd) override {
    timespec left = {std::exchange(seconds_, 0), 0};
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
    }
    const linger off = {0, 0};
    (void)KernelSys::setsockopt(fd, SOL_SOCKET, SO_LINGER, &off, sizeof(off));
    return KernelSys::close(fd);
  }

  time_t seconds_ = 1;
};

class IgnoresLinger : public KernelSys {
  SysResult setsockopt(int fd, int level, int option, const void* value, socklen_t length) override {
    if (level == SOL_SOCKET && option == SO_LINGER) return {0, 0};
    return KernelSys::setsockopt(fd, level, option, value, length);
  }
};

class IgnoresShutdown : public KernelSys {
  SysResult shutdown(int, int) override { return {0, 0}; }
};

class ShutsDownByClose : public KernelSys {
  SysResult shutdown(int fd, int) override { return KernelSys::close(fd); }
};

// SHUT_RDWR that only stops sending.
class ShutsHalf : public KernelSys {
  SysResult shutdown(int fd, int how) override { return KernelSys::shutdown(fd, how == SHUT_RDWR ? SHUT_WR : how); }
};

class ReceivesNothing : public KernelSys {
  SysResult recv(int, void*, size_t, int) override { return {0, 0}; }
};

class SendsToNobody : public KernelSys {
  SysResult send(int fd, const void* data, size_t length, int flags) override {
    const SysResult sent = KernelSys::send(fd, data, length, flags | MSG_NOSIGNAL);
    return sent.error == EPIPE || sent.error == ECONNRESET ? SysResult{static_cast<ssize_t>(length), 0} : sent;
  }
};

class EndsInError : public KernelSys {
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    const SysResult received = KernelSys::recv(fd, data, length, flags);
    return received.value == 0 ? SysResult{-1, ECONNRESET} : received;
  }
};

class HasNoSuchFamily : public KernelSys {
  SysResult socket(int, int, int) override { return {-1, EAFNOSUPPORT}; }
};

class HasNoDescriptors : public KernelSys {
  SysResult socket(int, int, int) override { return {-1, EMFILE}; }
};

}  // namespace lastack::os

#endif  // LASTACK_CASES_OS_ODD_SYSTEMS_H_
