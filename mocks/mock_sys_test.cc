#include "mocks/mock_sys.h"

#include <errno.h>
#include <netinet/in.h>
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

// The words for what a test says of a FakeNetwork.

struct OnFake : public ::testing::Test {
  OnFake() {
    (void)network.socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    network.OnConnect(80, [](FakePeer&) {});
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(80);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    tcp = static_cast<int>(network.socket(AF_INET, SOCK_STREAM, 0).value);
    (void)network.connect(tcp, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  }
  FakeNetwork network;
  NiceMock<MockSys> sys{network};
  int ends[2] = {-1, -1};
  int tcp = -1;
};

TEST_F(OnFake, UnscriptedCallsReachTheFake) {
  EXPECT_EQ(sys.send(ends[0], "x", 1, 0), (SysResult{1, 0}));
  char byte;
  EXPECT_EQ(sys.read(ends[1], &byte, 1), (SysResult{1, 0}));
}

TEST_F(OnFake, SendPartiallyReallySends) {
  EXPECT_CALL(sys, send).WillOnce(SendPartially(network, 3)).WillOnce(SendFully(network));
  EXPECT_CALL(sys, write).WillOnce(SendPartially(network, 1));
  EXPECT_EQ(sys.send(ends[0], "abcdef", 6, MSG_NOSIGNAL), (SysResult{3, 0}));
  EXPECT_EQ(sys.send(ends[0], "def", 3, MSG_NOSIGNAL), (SysResult{3, 0}));
  EXPECT_EQ(sys.write(ends[0], "gh", 2), (SysResult{1, 0}));
  char received[16] = {};
  EXPECT_EQ(sys.recv(ends[1], received, sizeof(received), 0), (SysResult{7, 0}));
  EXPECT_STREQ(received, "abcdefg");
}

TEST_F(OnFake, ResetPeerThenActs) {
  EXPECT_CALL(sys, send).WillOnce(ResetPeerThen(network, ReturnErrno(EINTR))).WillOnce(SendFully(network));
  EXPECT_EQ(sys.send(tcp, "x", 1, MSG_NOSIGNAL), (SysResult{-1, EINTR}));
  EXPECT_EQ(sys.send(tcp, "x", 1, MSG_NOSIGNAL), (SysResult{-1, ECONNRESET}));
}

TEST_F(OnFake, MatchersTellDescriptorsApart) {
  EXPECT_THAT(tcp, IsTcp(&network));
  EXPECT_THAT(tcp, ::testing::Not(IsUnix(&network)));
  EXPECT_THAT(ends[0], IsUnix(&network));
  EXPECT_THAT(99, ::testing::Not(IsTcp(&network)));
  EXPECT_THAT(tcp, InState(&network, TcpState::kEstablished));
  (void)sys.shutdown(tcp, SHUT_WR);
  EXPECT_NONFATAL_FAILURE(EXPECT_THAT(tcp, InState(&network, TcpState::kEstablished)), "is in FIN_WAIT2");
}

// The example of README.md.

// The code under test: says goodbye, waits for the server's end, and tells how it went.
std::string SayGoodbye(lastack::SysApi& sys, uint16_t port) {
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(port);
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = static_cast<int>(sys.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0).value);
  if (!sys.connect(fd, reinterpret_cast<const sockaddr*>(&server), sizeof(server)).ok()) return "no connection";
  char byte;
  (void)sys.send(fd, "bye", 3, MSG_NOSIGNAL);
  (void)sys.shutdown(fd, SHUT_WR);
  const lastack::SysResult end = sys.recv(fd, &byte, 1, 0);
  (void)sys.close(fd);  // never again, whatever it says
  return end.ok() ? "done" : end.error == ECONNRESET ? "reset by the peer" : "lost";
}

TEST(Client, SurvivesAResetDuringShutdown) {
  lastack::FakeNetwork network;
  network.OnConnect(8080, [](lastack::FakePeer& server) {
    server.OnEnd([](lastack::FakePeer& peer) { peer.Reset(); });  // RST in answer to FIN
  });
  EXPECT_EQ(SayGoodbye(network, 8080), "reset by the peer") << network.Timeline();
  EXPECT_EQ(network.open_descriptors(), 0);
}

TEST(Client, ClosesOnceThoughCloseIsInterrupted) {
  lastack::FakeNetwork network;
  network.OnConnect(8080,
                    [](lastack::FakePeer& server) { server.OnEnd([](lastack::FakePeer& peer) { peer.Close(); }); });
  ::testing::NiceMock<lastack::MockSys> sys(network);
  EXPECT_CALL(sys, close(IsTcp(&network))).WillOnce(ReturnErrno(EINTR));  // a second close fails the test
  EXPECT_EQ(SayGoodbye(sys, 8080), "done") << network.Timeline();
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
