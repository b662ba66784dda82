// How a connection ended, as the peer records it.

#include <string>

#include "gtest/gtest.h"
#include "harness/peer/peer.h"
#include "harness/peer/peer_fixture.h"

namespace lastack {
namespace {

TEST_F(PeerTest, SeesFin) {
  Start({});
  auto client = Connect();
  EXPECT_EQ(client->Send("hello"), 0);
  client->Close();
  const ConnectionRecord record = StopOne();
  ExpectEnding(record, Ending::kFin);
  ExpectPlayed(record);
  EXPECT_EQ(record.received, "hello");
  EXPECT_EQ(record.bytes_received, 5u);
  EXPECT_EQ(record.far_port, client->port());
  EXPECT_GT(record.accepted_ns, 0u);
  EXPECT_GE(record.fin_ns, record.accepted_ns);
  EXPECT_GE(record.our_fin_ns, record.fin_ns);
  EXPECT_EQ(record.our_reset_ns, 0u);
  EXPECT_LT(record.fin_ns, MonotonicNs() - options_.start_ns);
}

TEST_F(PeerTest, SeesResetAndTheDataBeforeIt) {
  Start({});
  auto client = Connect();
  EXPECT_EQ(client->Send("hello"), 0);
  client->Reset();
  const ConnectionRecord record = StopOne();
  ExpectEnding(record, Ending::kReset);
  EXPECT_EQ(record.received, "hello");
  EXPECT_EQ(record.our_fin_ns, 0u);
}

TEST_F(PeerTest, SeesNothingWhereNothingCame) {
  Start({});
  auto client = Connect();
  EXPECT_EQ(client->Send("hello"), 0);
  const ConnectionRecord record = StopOne(absl::Milliseconds(50));
  ExpectEnding(record, Ending::kNothing);
  EXPECT_EQ(record.received, "hello");
  EXPECT_GT(record.our_fin_ns, 0u) << "our close";
  EXPECT_EQ(client->AwaitEnd(), "EOF");
}

TEST_F(PeerTest, SeesFinThenReset) {
  Start({Step::ExpectEnd(), Step::Stall()});
  auto client = Connect();
  EXPECT_EQ(client->Send("hello"), 0);
  client->HalfClose();
  client->Reset();
  const ConnectionRecord record = StopOne();
  ExpectEnding(record, Ending::kFinThenReset);
  EXPECT_EQ(record.received, "hello");
  EXPECT_GE(record.reset_ns, record.fin_ns);
}

// The kernel of a subject that has closed answers what we send with RST.
TEST_F(PeerTest, SeesTheResetThatAnswersLateData) {
  Start({Step::ExpectEnd(), Step::Send("late")});
  Connect()->Close();
  const ConnectionRecord record = StopOne();
  ExpectEnding(record, Ending::kFinThenReset);
  ExpectPlayed(record);
}

// What the kernel does when a process dies: RST where data was not read.
TEST_F(PeerTest, UnreadDataMakesTheSubjectsCloseAReset) {
  Start({Step::Send("not read"), Step::ExpectEnd()});
  auto client = Connect();
  EXPECT_EQ(client->Receive(3), "not");
  client->Close();
  const ConnectionRecord record = StopOne();
  ExpectEnding(record, Ending::kReset);
  ExpectPlayed(record);
}

// The pending error is consumed by our send; the end of file that follows must not count as FIN.
TEST_F(PeerTest, AResetThatASendReportsIsNoFin) {
  Start({Step::ExpectUntil("a"), Step::AwaitClosed(), Step::Send("x")});
  auto client = Connect();
  EXPECT_EQ(client->Send("abc"), 0);
  client->Reset();
  const ConnectionRecord record = StopOne();
  ExpectEnding(record, Ending::kReset);
  ExpectTrouble(record, "step 3, Send: the subject sent RST after 0 of 1 bytes");
  EXPECT_EQ(record.received, "abc");
}

TEST_F(PeerTest, AResetThatABarrierMeetsIsNoFin) {
  Start({Step::ExpectUntil("a"), Step::Send("never read"), Step::AwaitRead()});
  auto client = Connect();
  EXPECT_EQ(client->Send("abc"), 0);
  EXPECT_EQ(client->Receive(1), "n");
  client->Close();
  const ConnectionRecord record = StopOne();
  ExpectEnding(record, Ending::kReset);
  ExpectTrouble(record, "step 3, AwaitRead: the subject sent RST before all was read");
  EXPECT_EQ(record.received, "abc");
}

}  // namespace
}  // namespace lastack
