// The socket calls of the call table as an interface, so that code that closes sockets can be tested without a kernel.
//
// Code under test takes a SysApi& and makes its calls through it. It then runs on
//   KernelSys  (harness/sys/kernel_sys.h)  the real calls,
//   FakeNetwork (mocks/fake_network.h)      TCP in memory: scripted peers, virtual time,
//   MockSys    (mocks/mock_sys.h)          GoogleMock: scripted results, expectations.
//
//   SysResult closed = sys.close(fd);
//   if (closed.error == EIO) ReportLostData();        // not errno: a later call may have changed it
//
// A result carries the value and the error together, as they were when the call returned.
//
// The methods are the table's rows of the families open, setup, connect, accept, shutdown, close, dup, control, send,
// recv and poll, with the same names and parameters; variadic calls have the fixed form that reaches the kernel:
// sys.fcntl(fd, F_SETFL, O_NONBLOCK). Not here are
//   - calls on a FILE (fclose, fdopen): libc makes them of the calls that are here, and no FILE can be faked portably;
//   - sweeps, processes, exits and signals: they act on the whole process, and a stand-in for a few sockets cannot;
//   - splices: their other end is a pipe, which is no socket.
//
// Threads, signals: as each implementation says. Allocation: none here. errno: unspecified after a call.
// Source of the rows: harness/sys/syscalls.inc. Pattern: one interface for system calls, result and errno by value.
#ifndef LASTACK_HARNESS_SYS_SYS_API_H_
#define LASTACK_HARNESS_SYS_SYS_API_H_

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

namespace lastack {

// What a call returned, and why it failed.
struct [[nodiscard]] SysResult {
  ssize_t value;  // as the C function returns it: -1 for failure
  int error;      // errno if value is -1, else 0

  constexpr bool ok() const { return value != -1; }
  friend constexpr bool operator==(const SysResult&, const SysResult&) = default;
};

class SysApi {
 public:
  virtual ~SysApi() = default;

#define LASTACK_SYS_API_CALL(name, parameters, arguments) virtual SysResult name parameters = 0;
#include "harness/sys/sys_api_calls.inc"
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_SYS_SYS_API_H_
