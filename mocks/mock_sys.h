// GoogleMock's face of SysApi: a test scripts what the socket calls return, and claims which calls are made.
//
//   ::testing::StrictMock<MockSys> sys;                              // every call must be claimed
//   EXPECT_CALL(sys, close(7)).WillOnce(ReturnErrno(EINTR));         // exactly once: a retry fails the test
//   EXPECT_CALL(sys, send).WillOnce(ReturnValue(3)).WillOnce(ReturnErrno(EPIPE));
//
// What is not scripted goes to another SysApi, the kernel's by default, so that a fresh mock behaves plausibly:
//
//   FakeNetwork network;                                             // mocks/fake_network.h
//   ::testing::NiceMock<MockSys> sys(network);                       // the fake, with one call out of order
//   EXPECT_CALL(sys, shutdown).WillOnce(ReturnErrno(ENOTCONN));
//
// More actions, and matchers of descriptors, each bound to the network that it is said of:
//
//   EXPECT_CALL(sys, send).WillOnce(SendPartially(network, 3)).WillRepeatedly(SendFully(network));
//   EXPECT_CALL(sys, recv(IsTcp(&network), _, _, _)).WillOnce(ResetPeerThen(network, ReturnErrno(EINTR)));
//   EXPECT_CALL(sys, close(InState(&network, TcpState::kCloseWait))).WillOnce(ReturnErrno(EIO));
//
// A scripted result that nobody takes fails the test, because WillOnce without Times says how often the call must come:
//
//   Expected: to be called twice
//     Actual: called once - unsatisfied and active
//
// So script with EXPECT_CALL and WillOnce, not with Times or ON_CALL, whose leftovers are silent. StrictMock also fails
// the test on calls that no expectation claims; NiceMock lets them through; a plain MockSys warns of them.
//
// Threads: as GoogleMock: calls from any, expectations before them. errno is neither read nor set by scripted results.
#ifndef LASTACK_MOCKS_MOCK_SYS_H_
#define LASTACK_MOCKS_MOCK_SYS_H_

#include "mocks/needs_cpp20.h"

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <tuple>
#include <utility>

#include "gmock/gmock.h"
#include "harness/peer/socket_row.h"
#include "harness/sys/kernel_sys.h"
#include "harness/sys/sys_api.h"
#include "mocks/fake_network.h"

namespace lastack {

class MockSys : public SysApi {
 public:
  // `fallback` makes the calls that no test has scripted, and must outlive the mock.
  explicit MockSys(SysApi& fallback = KernelSys::Instance());
  ~MockSys() override;

#define LASTACK_SYS_API_CALL(name, parameters, arguments) MOCK_METHOD(SysResult, name, parameters, (override));
#include "harness/sys/sys_api_calls.inc"
};

// MSG_NOSIGNAL and the like, of those calls that have them.
inline int FlagsOf() { return 0; }
template <typename... More>
int FlagsOf(int flags, More...) {
  return flags;
}

// Actions: the call fails with `error`; the call returns `value`.
inline auto ReturnErrno(int error) { return ::testing::Return(SysResult{-1, error}); }
inline auto ReturnValue(ssize_t value) { return ::testing::Return(SysResult{value, 0}); }

// Of send and write (and sendto): the call is really made through `sys`, with at most `count` bytes. A short count that
// sends nothing would make the code under test guilty of a loss that is the test's.
inline auto SendPartially(SysApi& sys, size_t count) {
  return [&sys, count](int fd, const void* data, size_t length, auto... more) {
    const int flags = FlagsOf(more...);
    return sys.send(fd, data, std::min(length, count), flags);
  };
}
inline auto SendFully(SysApi& sys) { return SendPartially(sys, SIZE_MAX); }

// Of calls whose first argument is a descriptor of `network`: the other end sends RST, then `action` is done.
// The peer's socket is ended by force, whoever holds it.
template <typename Action>
auto ResetPeerThen(FakeNetwork& network, Action action) {
  return [&network, action = std::move(action)](int fd, auto... more) {
    network.ResetPeerOf(fd);
    return ::testing::Action<SysResult(int, decltype(more)...)>(action).Perform(std::make_tuple(fd, more...));
  };
}

// Matchers of a descriptor.
MATCHER_P(IsTcp, network, "is a TCP socket") {
  const FakeSocket* socket = network->FindSocket(arg);
  return socket != nullptr && socket->is_tcp();
}
MATCHER_P(IsUnix, network, "is an AF_UNIX socket") {
  const FakeSocket* socket = network->FindSocket(arg);
  return socket != nullptr && !socket->is_tcp();
}
MATCHER_P2(InState, network, state, "is in state " + TcpStateName(state)) {
  const TcpState now = network->State(arg);
  *result_listener << "is in " << TcpStateName(now);
  return now == state;
}

// How GoogleTest prints a result: "-1 ECONNRESET", "12".
void PrintTo(const SysResult& result, std::ostream* out);

}  // namespace lastack

// Compiled once, in mock_sys.cc: each test that uses them would otherwise compile all of the mocked methods again.
extern template class ::testing::NiceMock<lastack::MockSys>;
extern template class ::testing::StrictMock<lastack::MockSys>;

#endif  // LASTACK_MOCKS_MOCK_SYS_H_
