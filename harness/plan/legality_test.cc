// What no text can express, and so only a generator of faults can get wrong. The rest is tested through the parsers.
#include "harness/plan/legality.h"

#include <errno.h>
#include <stdint.h>

#include <optional>
#include <ostream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lastack {
namespace {

using ::testing::HasSubstr;

Fault CloseFails() {
  Fault fault{};
  Add(fault, Call::close);
  fault.first = 1;
  fault.last = UINT32_MAX;
  fault.step = 1;
  fault.kinds = kAnyKind;
  fault.effect = Effect::kFull;
  fault.error = EINTR;
  return fault;
}

TEST(ObjectionTo, NothingLegal) { EXPECT_EQ(ObjectionTo(CloseFails()), std::nullopt); }

struct Row {
  const char* name;
  void (*spoil)(Fault&);
  RulePart part;
  const char* reason;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class ObjectionToTest : public ::testing::TestWithParam<Row> {};

TEST_P(ObjectionToTest, NamesThePartAndTheReason) {
  Fault fault = CloseFails();
  GetParam().spoil(fault);
  const std::optional<Objection> objection = ObjectionTo(fault);
  ASSERT_TRUE(objection.has_value());
  EXPECT_EQ(objection->part, GetParam().part) << objection->reason;
  EXPECT_THAT(objection->reason, HasSubstr(GetParam().reason));
}

constexpr Row kRows[] = {
    {"NoCall", [](Fault& f) { f.calls[0] = f.calls[1] = 0; }, RulePart::kCalls, "at least one call"},
    {"NoSite", [](Fault& f) { Add(f, Call::vfork); }, RulePart::kCalls, "vfork is about processes"},
    {"NoKind", [](Fault& f) { f.kinds = 0; }, RulePart::kFd, "some of tcp, unix and listener"},
    {"KindWithoutAWord", [](Fault& f) { f.kinds = KindBit(SocketKind::kOther); }, RulePart::kFd, "or any"},
    {"NotASocket", [](Fault& f) { f.kinds = kAnyKind | KindBit(SocketKind::kNotASocket); }, RulePart::kFd, "or any"},
    {"EventWithoutAWord", [](Fault& f) { f.after = kDecoy; }, RulePart::kAfter, "shutdown, reset or eof"},
    {"OneDirection", [](Fault& f) { f.after = kShutdownRead; }, RulePart::kAfter, "shutdown, reset or eof"},
    {"FromZero", [](Fault& f) { f.first = 0; }, RulePart::kWhen, "from 1"},
    {"NoStep", [](Fault& f) { f.step = 0; }, RulePart::kWhen, "from 1"},
    {"Backwards", [](Fault& f) { f.first = 5, f.last = 4; }, RulePart::kWhen, "before the first"},
    {"ErrorWithoutEffect", [](Fault& f) { f.effect = Effect::kNone; }, RulePart::kEffect, "an error needs an effect"},
    {"NoError", [](Fault& f) { f.error = 0; }, RulePart::kEffect, "needs an error"},
    {"AmountForNothing", [](Fault& f) { f.amount = 1; }, RulePart::kEffect, "only partial and delay"},
    {"NoDelay", [](Fault& f) { f.effect = Effect::kDelay, f.error = 0; }, RulePart::kEffect, "1us to 60s"},
    {"LongDelay", [](Fault& f) { f.effect = Effect::kDelay, f.error = 0, f.amount = 60'000'001; }, RulePart::kEffect,
     "1us to 60s"},
    {"NoBytes",
     [](Fault& f) {
       f.calls[0] = f.calls[1] = 0;
       Add(f, Call::send);
       f.effect = Effect::kPartial, f.error = 0;
     },
     RulePart::kEffect, "at least 1 byte"},
    {"IllegalError", [](Fault& f) { f.error = EBADF; }, RulePart::kError, "close never reports EBADF"},
    {"UnknownError", [](Fault& f) { f.error = 999; }, RulePart::kError, "close never reports errno 999"},
    {"RealTimeSignal", [](Fault& f) { f.signal = 34; }, RulePart::kSignal, "signal 34 has no name"},
};

INSTANTIATE_TEST_SUITE_P(All, ObjectionToTest, ::testing::ValuesIn(kRows),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace lastack
