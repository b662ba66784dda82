#include "harness/peer/peer_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "harness/peer/deadline.h"
#include "harness/peer/test_client.h"

namespace lastack {
namespace {

// A PeerSocket and the client at its other end.
class PeerSocketTest : public testing::Test {
 protected:
  void SetUp() override {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in name = {};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(name);
    ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&name), size), 0);
    ASSERT_EQ(listen(listener, 1), 0);
    ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&name), &size), 0);
    client_ = std::make_unique<TestClient>("127.0.0.1", ntohs(name.sin_port));
    ASSERT_TRUE(client_->connected());
    const int accepted = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
    ASSERT_GE(accepted, 0);
    close(listener);
    peer_ = std::make_unique<PeerSocket>(accepted, MonotonicNs(), &keep_left_);
  }

  // Waits until something of `events` has come, so that what follows does not depend on time.
  void Await(short events) {
    pollfd entry = {peer_->descriptor(), events, 0};
    ASSERT_EQ(poll(&entry, 1, 20'000), 1);
  }

  // Reads to the end, as a script does.
  void ReadAll() {
    while (peer_->Receive(SIZE_MAX) != PeerSocket::Got::kEnd) Await(POLLIN);
  }

  std::atomic<int64_t> keep_left_{1 << 20};
  std::unique_ptr<TestClient> client_;
  std::unique_ptr<PeerSocket> peer_;
};

TEST_F(PeerSocketTest, NotesAFinBehindUnreadDataWithoutReading) {
  ASSERT_EQ(client_->Send("data"), 0);
  EXPECT_EQ(peer_->LookForEnd(), TcpState::kEstablished);
  EXPECT_FALSE(peer_->fin());
  client_->HalfClose();
  Await(POLLRDHUP);
  EXPECT_EQ(peer_->LookForEnd(), TcpState::kCloseWait);
  EXPECT_TRUE(peer_->fin());
  EXPECT_FALSE(peer_->over()) << "the client still listens";
  EXPECT_EQ(peer_->record().bytes_received, 0u);
  const uint64_t noted = peer_->record().fin_ns;
  ReadAll();
  EXPECT_EQ(peer_->record().received, "data");
  EXPECT_EQ(peer_->record().fin_ns, noted) << "once";
  EXPECT_EQ(peer_->record().ending, Ending::kFin);
}

TEST_F(PeerSocketTest, NotesAResetBehindUnreadDataWithoutReading) {
  ASSERT_EQ(client_->Send("data"), 0);
  client_->Reset();
  Await(POLLERR);
  EXPECT_EQ(peer_->LookForEnd(), TcpState::kClose);
  EXPECT_TRUE(peer_->reset());
  EXPECT_FALSE(peer_->fin());
  EXPECT_TRUE(peer_->over());
  ReadAll();
  EXPECT_EQ(peer_->record().received, "data");
  EXPECT_EQ(peer_->record().ending, Ending::kReset) << "the end of file that follows is no FIN";
}

TEST_F(PeerSocketTest, NotesAResetAfterAFin) {
  client_->HalfClose();
  Await(POLLRDHUP);
  peer_->LookForEnd();
  client_->Reset();
  Await(POLLERR);
  peer_->LookForEnd();
  EXPECT_EQ(peer_->record().ending, Ending::kFinThenReset);
}

TEST_F(PeerSocketTest, NotesAFinThatTheResetOvertookBeforeWeLooked) {
  ASSERT_EQ(client_->Send("data"), 0);
  client_->HalfClose();
  client_->Reset();
  Await(POLLERR);
  peer_->LookForEnd();
  EXPECT_EQ(peer_->record().ending, Ending::kFinThenReset);
  ReadAll();
  EXPECT_EQ(peer_->record().received, "data");
}

TEST_F(PeerSocketTest, NotesAFinAndAResetThatASendReports) {
  client_->HalfClose();
  client_->Reset();
  Await(POLLERR);
  size_t sent;
  EXPECT_FALSE(peer_->Send("x", &sent));
  EXPECT_EQ(peer_->record().ending, Ending::kFinThenReset);
}

TEST_F(PeerSocketTest, NotesBothFins) {
  EXPECT_TRUE(peer_->SendFin());
  EXPECT_TRUE(peer_->SendFin()) << "once";
  EXPECT_FALSE(peer_->over());
  client_->Close();
  Await(POLLHUP);
  EXPECT_EQ(peer_->LookForEnd(), TcpState::kClose) << "TIME_WAIT";
  EXPECT_TRUE(peer_->over());
  EXPECT_EQ(peer_->record().ending, Ending::kFin);
  EXPECT_FALSE(peer_->SendReset());
}

TEST_F(PeerSocketTest, PeekLeavesWhatItLooksAt) {
  EXPECT_EQ(peer_->Peek(), PeerSocket::Got::kNothingYet);
  ASSERT_EQ(client_->Send("data"), 0);
  Await(POLLIN);
  EXPECT_EQ(peer_->Peek(), PeerSocket::Got::kBytes);
  EXPECT_EQ(peer_->received(), "data");
  EXPECT_EQ(peer_->record().bytes_received, 0u);
  EXPECT_EQ(peer_->Receive(2), PeerSocket::Got::kBytes);
  EXPECT_EQ(peer_->received(), "da");
  EXPECT_EQ(peer_->Receive(100), PeerSocket::Got::kBytes);
  EXPECT_EQ(peer_->received(), "ta");
  EXPECT_EQ(peer_->record().received, "data");
}

TEST_F(PeerSocketTest, KeepsNothingBeyondTheCommonBound) {
  keep_left_ = 5;
  for (const char* part : {"1234", "56", "7"}) {
    ASSERT_EQ(client_->Send(part), 0);
    Await(POLLIN);
    EXPECT_EQ(peer_->Receive(100), PeerSocket::Got::kBytes);
  }
  EXPECT_EQ(peer_->record().received, "1234") << "what is kept has no holes";
  EXPECT_EQ(peer_->record().bytes_received, 7u);
  EXPECT_EQ(keep_left_, 1);
}

TEST_F(PeerSocketTest, CloseIsAResetWhereDataIsUnread) {
  ASSERT_EQ(client_->Send("unread"), 0);
  Await(POLLIN);
  peer_->Close();
  EXPECT_GT(peer_->record().our_reset_ns, 0u);
  EXPECT_EQ(peer_->record().our_fin_ns, 0u);
  EXPECT_EQ(client_->AwaitEnd(), "ECONNRESET");
}

TEST_F(PeerSocketTest, CloseIsAFinWhereAllIsRead) {
  EXPECT_EQ(peer_->record().left_ns, 0u);
  peer_->Close();
  EXPECT_EQ(peer_->record().our_reset_ns, 0u);
  EXPECT_GT(peer_->record().our_fin_ns, 0u);
  EXPECT_GE(peer_->record().left_ns, peer_->record().our_fin_ns);
  EXPECT_EQ(client_->AwaitEnd(), "EOF");
  EXPECT_EQ(peer_->Receive(1), PeerSocket::Got::kEnd);
  EXPECT_EQ(peer_->Peek(), PeerSocket::Got::kEnd);
  size_t sent;
  EXPECT_FALSE(peer_->Send("x", &sent));
  EXPECT_FALSE(peer_->SendReset());
}

TEST_F(PeerSocketTest, SaysWhyItEnded) {
  client_->HalfClose();
  Await(POLLRDHUP);
  peer_->LookForEnd();
  EXPECT_EQ(peer_->WhyEnded(), "the subject sent FIN");
  client_->Reset();
  Await(POLLERR);
  peer_->LookForEnd();
  EXPECT_EQ(peer_->WhyEnded(), "the subject sent FIN, then RST");
}

}  // namespace
}  // namespace lastack
