#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "gtest/gtest.h"
#include "mocks/fake_network.h"
#include "mocks/mock_sys.h"

namespace {

// Ours: closes once, whatever close says.
void Goodbye(lastack::SysApi& sys) {
  const int fd = static_cast<int>(sys.socket(AF_INET, SOCK_STREAM, 0).value);
  (void)sys.close(fd);
}

TEST(Goodbye, ClosesOnceThoughCloseIsInterrupted) {
  lastack::FakeNetwork network;
  ::testing::NiceMock<lastack::MockSys> sys(network);
  EXPECT_CALL(sys, close(lastack::IsTcp(&network))).WillOnce(lastack::ReturnErrno(EINTR));
  Goodbye(sys);
}

}  // namespace
