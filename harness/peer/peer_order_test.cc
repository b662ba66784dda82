// What comes from outside while scripts are played: orders to reset, and the end of the run.

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "harness/peer/peer.h"
#include "harness/peer/peer_fixture.h"

namespace lastack {
namespace {

TEST_F(PeerTest, ResetsAConnectionOnOrder) {
  options_.orders = &header_;
  Start({Step::Stall()});
  auto other = Connect();
  auto client = Connect();
  EXPECT_EQ(OrderReset(client->port()), ResetOrder::kDone);
  EXPECT_EQ(client->AwaitEnd(), "ECONNRESET");
  EXPECT_EQ(OrderReset(client->port()), ResetOrder::kRefused) << "it is over";
  EXPECT_EQ(OrderReset(1), ResetOrder::kRefused) << "no such connection";
  EXPECT_EQ(other->Send("still there"), 0);
  other->Close();
  const std::vector<ConnectionRecord> records = peer_->Stop();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].our_reset_ns, 0u);
  ExpectEnding(records[0], Ending::kFin);
  EXPECT_GT(records[1].our_reset_ns, 0u);
  EXPECT_FALSE(records[1].script_done);
  EXPECT_EQ(records[1].trouble, "") << "an order is no trouble";
}

TEST_F(PeerTest, AnOrderEndsEachStepAtOnce) {
  options_.orders = &header_;
  options_.step_timeout = absl::Hours(1);
  const std::vector<Script> scripts = WaitingScripts();
  peer_->Start(scripts, options_);
  for (size_t i = 0; i < scripts.size(); ++i) {
    SCOPED_TRACE(absl::StrCat("script ", i));
    auto client = Connect();
    EXPECT_EQ(OrderReset(client->port()), ResetOrder::kDone);
    EXPECT_NE(client->Send("x"), 0);
  }
  for (const ConnectionRecord& record : peer_->Stop()) {
    SCOPED_TRACE(absl::StrCat("script ", record.script));
    EXPECT_GT(record.our_reset_ns, 0u);
    EXPECT_EQ(record.trouble, "");
  }
}

TEST_F(PeerTest, AnOrderForAConnectionThatHasEndedIsRefused) {
  options_.orders = &header_;
  Start({Step::ExpectEnd(), Step::Stall()});
  auto client = Connect();
  client->Reset();
  EXPECT_EQ(OrderReset(client->port()), ResetOrder::kRefused);
  const ConnectionRecord record = StopOne();
  EXPECT_EQ(record.our_reset_ns, 0u);
  ExpectEnding(record, Ending::kReset);
}

// As a backend does it: from another process, through a shared mapping.
TEST_F(PeerTest, AnOrderComesFromAnotherProcess) {
  void* const mapping = mmap(nullptr, sizeof(TraceHeader), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(mapping, MAP_FAILED);
  auto* const shared = static_cast<TraceHeader*>(mapping);
  options_.orders = shared;
  const uint16_t port = peer_->port();
  const pid_t child = fork();
  if (child == 0) {
    TestClient client(kAddress, port);
    const bool done = Order(&shared->reset_order, client.port()) == ResetOrder::kDone;
    _exit(done && client.AwaitEnd() == "ECONNRESET" ? 0 : 1);
  }
  Start({Step::Stall()});
  int status;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_GT(StopOne().our_reset_ns, 0u);
  munmap(mapping, sizeof(TraceHeader));
}

TEST_F(PeerTest, StopEndsEachStepAtOnce) {
  options_.step_timeout = absl::Hours(1);
  const std::vector<Script> scripts = WaitingScripts();
  peer_->Start(scripts, options_);
  std::vector<std::unique_ptr<TestClient>> clients;
  for (size_t i = 0; i < scripts.size(); ++i) clients.push_back(Connect());
  const uint64_t before = MonotonicNs();
  const std::vector<ConnectionRecord> records = peer_->Stop(absl::ZeroDuration());
  EXPECT_LT(MonotonicNs() - before, 10'000'000'000u);
  ASSERT_EQ(records.size(), scripts.size());
  for (const ConnectionRecord& record : records) {
    SCOPED_TRACE(absl::StrCat("script ", record.script));
    if (!record.script_done) {
      EXPECT_NE(record.trouble.find("the run ended first"), std::string::npos) << record.trouble;
    }
    ExpectEnding(record, Ending::kNothing);
  }
}

TEST_F(PeerTest, WhatTheSubjectDidBeforeItWasGoneIsPlayedAndRead) {
  auto client = Connect();
  EXPECT_EQ(client->Send("question\n and more"), 0);
  client->HalfClose();
  Start({Step::ExpectUntil("\n"), Step::Send("answer"), Step::Finish()});
  const ConnectionRecord record = StopOne();
  ExpectPlayed(record);
  ExpectEnding(record, Ending::kFin);
  EXPECT_EQ(record.received, "question\n and more");
  EXPECT_EQ(client->Receive(100), "answer");
}

TEST_F(PeerTest, WhatComesWithinThePatienceIsRead) {
  Start({Step::Send("x")});
  auto client = Connect();
  EXPECT_EQ(client->Receive(1), "x");
  std::thread late([&] {
    // Stop joins the thread that accepts, first of all. There are this thread, the connection's and that one.
    while (EntriesOf("/proc/self/task") >= threads_ + 3) std::this_thread::yield();
    EXPECT_EQ(client->Send("late"), 0);
    client->Close();
  });
  const ConnectionRecord record = StopOne();
  late.join();
  EXPECT_EQ(record.received, "late");
  ExpectEnding(record, Ending::kFin);
}

TEST_F(PeerTest, StopsOnce) {
  EXPECT_TRUE(peer_->Stop().empty()) << "it was not started";
  Start({});
  Connect()->Close();
  EXPECT_EQ(peer_->Stop().size(), 1u);
  EXPECT_TRUE(peer_->Stop().empty());
}

TEST_F(PeerTest, TheDestructorStops) {
  Start({Step::Stall()});
  auto client = Connect();
  peer_.reset();
  EXPECT_NE(client->AwaitEnd(), "");
}

TEST(PeerListenTest, TakesLoopbackAddressesOnly) {
  for (const char* address : {"", "localhost", "10.0.0.1", "0.0.0.0", "::1", "128.0.0.1", "127.0.0.1.1"}) {
    EXPECT_EQ(Peer::Listen(address).status().code(), absl::StatusCode::kInvalidArgument) << address;
  }
  for (const char* address : {"127.0.0.1", "127.255.255.254"}) {
    const absl::StatusOr<std::unique_ptr<Peer>> peer = Peer::Listen(address);
    ASSERT_TRUE(peer.ok()) << peer.status();
    EXPECT_NE((*peer)->port(), 0);
  }
}

}  // namespace
}  // namespace lastack
