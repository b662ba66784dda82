#include "mocks/mock_sys.h"

#include <errno.h>
#include <sys/socket.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"

namespace lastack {
namespace {

using ::testing::NiceMock;
using ::testing::PrintToString;
using ::testing::StrictMock;

TEST(MockSys, UnscriptedCallsReachTheKernel) {
  NiceMock<MockSys> sys;
  int ends[2];
  ASSERT_TRUE(sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends).ok());
  EXPECT_EQ(sys.send(ends[0], "FIN", 3, MSG_NOSIGNAL), (SysResult{3, 0}));
  char received[8];
  EXPECT_EQ(sys.recv(ends[1], received, sizeof(received), 0), (SysResult{3, 0}));
  EXPECT_EQ(std::string(received, 3), "FIN");
  EXPECT_TRUE(sys.close(ends[0]).ok());
  EXPECT_EQ(sys.read(ends[1], received, sizeof(received)), (SysResult{0, 0}));
  EXPECT_TRUE(sys.close(ends[1]).ok());
}

TEST(MockSys, KernelsErrorsComeWithTheResult) {
  NiceMock<MockSys> sys;
  errno = EPIPE;
  EXPECT_EQ(sys.shutdown(-1, SHUT_WR), (SysResult{-1, EBADF}));
  EXPECT_EQ(sys.fcntl(-1, F_GETFD, 0), (SysResult{-1, EBADF}));
}

TEST(MockSys, SuccessHasNoError) {
  NiceMock<MockSys> sys;
  errno = EPIPE;
  EXPECT_EQ(sys.poll(nullptr, 0, 0), (SysResult{0, 0}));
}

class FailsToClose : public KernelSys {
 public:
  SysResult close(int) override { return {-1, EIO}; }
};

TEST(MockSys, UnscriptedCallsReachTheGivenFallback) {
  FailsToClose fallback;
  NiceMock<MockSys> sys(fallback);
  EXPECT_EQ(sys.close(7), (SysResult{-1, EIO}));
}

TEST(MockSys, ScriptedResultsComeInOrder) {
  StrictMock<MockSys> sys;
  EXPECT_CALL(sys, recv).WillOnce(ReturnErrno(EINTR)).WillOnce(ReturnValue(5)).WillOnce(ReturnValue(0));
  char received[8];
  EXPECT_EQ(sys.recv(7, received, sizeof(received), 0), (SysResult{-1, EINTR}));
  EXPECT_EQ(sys.recv(7, received, sizeof(received), 0), (SysResult{5, 0}));
  EXPECT_EQ(sys.recv(7, received, sizeof(received), 0), (SysResult{0, 0}));
}

TEST(MockSys, LeftoverScriptedResultFailsTheTest) {
  EXPECT_NONFATAL_FAILURE(
      {
        StrictMock<MockSys> sys;
        EXPECT_CALL(sys, close(7)).WillOnce(ReturnErrno(EINTR)).WillOnce(ReturnValue(0));
        (void)sys.close(7);
      },
      "Expected: to be called twice");
}

TEST(MockSys, CallBeyondTheScriptFailsTheTest) {
  StrictMock<MockSys> sys;
  EXPECT_CALL(sys, close(7)).WillOnce(ReturnErrno(EINTR));
  EXPECT_EQ(sys.close(7), (SysResult{-1, EINTR}));
  EXPECT_NONFATAL_FAILURE((void)sys.close(7), "called more times than expected");
}

TEST(SysResult, PrintsAsValueAndErrorName) {
  EXPECT_EQ(PrintToString(SysResult{12, 0}), "12");
  EXPECT_EQ(PrintToString(SysResult{-1, ECONNRESET}), "-1 ECONNRESET");
}

// The example of README.md.

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

// The code that README.md shows is code that is compiled and run.

std::string Read(const std::string& path) {
  const std::string root = std::string(std::getenv("TEST_SRCDIR")) + "/" + std::getenv("TEST_WORKSPACE") + "/";
  std::ifstream file(root + path);
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

TEST(Readme, ShowsTheExampleThatIsTested) {
  const std::string readme = Read("mocks/README.md");
  const std::string opening = "```cpp\n";
  const size_t start = readme.find(opening);
  ASSERT_NE(start, std::string::npos);
  const size_t code = start + opening.size();
  EXPECT_THAT(Read("mocks/mock_sys_test.cc"),
              ::testing::HasSubstr(readme.substr(code, readme.find("```", code) - code)));
}

}  // namespace
}  // namespace lastack
