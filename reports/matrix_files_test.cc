#include "reports/matrix_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "harness/testing/runfile.h"

namespace lastack {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::SizeIs;

std::string Contents(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(MatrixFilesTest, ASubjectIsAProgramOrADriver) {
  const auto subjects = ParseSubjects(
      R"json([{"name": "curl", "command": ["curl", "{url}"], "profile": "http-client", "version": ["curl", "-V"], "env": ["A=b=c", "D="]},
          {"name": "Python's asyncio (3)", "driver": ["python3", "x.py"]}])json");
  ASSERT_TRUE(subjects.ok()) << subjects.status();
  ASSERT_THAT(*subjects, SizeIs(2));
  EXPECT_THAT((*subjects)[0].command, ElementsAre("curl", "{url}"));
  EXPECT_THAT((*subjects)[0].version, ElementsAre("curl", "-V"));
  EXPECT_THAT((*subjects)[0].environment, ElementsAre(Pair("A", "b=c"), Pair("D", "")));
  EXPECT_EQ((*subjects)[1].profile, "driver");
  EXPECT_EQ((*subjects)[1].folder, "python-s-asyncio-3");
}

TEST(MatrixFilesTest, WhatIsWrongWithSubjectsIsSaidWithItsPlace) {
  struct Row {
    std::string text;
    std::string error;
  };
  for (const Row& row : {
           Row{"[", "line 1"},
           Row{"[]", "no subject"},
           Row{R"([{"command": ["a"]}])", "name"},
           Row{R"([{"name": "..", "command": ["a"]}])", "/0/name"},
           Row{R"([{"name": "a"}])", "/0 must have either a command or a driver"},
           Row{R"([{"name": "a", "command": ["a"], "driver": ["a"]}])", "/0 must have either"},
           Row{R"([{"name": "a", "command": []}])", "/0/command has no word"},
           Row{R"([{"name": "a", "driver": ["a"], "profile": "sink"}])", "/0 is a driver, which takes no profile"},
           Row{R"([{"name": "a b", "command": ["a"]}, {"name": "A-B", "command": ["a"]}])",
               "/1/name would share the folder a-b with /0"},
           Row{R"([{"name": "a", "command": ["a"], "env": ["A"]}])", "/0/env/0"},
       }) {
    EXPECT_THAT(std::string(ParseSubjects(row.text).status().message()), HasSubstr(row.error)) << row.text;
  }
}

TEST(MatrixFilesTest, NotesNameAVerdict) {
  const auto notes = ParseNotes(R"([{"subject": "a", "requirement": "b/c", "verdict": "fail", "note": "why"}])");
  ASSERT_TRUE(notes.ok()) << notes.status();
  EXPECT_THAT(*notes, ElementsAre(MatrixNote{"a", "b/c", Verdict::kFail, "why"}));
  EXPECT_THAT(std::string(ParseNotes(R"([{"subject": "a", "requirement": "b/c", "verdict": "failed", "note": "why"}])")
                              .status()
                              .message()),
              HasSubstr("/0/verdict is \"failed\", which is no verdict"));
  EXPECT_THAT(
      std::string(
          ParseNotes(R"([{"subject": "a", "requirement": "b/c", "verdict": "fail", "note": " "}])").status().message()),
      HasSubstr("/0/note"));
}

TEST(MatrixFilesTest, TheFilesOfTheShippedComparisonAreWellFormed) {
  EXPECT_TRUE(ParseSubjects(Contents(Runfile("reports/audits/subjects.json"))).ok())
      << ParseSubjects(Contents(Runfile("reports/audits/subjects.json"))).status();
  EXPECT_TRUE(ParseNotes(Contents(Runfile("reports/audits/notes.json"))).ok())
      << ParseNotes(Contents(Runfile("reports/audits/notes.json"))).status();
}

}  // namespace
}  // namespace lastack
