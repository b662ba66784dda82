#include "reports/waivers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "absl/strings/str_cat.h"

namespace lastack {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string FileWith(const std::string& text) {
  const std::string path =
      absl::StrCat(getenv("TEST_TMPDIR"), "/", testing::UnitTest::GetInstance()->current_test_info()->name(), ".json");
  std::ofstream(path) << text;
  return path;
}

TEST(WaiversTest, AnEntryHasSevenFieldsOfWhichThreeAreNeeded) {
  const absl::StatusOr<Waivers> waivers = ParseWaivers(
      R"([{"case": "linger/*", "finding": "abortive-linger", "reason": "known", "link": "https://example.org/7",
           "expires": "2027-01-31", "subject": "*curl*", "platform": "Linux *"},
          {"case": "a/b", "finding": "leak", "reason": "too"}])");
  ASSERT_TRUE(waivers.ok()) << waivers.status();
  ASSERT_THAT(waivers->entries, SizeIs(2));
  EXPECT_EQ(waivers->entries[0], (Waiver{.case_pattern = "linger/*",
                                         .subject = "*curl*",
                                         .platform = "Linux *",
                                         .finding = "abortive-linger",
                                         .reason = "known",
                                         .link = "https://example.org/7",
                                         .expires = absl::CivilDay(2027, 1, 31)}));
  EXPECT_EQ(waivers->entries[1].subject, "*");
  EXPECT_EQ(waivers->entries[1].platform, "*");
  EXPECT_EQ(waivers->entries[1].expires, std::nullopt);
}

TEST(WaiversTest, WhatIsWrongIsSaidWithItsPlace) {
  const std::string good = R"({"case": "a/b", "finding": "leak", "reason": "known"})";
  struct Row {
    std::string text;
    std::string error;
  };
  for (const Row& row : {
           Row{"[", "line 1"},
           Row{"{}", "must be an array"},
           Row{absl::StrCat("[", good, R"(, {"case": "a/b", "finding": "leak", "reason": "one", "reason": "two"}])"),
               "/1/reason: stands twice in one object"},
           Row{absl::StrCat("[", good, R"(, {"case": "a/b", "finding": "leak"}])"), "/1: "},
           Row{R"([{"case": "a/b", "finding": "leak"}])", "reason"},
           Row{R"([{"case": "a/b", "finding": "leak", "reason": " \n"}])", "/0/reason is blank: say why"},
           Row{R"([{"case": "", "finding": "leak", "reason": "known"}])", "/0/case"},
           Row{R"([{"case": "a/b", "finding": "", "reason": "known"}])", "/0/finding"},
           Row{R"([{"case": "a/b", "finding": "leak", "reason": "known", "expiry": "2027-01-31"}])", "/0/expiry"},
           Row{R"([{"case": "a/b", "finding": "leak", "reason": "known", "expires": "2027-02-31"}])",
               "/0/expires is \"2027-02-31\", must be a day"},
           Row{R"([{"case": "a/b", "finding": "leak", "reason": "known", "expires": "2027-2-3"}])", "/0/expires"},
           Row{R"([{"case": "a/b", "finding": "leak", "reason": "known", "expires": "soon"}])", "/0/expires"},
           Row{R"([{"case": "a/b", "finding": "leak", "reason": "known", "expires": 2027}])", "/0/expires"},
       }) {
    const absl::StatusOr<Waivers> waivers = ParseWaivers(row.text);
    EXPECT_EQ(waivers.status().code(), absl::StatusCode::kInvalidArgument) << row.text;
    EXPECT_THAT(std::string(waivers.status().message()), HasSubstr(row.error)) << row.text;
  }
}

TEST(WaiversTest, ErrorsOfAFileNameIt) {
  const std::string path = FileWith(R"([{"case": "a/b", "finding": "leak", "reason": ""}])");
  EXPECT_THAT(std::string(ReadWaivers(path).status().message()), HasSubstr(absl::StrCat(path, ": /0/reason is blank")));
  EXPECT_EQ(ReadWaivers("/no/such/file.json").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(ReadWaivers("/no/such/file.json").status().message()),
              HasSubstr("/no/such/file.json: No such file"));
}

TEST(WaiversTest, ReportsNameTheFileWithoutItsDirectory) {
  EXPECT_EQ(ReadWaivers(FileWith("[]"))->file, "ReportsNameTheFileWithoutItsDirectory.json");
}

TEST(WaiversTest, TheFormIsSortedAndIsReadAsWhatItWas) {
  const std::string sorted = R"([
  {
    "case": "a/b",
    "finding": "leak",
    "reason": "known"
  },
  {
    "case": "linger/*",
    "subject": "*curl*",
    "platform": "Linux *",
    "finding": "abortive-linger",
    "reason": "ü",
    "link": "https://example.org/7",
    "expires": "2027-01-31"
  }
]
)";
  absl::StatusOr<Waivers> waivers = ParseWaivers(sorted);
  ASSERT_TRUE(waivers.ok()) << waivers.status();
  std::swap(waivers->entries[0], waivers->entries[1]);
  EXPECT_EQ(FormatWaivers(*waivers), sorted);
  EXPECT_EQ(FormatWaivers(Waivers()), "[]\n");
}

}  // namespace
}  // namespace lastack
