// The example of mocks/README.md.
#include <errno.h>
#include <sys/socket.h>

#include "gtest/gtest.h"
#include "mocks/mock_sys.h"

namespace {

using ::lastack::ReturnErrno;
using ::lastack::ReturnValue;

// The code under test.
bool Finish(lastack::SysApi& sys, int fd) {
  const lastack::SysResult sent = sys.shutdown(fd, SHUT_WR);
  const lastack::SysResult closed = sys.close(fd);
  return sent.ok() && (closed.ok() || closed.error == EINTR);
}

TEST(Finish, NeitherLeaksNorRetries) {
  ::testing::StrictMock<lastack::MockSys> sys;
  EXPECT_CALL(sys, shutdown(7, SHUT_WR)).WillOnce(ReturnErrno(ENOTCONN)).WillOnce(ReturnValue(0));
  EXPECT_CALL(sys, close(7)).WillOnce(ReturnValue(0)).WillOnce(ReturnErrno(EINTR));
  EXPECT_FALSE(Finish(sys, 7));
  EXPECT_TRUE(Finish(sys, 7));
}

}  // namespace
