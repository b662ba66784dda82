// Each step of a script, met and not met.

#include <errno.h>
#include <poll.h>
#include <time.h>

#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "harness/peer/peer.h"
#include "harness/peer/peer_fixture.h"

namespace lastack {
namespace {

TEST_F(PeerTest, ExpectationsTakeExactlyWhatTheyAskFor) {
  Start({Step::ExpectUntil("\r\n\r\n"), Step::Send("1"), Step::ExpectBytes(4), Step::Send("2"), Step::ExpectUntil("!"),
         Step::Send("3"), Step::ExpectUntil(""), Step::ExpectBytes(0)});
  auto client = Connect();
  EXPECT_EQ(client->Send("GET\r\n\r"), 0);
  EXPECT_EQ(client->Send("\nbodytail!more"), 0);
  EXPECT_EQ(client->Receive(3), "123");
  client->Close();
  const ConnectionRecord record = StopOne();
  ExpectPlayed(record);
  ExpectEnding(record, Ending::kFin);
  EXPECT_EQ(record.received, "GET\r\n\r\nbodytail!more");
  EXPECT_EQ(record.bytes_sent, 3u);
  EXPECT_EQ(record.steps_done, 8u);
}

TEST_F(PeerTest, WhatNoStepAskedForStaysUnreadInTheKernel) {
  Start({Step::ExpectUntil("\n"), Step::Reset()});
  auto client = Connect();
  EXPECT_EQ(client->Send("line\nand more"), 0);
  EXPECT_EQ(client->AwaitEnd(), "ECONNRESET");
  EXPECT_EQ(StopOne().received, "line\n");
}

TEST_F(PeerTest, FindsTheTextHoweverItIsCutUp) {
  Start({Step::ExpectUntil("aab"), Step::Send("found")});
  auto client = Connect();
  for (const char* part : {"a", "a", "a", "a", "b"}) {
    EXPECT_EQ(client->Send(part), 0);
    std::this_thread::yield();
  }
  EXPECT_EQ(client->Receive(5), "found");
  client->Close();
  EXPECT_EQ(StopOne().received, "aaaab");
}

TEST_F(PeerTest, AnEndBeforeTheTextIsTroubleAndAnOrdinaryClose) {
  Start({Step::ExpectUntil("never\n"), Step::Reset()});
  auto client = Connect();
  EXPECT_EQ(client->Send("nev"), 0);
  client->HalfClose();
  EXPECT_EQ(client->AwaitEnd(), "EOF") << "an ordinary close, and no RST";
  const ConnectionRecord record = StopOne();
  ExpectTrouble(record, "step 1, ExpectUntil: the subject sent FIN before \"never\\n\" came");
  ExpectEnding(record, Ending::kFin);
  EXPECT_EQ(record.received, "nev");
  EXPECT_EQ(record.steps_done, 0u);
}

TEST_F(PeerTest, TextThatDoesNotComeIsTroubleAtTheDeadline) {
  StartWithTimeout({Step::ExpectUntil("never"), Step::Reset()}, absl::Milliseconds(30));
  auto client = Connect();
  EXPECT_EQ(client->AwaitEnd(), "EOF") << "the subject is not left hanging";
  client->Close();
  const ConnectionRecord record = StopOne();
  ExpectTrouble(record, "step 1, ExpectUntil: \"never\" has not come after 30ms");
  EXPECT_GE(record.our_fin_ns - record.accepted_ns, 30'000'000u);
}

TEST_F(PeerTest, TooFewBytesAreTrouble) {
  StartWithTimeout({Step::ExpectBytes(10)}, absl::Milliseconds(30));
  auto client = Connect();
  EXPECT_EQ(client->Send("1234"), 0);
  EXPECT_EQ(client->AwaitEnd(), "EOF");
  client->Close();
  ExpectTrouble(StopOne(), "step 1, ExpectBytes: only 4 of 10 bytes have come after 30ms");
}

TEST_F(PeerTest, AnEndAmongTheBytesIsTrouble) {
  Start({Step::ExpectBytes(10)});
  auto client = Connect();
  EXPECT_EQ(client->Send("1234"), 0);
  client->Close();
  ExpectTrouble(StopOne(), "step 1, ExpectBytes: the subject sent FIN after 4 of 10 bytes");
}

TEST_F(PeerTest, ExpectEndGoesOnWithTheScript) {
  Start({Step::ExpectEnd(), Step::Send("after your FIN"), Step::Finish()});
  auto client = Connect();
  client->HalfClose();
  EXPECT_EQ(client->Receive(100), "after your FIN");
  client->Close();
  const ConnectionRecord record = StopOne();
  ExpectPlayed(record);
  ExpectEnding(record, Ending::kFin);
}

TEST_F(PeerTest, SendsMoreThanTheQueuesHold) {
  const std::string text(8 << 20, 's');
  Start({Step::Send(text), Step::Finish()});
  auto client = Connect();
  EXPECT_EQ(client->Receive(text.size()), text);
  EXPECT_EQ(client->AwaitEnd(), "EOF");
  client->Close();
  const ConnectionRecord record = StopOne();
  ExpectPlayed(record);
  EXPECT_EQ(record.bytes_sent, text.size());
}

TEST_F(PeerTest, ASubjectThatDoesNotReadIsTroubleAtTheDeadline) {
  const std::string text(16 << 20, 's');
  StartWithTimeout({Step::Send(text)}, absl::Milliseconds(50));
  auto client = Connect();
  AwaitPeer(*client, TcpState::kFinWait1);  // the script has failed; our FIN waits behind what could be sent
  EXPECT_EQ(client->AwaitEnd(), "EOF");
  client->Close();
  const ConnectionRecord record = StopOne();
  ExpectTrouble(record, "step 1, Send: only ");
  ExpectTrouble(record, " of 16777216 bytes could be sent after 50ms");
  EXPECT_LT(record.bytes_sent, text.size());
  ExpectEnding(record, Ending::kFin);
}

TEST_F(PeerTest, SendingAfterOurOwnFinIsTrouble) {
  Start({Step::HalfClose(), Step::Send("x")});
  auto client = Connect();
  client->Close();
  const ConnectionRecord record = StopOne();
  ExpectTrouble(record, "step 2, Send: we have sent FIN before");
  ExpectEnding(record, Ending::kFin);
}

TEST_F(PeerTest, HalfClosesAndReadsOn) {
  Start({Step::Send("answer"), Step::HalfClose(), Step::ExpectUntil("more")});
  auto client = Connect();
  EXPECT_EQ(client->AwaitEnd(), "EOF");
  EXPECT_EQ(client->Send("and more"), 0);
  client->Close();
  const ConnectionRecord record = StopOne();
  ExpectPlayed(record);
  ExpectEnding(record, Ending::kFin);
  EXPECT_EQ(record.received, "and more");
  EXPECT_GT(record.our_fin_ns, 0u);
  EXPECT_LT(record.our_fin_ns, record.fin_ns);
}

TEST_F(PeerTest, FinishesInAnOrdinaryWay) {
  Start({Step::Finish()});
  auto client = Connect();
  EXPECT_EQ(client->AwaitEnd(), "EOF");
  EXPECT_EQ(client->Send("last words"), 0);
  client->Close();
  const ConnectionRecord record = StopOne();
  ExpectPlayed(record);
  ExpectEnding(record, Ending::kFin);
  EXPECT_EQ(record.received, "last words");
}

TEST_F(PeerTest, ResetsTheSubject) {
  Start({Step::Send("a"), Step::AwaitRead(), Step::Reset()});
  auto client = Connect();
  EXPECT_EQ(client->Receive(1), "a");
  EXPECT_EQ(client->AwaitEnd(), "ECONNRESET");
  const ConnectionRecord record = StopOne();
  ExpectPlayed(record);
  ExpectEnding(record, Ending::kNothing);
  EXPECT_GT(record.our_reset_ns, 0u);
  EXPECT_EQ(record.our_fin_ns, 0u);
}

TEST_F(PeerTest, AFinBehindUnreadDataIsSeenBeforeOurReset) {
  Start({Step::Stall(), Step::Reset()});
  auto client = Connect();
  EXPECT_EQ(client->Send("unread"), 0);
  client->HalfClose();
  const ConnectionRecord record = StopOne();
  ExpectPlayed(record);
  ExpectEnding(record, Ending::kFin);
  EXPECT_EQ(client->AwaitEnd(), "ECONNRESET");
}

TEST_F(PeerTest, WhoeverIsResetFirstCannotReset) {
  Start({Step::AwaitClosed(), Step::Reset()});
  auto client = Connect();
  client->Reset();
  const ConnectionRecord record = StopOne();
  ExpectTrouble(record, "step 2, Reset: the subject sent RST before our RST");
  EXPECT_EQ(record.our_reset_ns, 0u);
}

TEST_F(PeerTest, AwaitReadHoldsWhenTheSubjectHasReadAll) {
  Start({Step::Send("12345"), Step::AwaitRead(), Step::Send("6")});
  auto client = Connect();
  EXPECT_EQ(client->Receive(6), "123456");
  client->Close();
  ExpectPlayed(StopOne());
}

TEST_F(PeerTest, AwaitReadFailsAtTheDeadlineWhileBytesAreUnread) {
  StartWithTimeout({Step::Send("12345"), Step::AwaitRead(), Step::Send("6")}, absl::Milliseconds(100));
  auto client = Connect();
  EXPECT_EQ(client->Receive(3), "123");
  AwaitPeer(*client, TcpState::kFinWait2);  // the ordinary close of a script that failed
  EXPECT_EQ(client->Receive(100), "45");
  client->Close();
  ExpectTrouble(StopOne(), "step 2, AwaitRead: 2 bytes are unread by the subject");
}

TEST_F(PeerTest, AwaitReadSeesASubjectThatUsesIpv6Sockets) {
  Start({Step::Send("12345"), Step::AwaitRead(), Step::Send("6")});
  TestClient client(kAddress, peer_->port(), true);
  if (!client.connected()) GTEST_SKIP() << "no IPv6 here";
  EXPECT_EQ(client.Receive(6), "123456");
  client.Close();
  ExpectPlayed(StopOne());
}

TEST_F(PeerTest, AwaitReadHoldsWhenTheSubjectHasReadAllAndClosed) {
  Start({Step::Send("12345"), Step::HalfClose(), Step::ExpectEnd(), Step::AwaitRead()});
  auto client = Connect();
  EXPECT_EQ(client->AwaitEnd(), "EOF");
  client->Close();
  ExpectPlayed(StopOne());
}

TEST_F(PeerTest, AwaitClosedHoldsWhenOurFinHasArrived) {
  Start({Step::HalfClose(), Step::AwaitClosed(), Step::Reset()});
  auto client = Connect();
  const ConnectionRecord record = StopOne();
  ExpectPlayed(record);
  EXPECT_EQ(client->Send("x"), EPIPE) << "what FIN, CLOSE_WAIT and RST give a sender at once";
  EXPECT_GT(record.our_fin_ns, 0u);
  EXPECT_GT(record.our_reset_ns, record.our_fin_ns);
}

TEST_F(PeerTest, AwaitClosedFailsAtTheDeadlineWhileTheSubjectIsConnected) {
  StartWithTimeout({Step::AwaitClosed()}, absl::Milliseconds(30));
  auto client = Connect();
  EXPECT_EQ(client->AwaitEnd(), "EOF");
  client->Close();
  ExpectTrouble(StopOne(), "step 1, AwaitClosed: the subject's socket is in ESTABLISHED after 30ms");
}

TEST_F(PeerTest, AStalledPeerReadsNothingUntilTheEnd) {
  Start({Step::Stall()});
  auto client = Connect();
  const size_t sent = client->Fill();
  EXPECT_GT(sent, 0u);
  EXPECT_EQ(client->Fill(), 0u) << "somebody reads";
  client->Close();
  const ConnectionRecord record = StopOne();
  ExpectPlayed(record);
  ExpectEnding(record, Ending::kFin);
  EXPECT_EQ(record.bytes_received, sent);
}

TEST_F(PeerTest, AStalledPeerDoesNotSpinWhenTheConnectionIsOver) {
  Start({Step::HalfClose(), Step::Stall()});
  auto client = Connect();
  client->Close();
  const clock_t before = clock();  // processor time of the process
  poll(nullptr, 0, 200);
  EXPECT_LT(clock() - before, CLOCKS_PER_SEC / 10);
  ExpectEnding(StopOne(), Ending::kFin);
}

class NarrowPeerTest : public PeerTest {
 protected:
  void SetUp() override {
    PeerTest::SetUp();
    absl::StatusOr<std::unique_ptr<Peer>> peer = Peer::Listen(kAddress, true);
    ASSERT_TRUE(peer.ok()) << peer.status();
    peer_ = *std::move(peer);
    Start({Step::Narrow(), Step::ReadLate(), Step::Finish()});
  }
};

TEST_F(NarrowPeerTest, ItsSubjectsQueueIsSmallAndStillFullAtItsClose) {
  auto client = Connect();
  const size_t taken = client->Fill();
  EXPECT_GT(taken, 4'000u);
  EXPECT_LT(taken, 100'000u);
  client->Close();
  const ConnectionRecord record = StopOne();
  ExpectPlayed(record);
  ExpectEnding(record, Ending::kFin);
  EXPECT_EQ(record.bytes_received, taken);
}

TEST_F(NarrowPeerTest, WhatIsInTheQueueOfAnAbortIsLost) {
  auto client = Connect();
  const size_t taken = client->Fill();
  client->Reset();
  const ConnectionRecord record = StopOne();
  ExpectEnding(record, Ending::kReset);
  EXPECT_LT(record.bytes_received, taken);
}

TEST_F(NarrowPeerTest, ReadsOnWhereTheSubjectIsStuck) {
  constexpr size_t kMuch = 300'000;
  auto client = Connect();
  EXPECT_EQ(client->Send(std::string(kMuch, 'x')), 0) << "it blocks until somebody reads";
  client->Close();
  const ConnectionRecord record = StopOne();
  ExpectPlayed(record);
  EXPECT_EQ(record.bytes_received, kMuch);
}

TEST_F(NarrowPeerTest, DoesNotWaitForWhoWaitsForUs) {
  auto client = Connect();
  EXPECT_EQ(client->Send("a little"), 0);
  EXPECT_EQ(client->AwaitEnd(), "EOF") << "the script is over, and ours is the first FIN";
}

}  // namespace
}  // namespace lastack
