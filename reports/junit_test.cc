#include "reports/junit.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "reports/samples.h"

namespace lastack {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string XmlOf(Verdict verdict) {
  CaseResult one = SampleCase(verdict);
  one.message = "what happened";
  return RenderJUnit(ResultsOfCases({one}));
}

TEST(JUnitTest, AViolationIsAFailureWithItsFinding) {
  const std::string xml = RenderJUnit(FullResults());
  EXPECT_THAT(xml, HasSubstr("<testsuite name=\"check-close\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\">"));
  EXPECT_THAT(
      xml,
      HasSubstr(
          "<failure type=\"finding-text\" message=\"message-text\">message-text\nrequirement: requirement-text\n"));
  EXPECT_THAT(xml, HasSubstr("repeat: replay-text"));
}

TEST(JUnitTest, EveryVerdictHasTheFormOfTheTable) {
  for (const Verdict verdict : kAllVerdicts) {
    const std::string xml = XmlOf(verdict);
    const std::string word = VerdictWord(verdict);
    const bool failure = word == "fail" || word == "stale-waiver" || word == "flaky";
    const bool error = word == "inconclusive" || word == "unexercised" || word == "harness-error";
    const bool skipped = word == "not-applicable" || word == "unimplemented" || word == "known-failure";
    const bool property = word == "advisory" || word == "observed";
    EXPECT_EQ(xml.find("<failure ") != std::string::npos, failure) << word;
    EXPECT_EQ(xml.find("<error ") != std::string::npos, error) << word;
    EXPECT_EQ(xml.find("<skipped ") != std::string::npos, skipped) << word;
    EXPECT_EQ(xml.find("<property ") != std::string::npos, property) << word;
  }
}

TEST(JUnitTest, TellsHowLongTheRunTook) {
  CaseResult result = SampleCase(Verdict::kPass);
  result.duration_ms = 1234;
  EXPECT_NE(RenderJUnit(ResultsOfCases({result})).find(" time=\"1.234\""), std::string::npos);
}

TEST(JUnitTest, CountsAll) {
  const std::string xml = RenderJUnit(ResultsOfCases(
      {SampleCase(Verdict::kFail), SampleCase(Verdict::kPass, "linger/a"),
       SampleCase(Verdict::kInconclusive, "linger/b"), SampleCase(Verdict::kNotApplicable, "linger/c")}));
  EXPECT_THAT(xml,
              HasSubstr("tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\">\n  <testsuite name=\"check-close\""));
  EXPECT_THAT(xml, HasSubstr("<testsuite name=\"linger\" tests=\"3\" failures=\"0\" errors=\"1\" skipped=\"1\">"));
}

TEST(JUnitTest, TextIsNeverMarkupNorForbidden) {
  CaseResult one = FullCase();
  one.message = HostileText() + "\xEF\xBF\xBF]]>";
  one.evidence = {HostileText()};
  const std::string xml = RenderJUnit(ResultsOfCases({one}));
  EXPECT_THAT(xml, Not(HasSubstr("<script")));
  EXPECT_THAT(xml, Not(HasSubstr("]]>")));
  EXPECT_THAT(xml, Not(HasSubstr("\xEF\xBF\xBF")));
  for (const char c : xml) {
    EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') << static_cast<int>(c);
  }
}

TEST(JUnitTest, NoCasesIsAnEmptyReport) { EXPECT_THAT(RenderJUnit(Results()), HasSubstr("tests=\"0\"")); }

}  // namespace
}  // namespace lastack
