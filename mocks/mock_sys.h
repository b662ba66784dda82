// GoogleMock's face of SysApi: a test scripts what the socket calls return, and claims which calls are made.
//
//   ::testing::StrictMock<MockSys> sys;                              // every call must be claimed
//   EXPECT_CALL(sys, close(7)).WillOnce(ReturnErrno(EINTR));         // exactly once: a retry fails the test
//   EXPECT_CALL(sys, send).WillOnce(ReturnValue(3)).WillOnce(ReturnErrno(EPIPE));
//
// What is not scripted goes to another SysApi, the kernel's by default, so that a fresh mock behaves plausibly:
//
//   ::testing::NiceMock<MockSys> sys;                                // the kernel, with one call out of order
//   EXPECT_CALL(sys, shutdown).WillOnce(ReturnErrno(ENOTCONN));
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

#include <ostream>

#include "gmock/gmock.h"
#include "harness/sys/kernel_sys.h"
#include "harness/sys/sys_api.h"

namespace lastack {

class MockSys : public SysApi {
 public:
  // `fallback` makes the calls that no test has scripted, and must outlive the mock.
  explicit MockSys(SysApi& fallback = KernelSys::Instance());
  ~MockSys() override;

#define LASTACK_SYS_API_CALL(name, parameters, arguments) MOCK_METHOD(SysResult, name, parameters, (override));
#include "harness/sys/sys_api_calls.inc"
};

// Actions: the call fails with `error`; the call returns `value`.
inline auto ReturnErrno(int error) { return ::testing::Return(SysResult{-1, error}); }
inline auto ReturnValue(ssize_t value) { return ::testing::Return(SysResult{value, 0}); }

// How GoogleTest prints a result: "-1 ECONNRESET", "12".
void PrintTo(const SysResult& result, std::ostream* out);

}  // namespace lastack

// Compiled once, in mock_sys.cc: each test that uses them would otherwise compile all of the mocked methods again.
extern template class ::testing::NiceMock<lastack::MockSys>;
extern template class ::testing::StrictMock<lastack::MockSys>;

#endif  // LASTACK_MOCKS_MOCK_SYS_H_
