// The text form of the grammar: what it means, and its normal form. Mistakes: parse_mistakes_test.cc.
#include "harness/plan/parse.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include <limits>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lastack {
namespace {

constexpr uint32_t kEver = std::numeric_limits<uint32_t>::max();

// The fault that the rule means; a failure and an empty fault if it has an error.
Fault Parsed(absl::string_view rule) {
  const absl::StatusOr<Fault> fault = ParseFault(rule);
  EXPECT_TRUE(fault.ok()) << rule << ": " << fault.status();
  return fault.value_or(Fault{});
}

// --- Meaning.

TEST(ParseFault, ReadsEveryPart) {
  const Fault fault = Parsed("send,write:fd=tcp,unix:when=2..9+3:after=reset:effect=skip:error=EPIPE:signal=SIGTERM");
  EXPECT_TRUE(Contains(fault, Call::send));
  EXPECT_TRUE(Contains(fault, Call::write));
  EXPECT_FALSE(Contains(fault, Call::close));
  EXPECT_EQ(fault.kinds, 1 << static_cast<int>(SocketKind::kTcp) | 1 << static_cast<int>(SocketKind::kUnix));
  EXPECT_EQ(fault.first, 2u);
  EXPECT_EQ(fault.last, 9u);
  EXPECT_EQ(fault.step, 3u);
  EXPECT_EQ(fault.after, kSawReset);
  EXPECT_EQ(fault.effect, Effect::kSkip);
  EXPECT_EQ(fault.amount, 0u);
  EXPECT_EQ(fault.error, EPIPE);
  EXPECT_EQ(fault.signal, SIGTERM);
}

TEST(ParseFault, SelectsEverySocketAlwaysByDefault) {
  const Fault fault = Parsed("recv:error=EINTR");
  for (SocketKind kind : {SocketKind::kTcp, SocketKind::kUnix, SocketKind::kListener, SocketKind::kOther}) {
    EXPECT_NE(fault.kinds & 1 << static_cast<int>(kind), 0) << SocketKindName(kind);
  }
  EXPECT_EQ(fault.kinds & 1 << static_cast<int>(SocketKind::kNotASocket), 0);
  EXPECT_EQ(fault.after, 0);
  EXPECT_EQ(fault.first, 1u);
  EXPECT_EQ(fault.last, kEver);
  EXPECT_EQ(fault.step, 1u);
  EXPECT_EQ(fault.signal, 0);
}

TEST(ParseFault, ReadsOccurrences) {
  struct Row {
    const char* when;
    uint32_t first, last, step;
  };
  for (const Row& row : {Row{"1", 1, 1, 1}, Row{"2..5", 2, 5, 1}, Row{"3..", 3, kEver, 1}, Row{"1+2", 1, kEver, 2},
                         Row{"4..+2", 4, kEver, 2}, Row{"2..9+3", 2, 9, 3}, Row{"7..7", 7, 7, 1}, Row{"007", 7, 7, 1},
                         Row{"4294967295", kEver, kEver, 1}, Row{"1..4294967295", 1, kEver, 1}}) {
    const Fault fault = Parsed(absl::StrCat("close:error=EIO:when=", row.when));
    EXPECT_EQ(fault.first, row.first) << row.when;
    EXPECT_EQ(fault.last, row.last) << row.when;
    EXPECT_EQ(fault.step, row.step) << row.when;
  }
}

TEST(ParseFault, ReadsEvents) {
  EXPECT_EQ(Parsed("close:error=EIO:after=attempted").after, kConnected | kFailedToConnect);
  EXPECT_EQ(Parsed("close:error=EIO:after=shutdown").after, kShutdownWrite | kShutdownRead);
  EXPECT_EQ(Parsed("close:error=EIO:after=reset").after, kSawReset);
  EXPECT_EQ(Parsed("close:error=EIO:after=eof").after, kSawEof);
}

TEST(ParseFault, ReadsEffects) {
  EXPECT_EQ(Parsed("close:effect=skip:error=EINTR").effect, Effect::kSkip);  // the way of HP-UX
  EXPECT_EQ(Parsed("shutdown:effect=full:error=ENOTCONN").effect, Effect::kFull);
  EXPECT_EQ(Parsed("send:effect=partial=1").effect, Effect::kPartial);
  EXPECT_EQ(Parsed("send:effect=partial=4294967295").amount, kEver);
  EXPECT_EQ(Parsed("close:effect=delay=1.5s").effect, Effect::kDelay);
  EXPECT_EQ(Parsed("close:effect=delay=1.5s").amount, 1'500'000u);
  EXPECT_EQ(Parsed("close:effect=delay=1us").amount, 1u);
  EXPECT_EQ(Parsed("close:effect=delay=60s").amount, 60'000'000u);
  EXPECT_EQ(Parsed("recv:effect=reset").effect, Effect::kReset);
  EXPECT_EQ(Parsed("%send:effect=reset:error=EPIPE").error, EPIPE);
  EXPECT_EQ(Parsed("close:after=connected:error=EIO").after, kConnected);
  EXPECT_EQ(Parsed("%poll:effect=interrupt").effect, Effect::kInterrupt);
  EXPECT_EQ(Parsed("%accept:fd=listener:when=1..2:effect=exhaust:error=EMFILE").effect, Effect::kExhaust);
  EXPECT_EQ(Parsed("close:effect=decoy").effect, Effect::kDecoy);
  EXPECT_EQ(Parsed("close:effect=decoy:error=EINTR").error, EINTR);
}

TEST(ParseFault, AnErrorWithoutAnEffectIsInjectedAsLinuxFails) {
  EXPECT_EQ(Parsed("close:error=EINTR").effect, Effect::kFull);
  EXPECT_EQ(Parsed("connect:error=EINTR").effect, Effect::kFull);
  EXPECT_EQ(Parsed("shutdown:error=ENOTCONN").effect, Effect::kFull);
  EXPECT_EQ(Parsed("close,shutdown:error=EINTR").effect, Effect::kFull);
  EXPECT_EQ(Parsed("%send:error=EPIPE").effect, Effect::kSkip);
  EXPECT_EQ(Parsed("socket:error=EMFILE").effect, Effect::kSkip);
}

TEST(ParseFault, ASignalAloneLeavesTheCallAlone) {
  const Fault fault = Parsed("recv:signal=SIGALRM");
  EXPECT_EQ(fault.effect, Effect::kNone);
  EXPECT_EQ(fault.error, 0);
  EXPECT_EQ(fault.signal, SIGALRM);
}

TEST(ParseFault, AResetIsOfTcpUnlessSaidOtherwise) {
  EXPECT_EQ(Parsed("recv:effect=reset"), Parsed("recv:effect=reset:fd=tcp"));
  EXPECT_EQ(Parsed("recv:effect=reset").kinds, 1 << static_cast<int>(SocketKind::kTcp));
}

TEST(ParseFault, KeysComeInAnyOrder) {
  EXPECT_EQ(Parsed("close:error=EIO:when=2:fd=tcp"), Parsed("close:fd=tcp:when=2:error=EIO"));
}

TEST(ParseFault, AFamilyIsAllItsCalls) {
  const Fault fault = Parsed("%recv:error=EINTR");
  for (size_t i = 0; i < kCallCount; ++i) {
    const Call call = static_cast<Call>(i);
    EXPECT_EQ(Contains(fault, call), FamilyOf(call) == CallFamily::recv) << CallName(call);
  }
}

// --- Normal form.

TEST(FormatFault, GivesTheNormalForm) {
  struct Row {
    const char* rule;
    const char* normal;
  };
  for (const Row& row :
       {Row{"close:error=EINTR", "close:effect=full:error=EINTR"},
        Row{"close:fd=tcp:when=1:effect=decoy:error=EINTR", "close:fd=tcp:when=1:effect=decoy:error=EINTR"},
        Row{"%recv:fd=tcp:error=ECONNRESET", "%recv:fd=tcp:effect=skip:error=ECONNRESET"},
        Row{"send,write:when=2..:effect=partial=1", "send,write:when=2..:effect=partial=1"},
        Row{"write,send:error=EWOULDBLOCK", "send,write:effect=skip:error=EAGAIN"},
        Row{"recv:signal=SIGIO", "recv:signal=SIGPOLL"},
        Row{"fclose,close:error=EIO", "%close:effect=full:error=EIO"},
        Row{"%shutdown:error=EINTR", "shutdown:effect=full:error=EINTR"},
        Row{"%recv,send:error=EINTR", "send,%recv:effect=skip:error=EINTR"},
        Row{"recv:fd=any:error=EINTR", "recv:effect=skip:error=EINTR"},
        Row{"recv:fd=listener,unix,tcp:error=EINTR", "recv:fd=tcp,unix,listener:effect=skip:error=EINTR"},
        Row{"recv:effect=reset", "recv:fd=tcp:effect=reset"},
        Row{"recv:error=EINTR:when=1..", "recv:effect=skip:error=EINTR"},
        Row{"recv:error=EINTR:when=2+1", "recv:when=2..:effect=skip:error=EINTR"},
        Row{"recv:error=EINTR:when=1..+2", "recv:when=1+2:effect=skip:error=EINTR"},
        Row{"recv:error=EINTR:when=5..5", "recv:when=5:effect=skip:error=EINTR"},
        Row{"recv:error=EINTR:when=5..5+3", "recv:when=5..5+3:effect=skip:error=EINTR"},
        Row{"close:effect=delay=1500us", "close:effect=delay=1.5ms"},
        Row{"close:effect=delay=60s", "close:effect=delay=1m"},
        Row{"close:after=eof:effect=delay=0.25s:signal=SIGUSR1",
            "close:after=eof:effect=delay=250ms:signal=SIGUSR1"}}) {
    EXPECT_EQ(FormatFault(Parsed(row.rule)), row.normal) << row.rule;
    EXPECT_EQ(FormatFault(Parsed(row.normal)), row.normal);
  }
}

// --- Which faults there are.

TEST(ParseFault, EveryCallIsEitherASiteOrRefusedWithTheReason) {
  for (size_t i = 0; i < kCallCount; ++i) {
    const Call call = static_cast<Call>(i);
    const absl::Status status = ParseFault(absl::StrCat(CallName(call), ":signal=SIGTERM")).status();
    const CallFamily family = FamilyOf(call);
    const bool refused = family == CallFamily::process || family == CallFamily::exit || family == CallFamily::signal ||
                         family == CallFamily::sweep || call == Call::epoll_create || call == Call::epoll_create1;
    EXPECT_EQ(status.ok(), !refused) << CallName(call) << ": " << status;
  }
}

TEST(ParseFault, EveryLegalErrorOfASiteIsAccepted) {
  for (size_t i = 0; i < kCallCount; ++i) {
    const Call call = static_cast<Call>(i);
    if (!ParseFault(absl::StrCat(CallName(call), ":signal=SIGTERM")).ok()) continue;
    for (const int* error = LegalErrnos(call); *error != 0; ++error) {
      const std::string rule = absl::StrCat(CallName(call), ":error=", strerrorname_np(*error));
      EXPECT_EQ(Parsed(rule).error, *error) << rule;
    }
  }
}

// --- Plans.

TEST(ParsePlan, KnowsTheFaultsOfEachCall) {
  const absl::StatusOr<Plan> plan = ParsePlan({"close:error=EIO", "%send:error=EPIPE", "close,shutdown:error=EINTR"});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->fault_count, 3u);
  const auto faults_of = [&plan](Call call) { return plan->faults_of_call[static_cast<size_t>(call)]; };
  EXPECT_EQ(faults_of(Call::close), 0b101u);
  EXPECT_EQ(faults_of(Call::shutdown), 0b100u);
  EXPECT_EQ(faults_of(Call::writev), 0b010u);
  EXPECT_EQ(faults_of(Call::recv), 0u);
  EXPECT_EQ(plan->faults[1], Parsed("%send:error=EPIPE"));
}

TEST(ParsePlan, MayBeEmpty) {
  const absl::StatusOr<Plan> plan = ParsePlan({});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->fault_count, 0u);
}

TEST(ParsePlan, SaysWhichRuleIsWrong) {
  EXPECT_EQ(ParsePlan({"close:error=EIO", "close:when=0"}).status().message(),
            "rule 2, column 12: '0' is no first occurrence; legal: 1 to 4294967295");
  EXPECT_EQ(ParsePlan({"close:when=0"}).status().message(),
            "column 12: '0' is no first occurrence; legal: 1 to 4294967295");
  EXPECT_EQ(ParsePlan({"", "close:error=EIO"}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ParsePlan, HoldsNoMoreThanFits) {
  std::vector<std::string> rules(kMaxFaults, "close:error=EIO");
  const absl::StatusOr<Plan> full = ParsePlan(rules);
  ASSERT_TRUE(full.ok()) << full.status();
  EXPECT_EQ(full->fault_count, kMaxFaults);
  EXPECT_EQ(full->faults_of_call[static_cast<size_t>(Call::close)], (1u << kMaxFaults) - 1);
  rules.push_back("close:error=EIO");
  EXPECT_EQ(ParsePlan(rules).status().message(), "rule 17 is one too many; legal: 16 rules");
}

TEST(MakePlanDeathTest, RefusesToOverflow) {
  const std::vector<Fault> faults(kMaxFaults + 1, Parsed("close:error=EIO"));
  EXPECT_DEATH((void)MakePlan(faults), "");
}

TEST(Names, AreTheWordsOfPlansAndReports) {
  EXPECT_EQ(EffectName(Effect::kNone), "none");
  EXPECT_EQ(EffectName(Effect::kSkip), "skip");
  EXPECT_EQ(EffectName(Effect::kFull), "full");
  EXPECT_EQ(EffectName(Effect::kPartial), "partial");
  EXPECT_EQ(EffectName(Effect::kDelay), "delay");
  EXPECT_EQ(EffectName(Effect::kReset), "reset");
  EXPECT_EQ(EffectName(Effect::kInterrupt), "interrupt");
  EXPECT_EQ(EffectName(Effect::kExhaust), "exhaust");
  EXPECT_EQ(EffectName(Effect::kDecoy), "decoy");
  EXPECT_EQ(RealismName(Realism::kKernel), "kernel");
  EXPECT_EQ(RealismName(Realism::kPosix), "posix");
  EXPECT_EQ(RealismName(Realism::kAdversarial), "adversarial");
  EXPECT_EQ(SocketKindName(SocketKind::kNotASocket), "none");
  EXPECT_EQ(SocketKindName(SocketKind::kTcp), "tcp");
  EXPECT_EQ(SocketKindName(SocketKind::kUnix), "unix");
  EXPECT_EQ(SocketKindName(SocketKind::kListener), "listener");
  EXPECT_EQ(SocketKindName(SocketKind::kOther), "other");
}

}  // namespace
}  // namespace lastack
