#include "tools/package/pages.h"

#include <stdlib.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "cases/case.h"
#include "cases/conversation.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/cli/command.h"
#include "tools/cli/flags.h"

namespace lastack {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// What bash would offer for the last of `words`, which it has split at "=".
std::vector<std::string> Offered(const std::string& words) {
  const std::string script = absl::StrCat(getenv("TEST_TMPDIR"), "/completion");
  std::ofstream(script) << BashCompletion();
  const std::string command =
      absl::StrCat("bash -c '. ", script, "; COMP_WORDS=(", words,
                   "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _lastack 2>/dev/null; echo \"${COMPREPLY[*]}\"'");
  FILE* pipe = popen(command.c_str(), "r");
  std::string text;
  char buffer[4096];
  while (const size_t count = fread(buffer, 1, sizeof(buffer), pipe)) text.append(buffer, count);
  EXPECT_EQ(pclose(pipe), 0) << command;
  return absl::StrSplit(text, absl::ByAnyChar(" \n"), absl::SkipEmpty());
}

std::string Escaped(absl::string_view name) { return absl::StrReplaceAll(name, {{"-", "\\-"}}); }

TEST(PagesTest, TheManPageHasEveryCommandAndFlag) {
  const std::string page = ManPage();
  EXPECT_THAT(page, StartsWith(".TH LASTACK 1"));
  for (const Command& command : Commands()) {
    EXPECT_THAT(page, HasSubstr(absl::StrCat(".SS lastack ", Escaped(command.name))));
    for (const CommandFlag& flag : command.flags) {
      EXPECT_THAT(page, HasSubstr(absl::StrCat("\\fB\\-\\-", Escaped(flag.name), "\\fR"))) << flag.name;
    }
  }
}

TEST(PagesTest, TextOfTheManPageIsNoRequest) {
  const std::vector<std::string> known = {".TH", ".SH", ".SS", ".TP", ".PP", ".B", ".I", ".br", ".nf", ".fi"};
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(ManPage(), '\n'))) {
    EXPECT_THAT(line, Not(StartsWith("'"))) << "troff takes that for a request";
    if (line.empty() || line[0] != '.') continue;
    EXPECT_THAT(known, Contains(line.substr(0, line.find(' '))));
  }
}

TEST(PagesTest, CommandsAreCompleted) {
  EXPECT_THAT(Offered("lastack au"), ElementsAre("audit"));
  std::vector<std::string> names;
  for (const Command& command : Commands()) names.emplace_back(command.name);
  EXPECT_THAT(Offered("lastack \"\""), testing::UnorderedElementsAreArray(names));
  EXPECT_THAT(Offered("lastack help pl"), ElementsAre("platform"));
}

TEST(PagesTest, FlagsAreCompleted) {
  EXPECT_THAT(Offered("lastack audit --rep"), ElementsAre("--repeat="));
  EXPECT_THAT(Offered("lastack audit --st"), ElementsAre("--strict"));
  EXPECT_THAT(Offered("lastack list --st"), ElementsAre()) << "list has no such flag";
  EXPECT_THAT(Offered("lastack audit -- prog --st"), ElementsAre()) << "the subject's flags are its own";
}

TEST(PagesTest, EveryFlagOfEveryCommandIsCompleted) {
  for (const Command& command : Commands()) {
    std::vector<std::string> flags = {"--help"};
    for (const FlagText& flag : FlagTexts(command)) {
      flags.push_back(absl::StrCat("--", flag.name, flag.is_switch ? "" : "="));
    }
    EXPECT_THAT(Offered(absl::StrCat("lastack ", command.name, " --")), testing::UnorderedElementsAreArray(flags))
        << command.name;
  }
}

TEST(PagesTest, ValuesAreCompleted) {
  std::vector<std::string> ids;
  for (const Case& one : Cases()) ids.emplace_back(one.id);
  EXPECT_THAT(Offered("lastack audit --case ="), testing::UnorderedElementsAreArray(ids));
  EXPECT_THAT(Offered("lastack audit --case = check-close/eintr-h"), ElementsAre("check-close/eintr-harmless"));
  EXPECT_THAT(Offered("lastack audit --case check-close/eintr-h"), ElementsAre("check-close/eintr-harmless"));
  EXPECT_THAT(Offered("lastack explain check-close/eintr-h"), ElementsAre("check-close/eintr-harmless"));
  std::vector<std::string> profiles;
  for (const Profile& profile : Profiles()) profiles.push_back(profile.name);
  EXPECT_THAT(Offered("lastack audit --profile ="), testing::UnorderedElementsAreArray(profiles));
  EXPECT_THAT(Offered("lastack report --format ="), testing::UnorderedElementsAre("html", "json", "junit", "text"));
  EXPECT_THAT(Offered("lastack platform --case = os/linger-ends"), Contains("os/linger-ends-at-timeout"));
  EXPECT_THAT(Offered("lastack audit --case = os/"), ElementsAre());
  EXPECT_THAT(Offered("lastack audit --backend = t"), ElementsAre("tracer"));
}

}  // namespace
}  // namespace lastack
