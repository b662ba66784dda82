// Properties of the text and JSON forms over generated faults and mangled rules. A failure names the seed that repeats
// it.
#include <errno.h>
#include <signal.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "harness/plan/legality.h"
#include "harness/plan/parse.h"
#include "harness/plan/vocabulary.h"
#include "nlohmann/json.hpp"

namespace lastack {
namespace {

constexpr uint32_t kSeeds = 2'000;

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}

  uint32_t Below(uint32_t end) { return static_cast<uint32_t>(engine_() % end); }
  bool OneIn(uint32_t n) { return Below(n) == 0; }

  // Small, large and extreme numbers from 1, about as often each.
  uint32_t Number() {
    switch (Below(4)) {
      case 0:
        return 1 + Below(4);
      case 1:
        return 1 + Below(100'000);
      case 2:
        return UINT32_MAX - Below(3);
      default:
        return 1 + Below(UINT32_MAX);
    }
  }

 private:
  std::mt19937 engine_;
};

void AddCalls(Random& random, Fault& fault) {
  const Call call = static_cast<Call>(random.Below(kCallCount));
  Add(fault, call);
  const bool whole_family = random.OneIn(4);
  for (size_t i = 0; i < kCallCount; ++i) {
    const bool kin = FamilyOf(static_cast<Call>(i)) == FamilyOf(call);
    if (kin && (whole_family || random.OneIn(4))) Add(fault, static_cast<Call>(i));
  }
  if (random.OneIn(8)) Add(fault, static_cast<Call>(random.Below(kCallCount)));
}

uint16_t ErrorFor(Random& random, const Fault& fault) {
  std::vector<int> errors;
  for (const int* error = LegalErrnos(CallsOf(fault).front()); *error != 0; ++error) errors.push_back(*error);
  return errors.empty() ? EINTR : static_cast<uint16_t>(errors[random.Below(static_cast<uint32_t>(errors.size()))]);
}

// Any fault, many of them legal.
Fault Generate(uint32_t seed) {
  Random random(seed);
  Fault fault{};
  AddCalls(random, fault);
  fault.first = random.OneIn(2) ? 1 : random.Number();
  fault.last = random.OneIn(2) ? UINT32_MAX : random.OneIn(2) ? fault.first : std::max(fault.first, random.Number());
  fault.step = random.OneIn(2) ? 1 : random.Number();
  fault.kinds = random.OneIn(2) ? kAnyKind : static_cast<uint8_t>(random.Below(8) << 1);
  fault.after = random.OneIn(2) ? kAfterWords[random.Below(std::size(kAfterWords))].bits : 0;
  fault.effect = static_cast<Effect>(random.Below(static_cast<uint32_t>(kLastEffect) + 1));
  if (fault.effect == Effect::kPartial) fault.amount = random.Number();
  if (fault.effect == Effect::kDelay) fault.amount = 1 + random.Below(random.OneIn(2) ? kMaxDelayUs : 2000);
  if (fault.effect == Effect::kDecoy) {
    fault.calls[0] = fault.calls[1] = 0;
    Add(fault, Call::close);
  }
  if (fault.effect == Effect::kReset) fault.kinds = KindBit(SocketKind::kTcp);
  const bool fails = fault.effect == Effect::kSkip || fault.effect == Effect::kFull || fault.effect == Effect::kDecoy;
  if (fault.effect == Effect::kExhaust) fault.error = EMFILE;
  if (fails) fault.error = ErrorFor(random, fault);
  if (random.OneIn(3)) fault.signal = static_cast<uint8_t>(1 + random.Below(SIGSYS));
  return fault;
}

// Those of the generated faults that are legal, with their seeds.
template <typename Check>
size_t ForEachLegalFault(Check check) {
  size_t legal = 0;
  for (uint32_t seed = 0; seed < kSeeds && !testing::Test::HasFailure(); ++seed) {
    const Fault fault = Generate(seed);
    if (ObjectionTo(fault)) continue;
    SCOPED_TRACE(absl::StrCat("seed ", seed, ": ", FormatFault(fault)));
    check(fault);
    ++legal;
  }
  return legal;
}

TEST(ParseProperty, TheTextOfALegalFaultMeansThatFault) {
  std::set<Effect> effects;
  const size_t legal = ForEachLegalFault([&effects](const Fault& fault) {
    effects.insert(fault.effect);
    const absl::StatusOr<Fault> parsed = ParseFault(FormatFault(fault));
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, fault);
  });
  EXPECT_GT(legal, kSeeds / 20);
  EXPECT_EQ(effects.size(), static_cast<size_t>(kLastEffect) + 1) << "the generator misses an effect";
}

TEST(ParseProperty, TheJsonOfALegalPlanMeansThatPlan) {
  ForEachLegalFault([](const Fault& fault) {
    const Plan plan = MakePlan({fault, fault});
    const std::string json = PlanToJson(plan).dump();
    const absl::StatusOr<Plan> parsed = ParsePlanJson(json);
    ASSERT_TRUE(parsed.ok()) << parsed.status() << "\n" << json;
    ASSERT_EQ(parsed->fault_count, 2u);
    EXPECT_EQ(parsed->faults[0], fault);
    EXPECT_EQ(parsed->faults[1], fault);
  });
}

// Changes, removes, doubles or inserts a few bytes.
std::string Mangle(std::string rule, Random& random) {
  constexpr absl::string_view kBytes = ":,=.+%_0159aefnrstSEI \n\xff";
  for (uint32_t changes = 1 + random.Below(3); changes > 0 && !rule.empty(); --changes) {
    const size_t at = random.Below(static_cast<uint32_t>(rule.size()));
    const char byte = kBytes[random.Below(static_cast<uint32_t>(kBytes.size()))];
    switch (random.Below(4)) {
      case 0:
        rule[at] = byte;
        break;
      case 1:
        rule.erase(at, 1 + random.Below(3));
        break;
      case 2:
        rule.insert(at, rule.substr(at, 1 + random.Below(12)));
        break;
      default:
        rule.insert(at, 1, byte);
    }
  }
  return rule;
}

TEST(ParseProperty, AMangledRuleIsLegalOrRefusedAtAColumnOfIt) {
  size_t refused = 0;
  ForEachLegalFault([&refused, seed = 0u](const Fault& fault) mutable {
    Random random(++seed);
    const std::string rule = Mangle(FormatFault(fault), random);
    SCOPED_TRACE(absl::StrCat("mangled: ", rule));
    const absl::StatusOr<Fault> parsed = ParseFault(rule);
    if (parsed.ok()) {
      EXPECT_EQ(ParseFault(FormatFault(*parsed)).value(), *parsed);
      return;
    }
    ++refused;
    const std::string message(parsed.status().message());
    absl::string_view column = message;
    ASSERT_TRUE(absl::ConsumePrefix(&column, "column ")) << message;
    size_t number = 0;
    ASSERT_TRUE(absl::SimpleAtoi(column.substr(0, column.find(':')), &number)) << message;
    EXPECT_GE(number, 1u) << message;
    EXPECT_LE(number, rule.size() + 1) << message;
  });
  EXPECT_GT(refused, 100u);
}

TEST(ParseProperty, EveryCutOfAPlanInJsonIsRefused) {
  const std::string json = PlanToJson(ParsePlan({"close:fd=tcp:when=1:effect=decoy:error=EINTR"}).value()).dump();
  ASSERT_TRUE(ParsePlanJson(json).ok());
  for (size_t length = 0; length < json.size(); ++length) {
    EXPECT_FALSE(ParsePlanJson(json.substr(0, length)).ok()) << json.substr(0, length);
  }
}

}  // namespace
}  // namespace lastack
