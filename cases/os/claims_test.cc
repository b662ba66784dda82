// The claims: the table, and that each can come out either way; the run on the real kernel; the reports.
#include <fstream>
#include <iterator>
#include <ostream>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cases/document.h"
#include "cases/os/claim.h"
#include "cases/os/odd_systems.h"
#include "cases/os/report.h"
#include "cases/os/result.h"
#include "cases/os/run.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lastack::os {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Contents(const std::string& path) {
  std::ifstream file(path);
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

TEST(ClaimsTest, EverySectionThatSpeaksOfTheSystemIsCovered) {
  std::set<std::string> covered;
  for (const Claim& claim : Claims()) covered.insert(claim.section);
  std::set<std::string> speak;
  for (const Section& section : DocumentSections()) {
    if (section.on_systems) speak.insert(section.name);
  }
  EXPECT_EQ(covered, speak);
}

TEST(ClaimsTest, EachSaysWhatItIs) {
  std::set<std::string> ids;
  for (const Claim& claim : Claims()) {
    EXPECT_TRUE(ids.insert(claim.id).second) << claim.id << " stands twice";
    EXPECT_TRUE(absl::StartsWith(claim.id, "os/")) << claim.id;
    EXPECT_FALSE(claim.text.empty() || claim.measured.empty()) << claim.id;
    EXPECT_EQ(claim.explanation.empty(), claim.source.empty()) << claim.id << ": an explanation has a source";
    EXPECT_EQ(FindClaim(claim.id), &claim);
  }
  EXPECT_EQ(FindClaim("os/no-such-claim"), nullptr);
}

TEST(ClaimsTest, ThePageIsGenerated) {
  EXPECT_EQ(Contents("cases/os/CLAIMS.md"), ClaimsPage()) << "mend it with:  bazel run //cases/os:update_claims";
}

// A system on which a claim comes out as it does not on Linux; or, where systems agree, as it should not.
struct Odd {
  std::string claim;
  Outcome outcome;
  SysApi* sys;
};

void PrintTo(const Odd& odd, std::ostream* out) { *out << odd.claim; }

template <typename System>
SysApi* On() {
  static System system;
  return &system;
}

std::vector<Odd> OddCases() {
  std::vector<Odd> cases;
  const auto add = [&](SysApi* sys, Outcome outcome, std::initializer_list<const char*> claims) {
    for (const char* claim : claims) cases.push_back({absl::StrCat("os/", claim), outcome, sys});
  };
  add(On<ClosesByReset>(), Outcome::kDiffers,
      {"close-delivers-pending", "close-starts-termination", "active-closer-keeps-time-wait", "linger-ends-with-fin"});
  add(On<ClosesByReset>(), Outcome::kHolds, {"close-releases-buffers"});
  add(On<ClosesWithoutRelease>(), Outcome::kDiffers,
      {"close-releases-descriptor", "closed-socket-is-unusable", "close-reports-no-error",
       "leak-exhausts-descriptors"});
  add(On<ClosesSlowly>(), Outcome::kDiffers, {"close-default-returns-at-once", "abort-returns-at-once"});
  add(On<ClosesForAll>(), Outcome::kHolds,
      {"close-of-forked-copy-terminates", "close-ends-blocked-call", "closed-socket-is-unusable-through-dup"});
  add(On<ReadsBeforeClose>(), Outcome::kHolds, {"close-default-is-graceful-with-unread-data"});
  add(On<AcceptsBeforeClose>(), Outcome::kHolds, {"close-of-listener-is-graceful"});
  add(On<ResetsAtLingerTimeout>(), Outcome::kHolds, {"linger-timeout-discards-unsent", "linger-timeout-resets"});
  add(On<LingersThroughSignals>(), Outcome::kHolds, {"linger-waits-through-signal"});
  add(On<IgnoresLinger>(), Outcome::kDiffers,
      {"abort-sends-reset", "abort-discards-unsent", "abort-skips-time-wait", "abort-at-exit", "abort-recycles-port",
       "linger-waits-until-sent", "linger-ends-at-timeout", "linger-waits-on-non-blocking", "recv-after-peer-reset",
       "send-after-peer-reset"});
  add(On<IgnoresShutdown>(), Outcome::kDiffers,
      {"shutdown-constants", "shut-wr-sends-fin", "shut-wr-disables-sending", "shut-wr-through-dup",
       "shut-wr-through-forked-copy", "shut-rd-ends-blocked-recv"});
  add(On<ShutsDownByClose>(), Outcome::kDiffers,
      {"shutdown-keeps-descriptor", "shut-rd-keeps-buffered", "shut-wr-keeps-receiving"});
  add(On<ShutsHalf>(), Outcome::kDiffers, {"shut-rdwr-is-both"});
  add(On<ReceivesNothing>(), Outcome::kHolds, {"shut-rd-disables-receiving"});
  add(On<SendsToNobody>(), Outcome::kDiffers, {"send-after-peer-close"});
  add(On<EndsInError>(), Outcome::kHolds, {"recv-after-peer-close"});
  return cases;
}

class OddSystemTest : public testing::TestWithParam<Odd> {};

TEST_P(OddSystemTest, IsToldFromTheUsual) {
  // Who waits in vain may be hasty; who waits for what comes may not, on a busy machine.
  HastyWitness hasty;
  KernelWitness patient(KernelWitness::Network::kMachine);
  Witness& witness = GetParam().outcome == Outcome::kDiffers ? static_cast<Witness&>(hasty) : patient;
  const FamilyResult result = Measure(*FindClaim(GetParam().claim), Family::kIpv4, *GetParam().sys, witness, 1);
  EXPECT_EQ(OutcomeWord(result.outcome), std::string(OutcomeWord(GetParam().outcome))) << FormatFamilyResult(result);
}

std::string NameOf(const testing::TestParamInfo<Odd>& info) {
  std::string name;
  for (const char c : info.param.claim) name += absl::ascii_isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
}
INSTANTIATE_TEST_SUITE_P(Claims, OddSystemTest, testing::ValuesIn(OddCases()), NameOf);

TEST(OddSystemsTest, NearlyEveryClaimHasOne) {
  // No socket call makes Python, the end of a process or the passive closer behave otherwise.
  std::set<std::string> without = {"os/python-half-close",       "os/python-broken-pipe",
                                   "os/python-connection-reset", "os/exit-delivers-pending",
                                   "os/linger-waits-at-exit",    "os/passive-closer-keeps-time-wait"};
  for (const Odd& odd : OddCases()) EXPECT_EQ(without.count(odd.claim), 0U) << odd.claim;
  for (const Odd& odd : OddCases()) without.insert(odd.claim);
  for (const Claim& claim : Claims()) {
    EXPECT_EQ(without.count(claim.id), 1U) << claim.id << " was never seen to come out otherwise";
  }
}

TEST(MeasureTest, TheWitnessDecidesWhatTheCallsDoNotShow) {
  TimeWaitWitness witness;
  const Claim& claim = *FindClaim("os/passive-closer-keeps-time-wait");
  EXPECT_EQ(Measure(claim, Family::kIpv4, KernelSys::Instance(), witness, 1).outcome, Outcome::kHolds);
}

TEST(MeasureTest, ABlindWitnessProvesNothing) {
  class Blind : public HastyWitness {
    absl::StatusOr<absl::optional<SocketRow>> Row(const Address&, const Address&) override {
      return absl::InternalError("sock_diag");
    }
  } witness;
  const FamilyResult result =
      Measure(*FindClaim("os/abort-skips-time-wait"), Family::kIpv4, KernelSys::Instance(), witness, 1);
  EXPECT_EQ(result.outcome, Outcome::kSkipped);
  EXPECT_EQ(result.reason, "the socket table cannot be read");
}

TEST(MeasureTest, SaysWhatIsMissing) {
  HastyWitness witness;
  const Claim& claim = *FindClaim("os/close-delivers-pending");
  const FamilyResult absent = Measure(claim, Family::kIpv6, *On<HasNoSuchFamily>(), witness, 1);
  EXPECT_EQ(absent.outcome, Outcome::kSkipped);
  EXPECT_EQ(absent.reason, "socket: EAFNOSUPPORT");
  const FamilyResult failed = Measure(claim, Family::kIpv6, *On<HasNoDescriptors>(), witness, 1);
  EXPECT_EQ(failed.outcome, Outcome::kFailed);
  EXPECT_EQ(failed.reason, "socket: EMFILE");
}

// Every second socket's close resets.
class ClosesNowAndThen : public KernelSys {
  SysResult close(int fd) override {
    if (closed_++ % 6 < 3) SetAbort(fd);
    return KernelSys::close(fd);
  }
  int closed_ = 0;
};

TEST(MeasureTest, RunsThatDisagreeVary) {
  ClosesNowAndThen sys;
  KernelWitness witness(KernelWitness::Network::kMachine);
  const FamilyResult result = Measure(*FindClaim("os/close-delivers-pending"), Family::kIpv4, sys, witness, 4);
  EXPECT_EQ(OutcomePhrase(result), "varies (held in 2 of 4)") << FormatFamilyResult(result);
  EXPECT_EQ(result.measured.back().words, (std::vector<std::string>{"ECONNRESET", "EOF", "ECONNRESET", "EOF"}));
  EXPECT_EQ(InWords(result.measured.back()), "ECONNRESET (2), EOF (2)");
}

// The real kernel, once: what it does is not ours to say, only that there is an answer.
const PlatformResult& OnThisKernel() {
  static const auto* platform = new absl::StatusOr<PlatformResult>(RunClaims({.pattern = "*", .repeat = 1}));
  return platform->value();
}

TEST(RunClaimsTest, EveryClaimHasAnAnswer) {
  ASSERT_EQ(OnThisKernel().claims.size(), Claims().size());
  for (const ClaimResult& result : OnThisKernel().claims) {
    for (const FamilyResult& family : result.families) {
      EXPECT_NE(family.outcome, Outcome::kFailed) << result.claim->id << ": " << family.reason;
      if (family.outcome == Outcome::kSkipped) {
        EXPECT_NE(family.reason, "") << result.claim->id;
      } else {
        EXPECT_FALSE(family.measured.empty()) << result.claim->id;
        EXPECT_THAT(family.witness, HasSubstr("socket table"));
      }
    }
  }
}

TEST(RunClaimsTest, WrongOptionsNameTheRemedy) {
  EXPECT_THAT(std::string(RunClaims({.pattern = "x*"}).status().message()), HasSubstr("CLAIMS.md"));
  EXPECT_THAT(std::string(RunClaims({.repeat = 0}).status().message()), HasSubstr("at least 1"));
}

// What a connection's end sends, as packets show it: FIN of a default close, RST of an abort.
TEST(KernelWitnessTest, TellsFinFromReset) {
  for (const char* id : {"os/shut-wr-sends-fin", "os/abort-sends-reset"}) {
    for (const ClaimResult& result : OnThisKernel().claims) {
      if (result.claim->id != id || result.families.front().outcome == Outcome::kSkipped) continue;
      for (const Series& series : result.families.front().measured) {
        if (series.name != "sent" || !absl::StrContains(result.families.front().witness, "captured")) continue;
        EXPECT_NE(series.words.front(), "not seen") << id;
        EXPECT_NE(series.words.front(), "neither") << id;
      }
    }
  }
}

PlatformResult Sample() {
  PlatformResult platform;
  platform.kernel = "Linux <9.9>";
  platform.repeat = 3;
  const FamilyResult differs = {Family::kIpv4,
                                Outcome::kDiffers,
                                0,
                                3,
                                {{"bytes of it", "bytes", {3, 1, 2}, {}}, {"then", "", {}, {"EOF", "EOF", "EPIPE"}}},
                                "",
                                "eyes"};
  const FamilyResult skipped = {Family::kIpv6, Outcome::kSkipped, 0, 0, {}, "bind: EADDRNOTAVAIL", ""};
  platform.claims = {{FindClaim("os/shut-rd-disables-receiving"), {differs, skipped}}};
  return platform;
}

TEST(ReportTest, TheTableSaysWhatCameAndWhy) {
  const std::string table = RenderTable(Sample());
  EXPECT_THAT(table, HasSubstr("≠ differs  os/shut-rd-disables-receiving                  IPv4\n           bytes of "
                               "it: 1 / 2 / 3 bytes; then: EOF (2), EPIPE (1)\n           Why: "));
  EXPECT_THAT(
      table,
      HasSubstr("– skipped  os/shut-rd-disables-receiving                  IPv6\n           bind: EADDRNOTAVAIL\n"));
  EXPECT_THAT(table, HasSubstr("Seen by eyes"));
  EXPECT_THAT(table, HasSubstr("1 differs, 1 skipped"));
}

TEST(ReportTest, ThePageIsCompleteAndEscaped) {
  const std::string page = RenderPage(Sample());
  EXPECT_THAT(page, HasSubstr("Linux &lt;9.9&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<9.9>")));
  EXPECT_THAT(page, HasSubstr("id=\"os/shut-rd-disables-receiving\""));
  EXPECT_THAT(
      page,
      HasSubstr(
          "<span class=\"verdict advisory\"><span class=\"symbol\" aria-hidden=\"true\">≠</span> differs</span>"));
  EXPECT_THAT(page, HasSubstr("<td>1 / 2 / 3 bytes</td><td>–</td>"));
  EXPECT_THAT(page, HasSubstr("bind: EADDRNOTAVAIL"));
  EXPECT_THAT(page, HasSubstr("tcp_shutdown()"));
}

TEST(ReportTest, JsonKeepsEveryValue) {
  const PlatformResult sample = Sample();
  const std::string json = FormatPlatform(sample);
  EXPECT_THAT(json, HasSubstr("\"kernel\": \"Linux <9.9>\""));
  EXPECT_THAT(json, HasSubstr("\"explanation\": "));
  for (const FamilyResult& family : sample.claims.front().families) {
    const absl::StatusOr<FamilyResult> parsed = ParseFamilyResult(FormatFamilyResult(family));
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(FormatFamilyResult(*parsed), FormatFamilyResult(family));
    EXPECT_TRUE(*parsed == family);
  }
  EXPECT_FALSE(ParseFamilyResult("{\"family\": 1}").ok());
}

}  // namespace
}  // namespace lastack::os
