#include "harness/plan/decide.h"

#include <stdint.h>

#include <atomic>
#include <functional>
#include <initializer_list>
#include <random>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace lastack {
namespace {

constexpr uint8_t Bit(SocketKind kind) { return static_cast<uint8_t>(1u << static_cast<unsigned>(kind)); }

constexpr uint8_t kTcpOnly = Bit(SocketKind::kTcp);

Fault At(uint32_t first, uint32_t last, uint32_t step) {
  Fault fault{};
  fault.first = first;
  fault.last = last;
  fault.step = step;
  fault.kinds = kTcpOnly;
  return fault;
}

Fault Selecting(uint8_t kinds, uint8_t after) {
  Fault fault = At(1, UINT32_MAX, 1);
  fault.kinds = kinds;
  fault.after = after;
  return fault;
}

void Append(Plan& plan, const Fault& fault) {
  for (size_t call = 0; call < kCallCount; ++call) {
    if (Contains(fault, static_cast<Call>(call))) plan.faults_of_call[call] |= 1u << plan.fault_count;
  }
  plan.faults[plan.fault_count++] = fault;
}

Plan PlanOf(std::initializer_list<Fault> faults) {
  Plan plan{};
  for (const Fault& fault : faults) Append(plan, fault);
  return plan;
}

constexpr Call kCalls[] = {Call::close, Call::send, Call::recv};

Fault Naming(Fault fault, std::initializer_list<Call> calls) {
  for (Call call : calls) {
    fault.calls[static_cast<unsigned>(call) / 64] |= uint64_t{1} << static_cast<unsigned>(call) % 64;
  }
  return fault;
}

// A socket as the agent keeps it.
struct Socket {
  Watch watch{};
  Tally tally{};

  explicit Socket(const Plan& plan, SocketKind kind = SocketKind::kTcp, uint8_t history = 0) {
    Arm(plan, watch, tally, kind, history);
  }

  // A call on it, as a wrapper makes it.
  int Make(const Plan& plan, Call call) {
    if (Due(plan, watch, call) == 0 || PassesQuietly(watch, tally, call)) return kNoFault;
    return Decide(plan, watch, tally, call);
  }

  // The fault's occurrences so far.
  uint32_t Counted(const Plan& plan, int fault) {
    Arm(plan, watch, tally, SocketKind::kTcp, 0);  // settles
    return tally.of_fault[fault];
  }
};

// The numbers of those calls, of the first `count`, at which a fault fires.
std::vector<uint32_t> Firings(const Plan& plan, uint32_t count, Call call = Call::send) {
  Socket socket(plan);
  std::vector<uint32_t> numbers;
  for (uint32_t number = 1; number <= count; ++number) {
    if (socket.Make(plan, call) != kNoFault) numbers.push_back(number);
  }
  return numbers;
}

// --- Arm and Due: which faults select a socket.

uint32_t Armed(const Plan& plan, SocketKind kind, uint8_t history) { return Socket(plan, kind, history).watch.armed; }

TEST(Arm, ChoosesByKind) {
  const Plan plan =
      PlanOf({Selecting(kTcpOnly, 0), Selecting(Bit(SocketKind::kUnix), 0),
              Selecting(kTcpOnly | Bit(SocketKind::kListener), 0), Selecting(Bit(SocketKind::kOther), 0)});
  EXPECT_EQ(Armed(plan, SocketKind::kTcp, 0), 0b0101u);
  EXPECT_EQ(Armed(plan, SocketKind::kUnix, 0), 0b0010u);
  EXPECT_EQ(Armed(plan, SocketKind::kListener, 0), 0b0100u);
  EXPECT_EQ(Armed(plan, SocketKind::kOther, 0), 0b1000u);
  EXPECT_EQ(Armed(plan, SocketKind::kNotASocket, 0), 0u);
}

TEST(Arm, WaitsForWhatMustHaveHappened) {
  const Plan plan = PlanOf({Selecting(kTcpOnly, 0), Selecting(kTcpOnly, kSawReset),
                            Selecting(kTcpOnly, kShutdownWrite | kShutdownRead), Selecting(kTcpOnly, kSawEof)});
  EXPECT_EQ(Armed(plan, SocketKind::kTcp, 0), 0b0001u);
  EXPECT_EQ(Armed(plan, SocketKind::kTcp, kConnected), 0b0001u);
  EXPECT_EQ(Armed(plan, SocketKind::kTcp, kSawReset), 0b0011u);
  EXPECT_EQ(Armed(plan, SocketKind::kTcp, kShutdownRead), 0b0101u);
  EXPECT_EQ(Armed(plan, SocketKind::kTcp, kShutdownWrite), 0b0101u);
  EXPECT_EQ(Armed(plan, SocketKind::kTcp, kShutdownWrite | kSawEof), 0b1101u);
  EXPECT_EQ(Armed(plan, SocketKind::kUnix, kSawReset), 0u);
}

TEST(Arm, KnowsEveryFaultOfAFullPlanAndNoneBehindIt) {
  Plan plan{};
  EXPECT_EQ(Armed(plan, SocketKind::kTcp, 0), 0u);
  for (Fault& fault : plan.faults) fault = Selecting(kTcpOnly, 0);
  plan.fault_count = kMaxFaults;
  EXPECT_EQ(Armed(plan, SocketKind::kTcp, 0), 0xffffu);
  plan.fault_count = kMaxFaults - 1;
  EXPECT_EQ(Armed(plan, SocketKind::kTcp, 0), 0x7fffu);
}

TEST(AllFaults, AreThoseOfThePlanAndNoneBehindThem) {
  Plan plan{};
  EXPECT_EQ(AllFaults(plan), 0u);
  plan.fault_count = 3;
  EXPECT_EQ(AllFaults(plan), 0b111u);
  plan.fault_count = kMaxFaults;
  EXPECT_EQ(AllFaults(plan), 0xffffu);
}

TEST(Due, AreTheArmedFaultsThatNameTheCall) {
  const Plan plan = PlanOf({Naming(At(1, 1, 1), {Call::send}), Naming(At(1, 1, 1), {Call::send, Call::recv}),
                            Naming(Selecting(Bit(SocketKind::kUnix), 0), {Call::send})});
  const Socket socket(plan);
  EXPECT_EQ(Due(plan, socket.watch, Call::send), 0b011u);
  EXPECT_EQ(Due(plan, socket.watch, Call::recv), 0b010u);
  EXPECT_EQ(Due(plan, socket.watch, Call::close), 0u);
}

// --- NextFiring.

TEST(NextFiring, IsTheFirstThenEveryStepUpToTheLast) {
  const Fault fault = At(2, 9, 3);  // 2, 5, 8
  EXPECT_EQ(NextFiring(fault, 0), 2u);
  EXPECT_EQ(NextFiring(fault, 1), 2u);
  EXPECT_EQ(NextFiring(fault, 2), 5u);
  EXPECT_EQ(NextFiring(fault, 4), 5u);
  EXPECT_EQ(NextFiring(fault, 5), 8u);
  EXPECT_EQ(NextFiring(fault, 7), 8u);
  EXPECT_EQ(NextFiring(fault, 8), kNever);
  EXPECT_EQ(NextFiring(fault, UINT32_MAX), kNever);
}

TEST(NextFiring, HoldsAtTheEdgeOfTheNumbers) {
  EXPECT_EQ(NextFiring(At(UINT32_MAX, UINT32_MAX, 1), 0), UINT32_MAX);
  EXPECT_EQ(NextFiring(At(UINT32_MAX, UINT32_MAX, 1), UINT32_MAX - 1), UINT32_MAX);
  EXPECT_EQ(NextFiring(At(UINT32_MAX, UINT32_MAX, 1), UINT32_MAX), kNever);
  EXPECT_EQ(NextFiring(At(1, UINT32_MAX, 1), UINT32_MAX - 1), UINT32_MAX);
  EXPECT_EQ(NextFiring(At(1, UINT32_MAX - 1, 1), UINT32_MAX - 1), kNever);
  EXPECT_EQ(NextFiring(At(1, 1, 1), UINT32_MAX - 1), kNever);
  EXPECT_EQ(NextFiring(At(1, UINT32_MAX, UINT32_MAX), 0), 1u);
  EXPECT_EQ(NextFiring(At(1, UINT32_MAX, UINT32_MAX), 1), kNever) << "the second would be one later";
  EXPECT_EQ(NextFiring(At(1, UINT32_MAX, UINT32_MAX - 1), 1), UINT32_MAX);
}

// --- Decide.

TEST(Decide, FiresAtTheOccurrencesOfTheRule) {
  const auto firings = [](uint32_t first, uint32_t last, uint32_t step) {
    return Firings(PlanOf({Naming(At(first, last, step), {Call::send})}), 10);
  };
  using Numbers = std::vector<uint32_t>;
  EXPECT_EQ(firings(1, UINT32_MAX, 1), (Numbers{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
  EXPECT_EQ(firings(1, 1, 1), (Numbers{1}));
  EXPECT_EQ(firings(3, 5, 1), (Numbers{3, 4, 5}));
  EXPECT_EQ(firings(2, 9, 3), (Numbers{2, 5, 8}));
  EXPECT_EQ(firings(1, UINT32_MAX, 2), (Numbers{1, 3, 5, 7, 9}));
  EXPECT_EQ(firings(9, UINT32_MAX, 1), (Numbers{9, 10}));
  EXPECT_EQ(firings(11, UINT32_MAX, 1), (Numbers{}));
}

TEST(Decide, FiresAtTheEdgeOfTheNumbers) {
  const Plan plan = PlanOf({Naming(At(UINT32_MAX, UINT32_MAX, 1), {Call::send}), Naming(At(1, 1, 1), {Call::send})});
  Socket socket(plan);
  socket.tally.of_fault[0] = socket.tally.of_fault[1] = UINT32_MAX - 2;
  Arm(plan, socket.watch, socket.tally, SocketKind::kTcp, 0);
  EXPECT_EQ(socket.Make(plan, Call::send), kNoFault);
  EXPECT_EQ(socket.Make(plan, Call::send), 0);
}

TEST(Decide, CountsForEachSocketByItself) {
  const Plan plan = PlanOf({Naming(At(2, 2, 1), {Call::send})});
  Socket one(plan), other(plan);
  EXPECT_EQ(one.Make(plan, Call::send), kNoFault);
  EXPECT_EQ(other.Make(plan, Call::send), kNoFault);
  EXPECT_EQ(one.Make(plan, Call::send), 0);
  EXPECT_EQ(one.Make(plan, Call::send), kNoFault);
  EXPECT_EQ(other.Make(plan, Call::send), 0);
  EXPECT_EQ(one.Counted(plan, 0), 3u);
  EXPECT_EQ(other.Counted(plan, 0), 2u);
}

TEST(Decide, CountsOnlyTheCallsThatTheRuleNames) {
  const Plan plan = PlanOf({Naming(At(3, 3, 1), {Call::send, Call::recv})});
  Socket socket(plan);
  EXPECT_EQ(socket.Make(plan, Call::send), kNoFault);
  EXPECT_EQ(socket.Make(plan, Call::close), kNoFault);
  EXPECT_EQ(socket.Make(plan, Call::recv), kNoFault);
  EXPECT_EQ(socket.Make(plan, Call::shutdown), kNoFault);
  EXPECT_EQ(socket.Make(plan, Call::send), 0);
  EXPECT_EQ(socket.Counted(plan, 0), 3u);
}

TEST(Decide, TheFirstThatFiresWinsAndAllCount) {
  const Plan plan = PlanOf({Naming(At(3, 3, 1), {Call::send}), Naming(At(2, UINT32_MAX, 2), {Call::send}),
                            Naming(At(1, UINT32_MAX, 1), {Call::send})});
  Socket socket(plan);
  EXPECT_EQ(socket.Make(plan, Call::send), 2);  // first occurrence: only the last rule
  EXPECT_EQ(socket.Make(plan, Call::send), 1);  // second: the middle one comes before it
  EXPECT_EQ(socket.Make(plan, Call::send), 0);  // third
  EXPECT_EQ(socket.Make(plan, Call::send), 1);  // fourth: the first rule is over
  for (int fault = 0; fault < 3; ++fault) EXPECT_EQ(socket.Counted(plan, fault), 4u) << fault;
}

TEST(Decide, ReachesTheLastFault) {
  Plan plan{};
  for (uint32_t i = 0; i < kMaxFaults; ++i) Append(plan, Naming(At(i + 1, i + 1, 1), {Call::send}));
  Socket socket(plan);
  for (int i = 0; i < static_cast<int>(kMaxFaults); ++i) EXPECT_EQ(socket.Make(plan, Call::send), i);
  EXPECT_EQ(socket.Make(plan, Call::send), kNoFault);
}

TEST(Decide, CountsFromTheEventThatTheRuleWaitsFor) {
  const Plan plan = PlanOf({Naming(Selecting(kTcpOnly, kSawReset), {Call::send}), Naming(At(4, 4, 1), {Call::send})});
  Socket socket(plan);
  EXPECT_EQ(socket.Make(plan, Call::send), kNoFault);
  EXPECT_EQ(socket.Make(plan, Call::send), kNoFault);
  Arm(plan, socket.watch, socket.tally, SocketKind::kTcp, kSawReset);
  EXPECT_EQ(socket.Make(plan, Call::send), 0) << "the first send after the reset";
  EXPECT_EQ(socket.tally.of_fault[0], 1u);
  EXPECT_EQ(socket.tally.of_fault[1], 3u) << "what was counted before stays";
}

TEST(Decide, ALateFaultNeverFiresAtACallThatItDoesNotName) {
  const Plan plan = PlanOf({Naming(At(1, 1, 1), {Call::close}), Naming(At(1, 1, 1), {Call::recv})});
  Socket socket(plan);
  socket.watch.quiet = 1;  // one too many, as a race of two threads can leave it
  EXPECT_EQ(socket.Make(plan, Call::close), kNoFault);
  EXPECT_EQ(socket.Make(plan, Call::recv), 1) << "the close's fault hit a receive";
}

TEST(Decide, ALateFaultFiresAtTheNextCallThatItNames) {
  const Plan plan = PlanOf({Naming(At(2, 2, 1), {Call::send})});
  Socket socket(plan);
  socket.watch.quiet = 2;
  EXPECT_EQ(socket.Make(plan, Call::send), kNoFault);
  EXPECT_EQ(socket.Make(plan, Call::send), kNoFault);
  EXPECT_EQ(socket.Make(plan, Call::send), 0);
  EXPECT_EQ(socket.Make(plan, Call::send), kNoFault) << "once";
}

// Counting is lazy; this is the definition that it must agree with.
class Definition {
 public:
  explicit Definition(const Plan& plan) : plan_(plan) {}

  int Make(Call call, SocketKind kind, uint8_t history) {
    int fired = kNoFault;
    for (uint32_t i = 0; i < plan_.fault_count; ++i) {
      const Fault& fault = plan_.faults[i];
      if (!Contains(fault, call) || !Selects(fault, kind, history)) continue;
      const uint32_t occurrence = ++occurrences_[i];
      const bool in_range = fault.first <= occurrence && occurrence <= fault.last;
      if (fired == kNoFault && in_range && (occurrence - fault.first) % fault.step == 0) fired = static_cast<int>(i);
    }
    return fired;
  }

 private:
  const Plan& plan_;
  uint32_t occurrences_[kMaxFaults] = {};
};

Plan RandomPlan(std::mt19937& random) {
  Plan plan{};
  for (uint32_t count = random() % 5; count > 0; --count) {
    const uint32_t first = 1 + random() % 12;
    Fault fault = At(first, random() % 2 != 0 ? UINT32_MAX : first + random() % 12, 1 + random() % 4);
    fault.kinds = static_cast<uint8_t>(1 + random() % 30);
    fault.after = random() % 2 != 0 ? static_cast<uint8_t>(1u << random() % 4) : 0;
    for (Call call : kCalls) {
      if (random() % 2 != 0) fault = Naming(fault, {call});
    }
    Append(plan, fault);
  }
  return plan;
}

TEST(Decide, LazyCountingAgreesWithTheDefinition) {
  for (uint32_t seed = 0; seed < 2'000; ++seed) {
    std::mt19937 random(seed);
    const Plan plan = RandomPlan(random);
    SocketKind kind = SocketKind::kTcp;
    uint8_t history = 0;
    Definition definition(plan);
    Socket socket(plan, kind, history);
    for (int step = 0; step < 100; ++step) {
      if (random() % 16 == 0) {
        history |= static_cast<uint8_t>(1u << random() % 4);
        if (random() % 4 == 0) kind = SocketKind::kListener;
        Arm(plan, socket.watch, socket.tally, kind, history);
      }
      const Call call = kCalls[random() % 3];
      ASSERT_EQ(socket.Make(plan, call), definition.Make(call, kind, history)) << "seed " << seed << ", step " << step;
    }
  }
}

// --- Threads.

constexpr uint32_t kCallsOfEach = 100'000;

// Two threads make sends on one socket at once; how often each fault fired.
std::vector<uint32_t> RaceTwoThreads(const Plan& plan, Socket& socket) {
  std::atomic<int> ready{0};
  std::vector<uint32_t> fired[2] = {std::vector<uint32_t>(kMaxFaults), std::vector<uint32_t>(kMaxFaults)};
  const auto send_often = [&](std::vector<uint32_t>& mine) {
    ++ready;
    while (ready < 2) std::this_thread::yield();
    for (uint32_t i = 0; i < kCallsOfEach; ++i) {
      if (const int fault = socket.Make(plan, Call::send); fault != kNoFault) ++mine[static_cast<size_t>(fault)];
    }
  };
  std::thread one(send_often, std::ref(fired[0])), other(send_often, std::ref(fired[1]));
  one.join();
  other.join();
  for (uint32_t i = 0; i < kMaxFaults; ++i) fired[0][i] += fired[1][i];
  return fired[0];
}

TEST(DecideInTwoThreads, CountsEachOccurrenceOnce) {
  const Plan plan = PlanOf({Naming(At(kCallsOfEach, kCallsOfEach, 1), {Call::send})});
  Socket socket(plan);
  EXPECT_EQ(RaceTwoThreads(plan, socket)[0], 1u);
  EXPECT_EQ(socket.Counted(plan, 0), 2 * kCallsOfEach);
}

TEST(DecideInTwoThreads, APersistentFaultFiresAtEveryCall) {
  const Plan plan = PlanOf({Naming(At(1, UINT32_MAX, 1), {Call::send})});
  Socket socket(plan);
  EXPECT_EQ(RaceTwoThreads(plan, socket)[0], 2 * kCallsOfEach);
  EXPECT_EQ(socket.Counted(plan, 0), 2 * kCallsOfEach);
}

TEST(DecideInTwoThreads, ARuleNeverFiresMoreOftenThanItSays) {
  const Plan plan = PlanOf({Naming(At(1, UINT32_MAX, 7), {Call::send}), Naming(At(1, 1, 1), {Call::send})});
  Socket socket(plan);
  const std::vector<uint32_t> fired = RaceTwoThreads(plan, socket);
  EXPECT_GE(fired[0], 1u);
  EXPECT_LE(fired[0], (2 * kCallsOfEach + 6) / 7);
  EXPECT_LE(fired[1], 1u);
  EXPECT_EQ(socket.Counted(plan, 0), 2 * kCallsOfEach);
  EXPECT_EQ(socket.Counted(plan, 1), 2 * kCallsOfEach);
}

}  // namespace
}  // namespace lastack
