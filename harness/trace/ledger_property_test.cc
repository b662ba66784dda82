// Whatever a trace holds, the ledger of it is a ledger.
#include <errno.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <random>
#include <utility>

#include "harness/trace/ledger.h"
#include "harness/trace/trace_builder.h"

namespace lastack {
namespace {

// Few numbers, so that they meet; any kind, call, result and fault.
TracedEvent RandomEvent(std::mt19937& random, uint64_t ns) {
  const auto below = [&random](uint32_t limit) { return static_cast<uint32_t>(random() % limit); };
  TracedEvent traced{};
  traced.pid = 100 + static_cast<int>(below(3));
  traced.tid = traced.pid;
  traced.start_ns = ns;
  Event& event = traced.event;
  event.kind = static_cast<EventKind>(below(static_cast<uint32_t>(EventKind::kExit) + 1));
  constexpr Call kCalls[] = {Call::socket,      Call::accept,  Call::dup2,   Call::close,
                             Call::close_range, Call::connect, Call::execve, Call::fork,
                             Call::setsockopt,  Call::recvmsg, Call::listen};
  event.call = kCalls[below(std::size(kCalls))];
  event.fd = 3 + static_cast<int>(below(4));
  event.socket = below(6);
  event.a = below(2) != 0 ? kTcpWord : LoopbackAddress(80);
  event.b = below(4);
  event.result = static_cast<int>(below(4)) - 1;
  event.error = event.result < 0 ? (below(2) != 0 ? EBADF : EINTR) : 0;
  event.flags = below(8) == 0 ? kOnDecoy : 0;
  event.fault = below(4) == 0 ? 0 : kNoFaultIndex;
  event.effect = static_cast<Effect>(below(static_cast<uint32_t>(kLastEffect) + 1));
  return traced;
}

// What is open when its process ends has no end of its own; the number is free in the next process of that pid.
bool AnotherProcessBegan(const Ledger& ledger, int pid, uint64_t after_ns, uint64_t until_ns) {
  return std::any_of(ledger.processes.begin(), ledger.processes.end(), [&](const ProcessLife& process) {
    return process.pid == pid && process.first_ns > after_ns && process.first_ns <= until_ns;
  });
}

void ExpectSound(const Ledger& ledger) {
  using Number = std::pair<int, int>;                            // pid and fd
  std::map<Number, std::map<uint64_t, DescriptorLife>> numbers;  // by birth
  for (const SocketLife& socket : ledger.sockets) {
    ASSERT_FALSE(socket.descriptors.empty());
    EXPECT_EQ(ledger.Find(socket.socket), &socket) << "two lives of one socket";
    uint64_t born_ns = 0;
    for (const DescriptorLife& life : socket.descriptors) {
      EXPECT_LE(born_ns, life.born_ns) << "descriptors are not in order of birth";
      born_ns = life.born_ns;
      const bool ended = life.fate != Fate::kOpen;
      EXPECT_EQ(ended, life.ended_ns != 0);
      EXPECT_TRUE(!ended || life.born_ns <= life.ended_ns);
      const bool is_first = numbers[Number(life.pid, life.fd)].emplace(life.born_ns, life).second;
      EXPECT_TRUE(is_first) << "two births at once";
    }
  }
  for (const auto& [number, lives] : numbers) {
    for (auto life = lives.begin(); std::next(life) != lives.end(); ++life) {
      const DescriptorLife& before = life->second;
      const DescriptorLife& after = std::next(life)->second;
      const bool ended = before.ended_ns != 0 && before.ended_ns <= after.born_ns;
      EXPECT_TRUE(ended || AnotherProcessBegan(ledger, before.pid, before.born_ns, after.born_ns))
          << "descriptor " << before.fd << " of " << before.pid << " was born again while it lived";
    }
  }
}

TEST(LedgerPropertyTest, AnyTraceGivesLivesThatAlternate) {
  size_t lives = 0;
  for (uint32_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    Trace trace;
    for (uint64_t ns = 1; ns <= 120; ++ns) trace.events.push_back(RandomEvent(random, ns));
    const Ledger ledger = Ledger::Of(trace);
    ExpectSound(ledger);
    for (const SocketLife& socket : ledger.sockets) lives += socket.descriptors.size();
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(lives, 5000u) << "the random traces open too little to show anything";
}

TEST(LedgerPropertyTest, GarbageIsPassedOver) {
  std::mt19937 random(1);
  Trace trace;
  for (int i = 0; i < 20'000; ++i) {
    TracedEvent traced{};
    auto* bytes = reinterpret_cast<unsigned char*>(&traced);
    for (size_t at = 0; at < sizeof(traced); ++at) bytes[at] = static_cast<unsigned char>(random());
    // Most bytes name nothing; let half of the events get past that.
    if (i % 2 == 0) {
      traced.event.kind = static_cast<EventKind>(random() % 12);
      traced.event.call = static_cast<Call>(random() % (kCallCount + 1));
      traced.event.effect = static_cast<Effect>(random() % 7);
      traced.event.realism = static_cast<Realism>(random() % 3);
      traced.event.fault = kNoFaultIndex;
    }
    trace.events.push_back(traced);
  }
  const Ledger ledger = Ledger::Of(trace);
  for (const SocketLife& socket : ledger.sockets) EXPECT_LE(socket.kind, SocketKind::kOther);
  EXPECT_FALSE(ledger.sockets.empty());
}

}  // namespace
}  // namespace lastack
