// Floods, and many connections.

#include <dirent.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "harness/peer/peer.h"
#include "harness/peer/peer_fixture.h"

namespace lastack {
namespace {

TEST_F(PeerTest, AFloodIsCountedAndItsBeginningKept) {
  Start({});
  auto client = Connect();
  rusage before, after;
  getrusage(RUSAGE_SELF, &before);
  const std::string block(1 << 20, 'f');
  for (int i = 0; i < 256; ++i) EXPECT_EQ(client->Send(block), 0);
  client->Close();
  const ConnectionRecord record = StopOne();
  getrusage(RUSAGE_SELF, &after);
  EXPECT_EQ(record.bytes_received, uint64_t{256} << 20);
  EXPECT_EQ(record.received, std::string(Peer::kMaxKeptBytes, 'f'));
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 16 * 1024) << "kilobytes";
}

TEST_F(PeerTest, AFloodDoesNotOutlastAStepsDeadlineNorAReset) {
  options_.orders = &header_;
  StartWithTimeout({Step::ExpectUntil("never"), Step::Reset()}, absl::Milliseconds(50));
  auto client = Connect();
  const std::string block(1 << 20, 'f');
  while (MonotonicNs() - options_.start_ns < 100'000'000) EXPECT_EQ(client->Send(block), 0);
  EXPECT_EQ(client->AwaitEnd(), "EOF");
  EXPECT_EQ(OrderReset(client->port()), ResetOrder::kDone) << "while the peer reads on";
  ExpectTrouble(StopOne(), "\"never\" has not come after 50ms");
}

TEST_F(PeerTest, AllRecordsTogetherKeepABoundedAmount) {
  Start({});
  const std::string block(Peer::kMaxKeptBytes, 'k');
  const size_t count = Peer::kMaxKeptByAll / Peer::kMaxKeptBytes + 10;
  for (size_t i = 0; i < count; ++i) EXPECT_EQ(Connect()->Send(block), 0);
  size_t kept = 0;
  for (const ConnectionRecord& record : peer_->Stop()) {
    EXPECT_EQ(record.bytes_received, block.size());
    kept += record.received.size();
  }
  EXPECT_GT(kept, Peer::kMaxKeptByAll / 2);
  EXPECT_LE(kept, Peer::kMaxKeptByAll);
}

TEST_F(PeerTest, PlaysTheScriptsInOrderAndTheLastAgain) {
  peer_->Start({{Step::Send("first")}, {Step::Send("second")}, {Step::Send("later")}}, options_);
  for (const char* expected : {"first", "second", "later", "later"}) {
    EXPECT_EQ(Connect()->Receive(strlen(expected)), expected);
  }
  const std::vector<ConnectionRecord> records = peer_->Stop();
  ASSERT_EQ(records.size(), 4u);
  for (size_t i = 0; i < records.size(); ++i) EXPECT_EQ(records[i].script, std::min<size_t>(i, 2));
}

// Of this process, in bytes.
uint64_t AddressSpace() {
  uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

TEST_F(PeerTest, ServesManyConnectionsOneAfterTheOther) {
  constexpr size_t kCount = 2000;
  Start({Step::ExpectUntil("\n"), Step::Send("answer"), Step::Finish()});
  std::vector<uint16_t> ports;
  const uint64_t before = AddressSpace();
  for (size_t i = 0; i < kCount; ++i) {
    auto client = Connect();
    ports.push_back(client->port());
    EXPECT_EQ(client->Send("question\n"), 0);
    EXPECT_EQ(client->Receive(100), "answer");
  }
  EXPECT_LT(AddressSpace(), before + (uint64_t{2} << 30)) << "stacks of threads that have ended";
  const std::vector<ConnectionRecord> records = peer_->Stop();
  ASSERT_EQ(records.size(), kCount);
  for (size_t i = 0; i < kCount; ++i) {
    EXPECT_EQ(records[i].far_port, ports[i]);
    ExpectPlayed(records[i]);
    ExpectEnding(records[i], Ending::kFin);
  }
}

TEST_F(PeerTest, ServesManyConnectionsAtOnce) {
  constexpr size_t kCount = 100;
  Start({Step::ExpectUntil("\n"), Step::Send("answer"), Step::Finish()});
  std::vector<std::unique_ptr<TestClient>> clients;
  for (size_t i = 0; i < kCount; ++i) clients.push_back(Connect());
  for (auto client = clients.rbegin(); client != clients.rend(); ++client) {
    EXPECT_EQ((*client)->Send("question\n"), 0);
    EXPECT_EQ((*client)->Receive(100), "answer");
  }
  clients.clear();
  const std::vector<ConnectionRecord> records = peer_->Stop();
  ASSERT_EQ(records.size(), kCount);
  for (const ConnectionRecord& record : records) ExpectPlayed(record);
}

// Leaves room for three more descriptors while it exists: enough for one connection.
class FewDescriptors {
 public:
  FewDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    // The limit is on numbers: those that are free below the highest one in use are filled first.
    const size_t highest = HighestDescriptor();
    do {
      fillers_.push_back(dup(0));
    } while (static_cast<size_t>(fillers_.back()) < highest);
    const rlimit tight = {static_cast<rlim_t>(fillers_.back()) + 1 + 3, before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &tight);
  }
  ~FewDescriptors() {
    setrlimit(RLIMIT_NOFILE, &before_);
    for (const int filler : fillers_) close(filler);
  }

 private:
  static size_t HighestDescriptor() {
    int highest = 0;
    DIR* directory = opendir("/proc/self/fd");
    while (const dirent* entry = readdir(directory)) highest = std::max(highest, atoi(entry->d_name));
    closedir(directory);
    return static_cast<size_t>(highest);
  }

  rlimit before_;
  std::vector<int> fillers_;
};

TEST_F(PeerTest, ConnectionsWaitWhileThereAreNoDescriptors) {
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(Connect());
  const FewDescriptors few;
  Start({Step::Send("answer"), Step::Finish()});
  const clock_t before = clock();  // processor time of the process
  poll(nullptr, 0, 200);
  EXPECT_LT(clock() - before, CLOCKS_PER_SEC / 10) << "it spins";
  for (auto& client : clients) {
    EXPECT_EQ(client->Receive(100), "answer");
    client->Close();
  }
  const std::vector<ConnectionRecord> records = peer_->Stop();
  EXPECT_EQ(records.size(), 5u);
  for (const ConnectionRecord& record : records) ExpectPlayed(record);
}

TEST_F(PeerTest, ConnectionsThatWaitedForDescriptorsUntilTheEndAreReadThen) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Connect()->Send("hello"), 0);
  const FewDescriptors few;
  Start({});
  const std::vector<ConnectionRecord> records = peer_->Stop();
  EXPECT_EQ(records.size(), 5u);
  for (const ConnectionRecord& record : records) {
    EXPECT_EQ(record.received, "hello");
    ExpectEnding(record, Ending::kFin);
  }
}

}  // namespace
}  // namespace lastack
