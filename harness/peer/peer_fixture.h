// What the peer's tests share: a listening peer, clients for it, and the check that it leaves nothing behind.
#ifndef LASTACK_HARNESS_PEER_PEER_FIXTURE_H_
#define LASTACK_HARNESS_PEER_PEER_FIXTURE_H_

#include <dirent.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "harness/peer/deadline.h"
#include "harness/peer/peer.h"
#include "harness/peer/socket_table.h"
#include "harness/peer/test_client.h"

namespace lastack {

inline constexpr char kAddress[] = "127.0.0.2";

inline size_t EntriesOf(const char* path) {
  size_t count = 0;
  DIR* directory = opendir(path);
  while (readdir(directory) != nullptr) ++count;
  closedir(directory);
  return count;
}

inline const char* Name(Ending ending) {
  static constexpr const char* kNames[] = {"nothing", "FIN", "RST", "FIN, then RST"};
  return kNames[static_cast<size_t>(ending)];
}

class PeerTest : public testing::Test {
 protected:
  // A sanitizer may start a thread of its own with our first one.
  static void SetUpTestSuite() {
    std::thread([] {}).join();
  }

  void SetUp() override {
    threads_ = EntriesOf("/proc/self/task");
    descriptors_ = EntriesOf("/proc/self/fd");
    options_.start_ns = MonotonicNs();
    absl::StatusOr<std::unique_ptr<Peer>> peer = Peer::Listen(kAddress);
    ASSERT_TRUE(peer.ok()) << peer.status();
    peer_ = *std::move(peer);
  }

  void TearDown() override {
    peer_.reset();
    EXPECT_EQ(EntriesOf("/proc/self/fd"), descriptors_) << "descriptors are left behind";
    // A thread that was joined may still be on its way out of the kernel.
    const Deadline deadline(absl::Seconds(10));
    while (EntriesOf("/proc/self/task") > threads_ && !deadline.passed()) std::this_thread::yield();
    EXPECT_EQ(EntriesOf("/proc/self/task"), threads_) << "threads are left behind";
  }

  void Start(Script script) { peer_->Start({std::move(script)}, options_); }
  void StartWithTimeout(Script script, absl::Duration step_timeout) {
    options_.step_timeout = step_timeout;
    Start(std::move(script));
  }

  std::unique_ptr<TestClient> Connect() {
    auto client = std::make_unique<TestClient>(kAddress, peer_->port());
    EXPECT_TRUE(client->connected());
    return client;
  }

  // Waits until the peer's end of the connection is in this state.
  void AwaitPeer(const TestClient& client, TcpState wanted) {
    const Deadline deadline(absl::Seconds(20));
    absl::optional<SocketRow> row;
    do {
      row = FindSocket({0x7f000002, peer_->port()}, client.endpoint()).value();
    } while ((!row.has_value() || row->state != wanted) && !deadline.passed());
    ASSERT_TRUE(row.has_value()) << "the peer's end is gone";
    EXPECT_EQ(TcpStateName(row->state), TcpStateName(wanted));
  }

  // Stops the peer, which has had one connection.
  ConnectionRecord StopOne(absl::Duration patience = absl::Seconds(20)) {
    std::vector<ConnectionRecord> records = peer_->Stop(patience);
    EXPECT_EQ(records.size(), 1u);
    return records.empty() ? ConnectionRecord() : records[0];
  }

  static void ExpectEnding(const ConnectionRecord& record, Ending ending) {
    EXPECT_STREQ(Name(record.ending), Name(ending));
    EXPECT_EQ(record.fin_ns != 0, ending == Ending::kFin || ending == Ending::kFinThenReset);
    EXPECT_EQ(record.reset_ns != 0, ending == Ending::kReset || ending == Ending::kFinThenReset);
  }
  static void ExpectPlayed(const ConnectionRecord& record) {
    EXPECT_TRUE(record.script_done);
    EXPECT_EQ(record.trouble, "");
  }
  static void ExpectTrouble(const ConnectionRecord& record, const std::string& words) {
    EXPECT_FALSE(record.script_done);
    EXPECT_NE(record.trouble.find(words), std::string::npos) << record.trouble;
  }

  // Scripts that wait for a client that does nothing, one for each kind of wait.
  static std::vector<Script> WaitingScripts() {
    return {{Step::ExpectUntil("x")},
            {Step::ExpectBytes(1)},
            {Step::ExpectEnd()},
            {Step::Send(std::string(16 << 20, 's'))},
            {Step::Send("unread"), Step::AwaitRead()},
            {Step::AwaitClosed()},
            {Step::Stall()},
            {Step::HalfClose()},
            {Step::Finish()},
            {}};
  }

  // As a backend orders a reset; the peer's answer.
  static uint32_t Order(ResetOrder* order, uint16_t port) {
    order->port = port;
    __atomic_store_n(&order->state, ResetOrder::kRequested, __ATOMIC_RELEASE);
    syscall(SYS_futex, &order->state, FUTEX_WAKE, 1, nullptr, nullptr, 0);
    uint32_t state;
    while ((state = __atomic_load_n(&order->state, __ATOMIC_ACQUIRE)) == ResetOrder::kRequested) {
      syscall(SYS_futex, &order->state, FUTEX_WAIT, state, nullptr, nullptr, 0);
    }
    return state;
  }
  uint32_t OrderReset(uint16_t port) { return Order(&header_.reset_order, port); }

  size_t threads_ = 0;
  size_t descriptors_ = 0;
  TraceHeader header_ = {};
  Peer::Options options_;
  std::unique_ptr<Peer> peer_;
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_PEER_PEER_FIXTURE_H_
