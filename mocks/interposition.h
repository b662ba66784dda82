// For the time of a scope, the socket calls of all code in this process are made on a fake network: of the test, and of
// third-party libraries that it links, unmodified. So an event loop of libuv, libevent or Asio runs without a kernel
// socket, and an hour of its timers passes in no time.
//
//   FakeNetwork network;
//   network.OnConnect(8080, [](FakePeer& peer) { peer.OnEnd([](FakePeer& peer) { peer.Reset(); }); });
//   ScopedInterposition scope(network);                    // or scope(mock, network), with a MockSys over the network
//   FetchAndClose("http://127.0.0.1:8080/");               // whatever library it uses
//
// Sockets. socket, socketpair and accept make fakes of AF_INET, AF_INET6 and AF_UNIX streams; calls on fakes go to the
// given SysApi, all others to the kernel. In the kernel, the number of a fake belongs to a descriptor that can do
// nothing, so that a call that is not interposed (fclose, splice, one from within libc) fails at once: EINVAL,
// ENOTSOCK.
//
// Waiting. poll, select and epoll take fakes and real descriptors together; a wait makes one call of its kind to the
// SysApi, when it is over. An epoll descriptor is to be made in the scope, if fakes are added to it.
//
// Time. In virtual time clock_gettime, gettimeofday, time, all sleeps, timerfds and the timeouts of waits follow the
// network's clock. A wait with nothing ready goes on to the next thing that will happen: a segment, a timer, its
// timeout. Then it waits for real descriptors really, but no longer than `patience`. Time stands still between waits: a
// loop that spins until a clock has moved spins for ever. Virtual time does not wait for other threads; a test that
// needs their work in between takes the real clock. Not virtual: setitimer, alarm, and timeouts of condition variables.
//
// A wait that can never end calls the deadlock handler (fake_process.h; //mocks:deadlock_fails_test makes it a failure
// of the test) with the network's timeline, and returns EDEADLK. epoll_wait throws WaitsForEver instead: event loops
// take no notice of its errors, or abort. Nobody catches it but GoogleTest, and the next test goes on. Such a wait is
// known at once if no real descriptor is watched, or only eventfds and pipes of a process without other threads and
// children.
//
// One scope at a time; a second ends the process with a message, and so does a program in which the calls cannot be
// taken over (SelfTest). It starts with no open descriptor in the network's process, and what libraries made in it ends
// in it.
//
// Threads: as GoogleMock: calls from any, the scope's beginning and end and expectations while there are no others.
// Calls on fakes are made one at a time, and one that blocks does not let others in. Signals: a handler may make calls
// on real descriptors. fork: the child has a copy of the network, not a share. errno: untouched by calls that succeed.
//
// Sources: the interposing of ld.so(8); the call table, harness/sys/syscalls.inc.
#ifndef LASTACK_MOCKS_INTERPOSITION_H_
#define LASTACK_MOCKS_INTERPOSITION_H_

#include "mocks/needs_cpp20.h"

#include <memory>
#include <stdexcept>
#include <string>

#include "absl/time/time.h"
#include "harness/sys/sys_api.h"
#include "mocks/fake_network.h"

namespace lastack {

enum class InterposedClock {
  kVirtual,  // the network's
  kReal,     // the kernel's, which the network's then follows
};

struct InterpositionOptions {
  InterposedClock clock = InterposedClock::kVirtual;
  // How long a wait without a timeout waits for real descriptors, really.
  absl::Duration patience = absl::Seconds(10);
  // How virtual time passes, where not to the network's next event. Not owned.
  FakeWaiter* waiter = nullptr;
};

class WaitsForEver : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Interposition;

class ScopedInterposition {
 public:
  explicit ScopedInterposition(FakeNetwork& network, const InterpositionOptions& options = InterpositionOptions());
  // `sys` gets the calls; its results are those of `network`, where they are not scripted. Both must outlive the scope.
  ScopedInterposition(SysApi& sys, FakeNetwork& network, const InterpositionOptions& options = InterpositionOptions());
  ~ScopedInterposition();
  ScopedInterposition(const ScopedInterposition&) = delete;
  ScopedInterposition& operator=(const ScopedInterposition&) = delete;

  // Why this program's calls cannot be taken over; empty if they can.
  [[nodiscard]] static std::string SelfTest();

 private:
  std::unique_ptr<Interposition> interposition_;
};

}  // namespace lastack

#endif  // LASTACK_MOCKS_INTERPOSITION_H_
