#include "cases/profile_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "harness/testing/runfile.h"

namespace lastack {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string WithOrdinary(const std::string& ordinary, const std::string& role = "server",
                         const std::string& more = "") {
  return absl::StrCat(R"({"name": "mine", "role": ")", role, R"(", )", more, R"("conversations": {"ordinary": )",
                      ordinary, "}}");
}

TEST(ProfileFileTest, TheExampleIsAWholeServer) {
  const absl::StatusOr<Profile> profile = ReadProfile(Runfile("cases/profiles/example.json"));
  ASSERT_TRUE(profile.ok()) << profile.status();
  EXPECT_EQ(profile->name, "smtp-server");
  EXPECT_EQ(profile->role, "server");
  EXPECT_EQ(profile->stop_signal, SIGTERM);
  EXPECT_THAT(profile->scripts(Scenario::kOrdinary), SizeIs(2)) << "a server's conversation has two clients";
  EXPECT_THAT(profile->scripts(Scenario::kOrdinary).front(), SizeIs(6));
  EXPECT_EQ(profile->scripts(Scenario::kOrdinary).front()[2].text, "QUIT\r\n");
  EXPECT_GT(profile->scripts(Scenario::kManyClients).size(), 10u);
  EXPECT_EQ(profile->scripts(Scenario::kManyResets)[2].back().kind, Step::Kind::kReset);
  EXPECT_TRUE(profile->scripts(Scenario::kRestartedServer).empty());
}

TEST(ProfileFileTest, AConversationThatIsToldTakesThePlaceOfAMadeOne) {
  const absl::StatusOr<Profile> profile = ParseProfile(
      R"({"name": "mine", "role": "client", "answer": "a", "conversations": {
          "ordinary": [[{"do": "send", "text": "a"}, {"do": "finish"}]],
          "refused": [[{"do": "reset"}]],
          "reset-mid-answer": [[{"do": "send", "text": "a"}, {"do": "await-read"}, {"do": "reset"}], [{"do": "finish"}]]}})");
  ASSERT_TRUE(profile.ok()) << profile.status();
  EXPECT_EQ(profile->answer, "a");
  EXPECT_EQ(profile->scripts(Scenario::kRefused).front().front().kind, Step::Kind::kReset);
  EXPECT_THAT(profile->scripts(Scenario::kResetMidAnswer), SizeIs(2));
  EXPECT_EQ(profile->scripts(Scenario::kSecondAddress).front().front().text, "a");
  EXPECT_TRUE(profile->scripts(Scenario::kManyClients).empty());
}

TEST(ProfileFileTest, WhatIsWrongIsSaidWithItsPlace) {
  struct Row {
    std::string text;
    std::string error;
  };
  for (const Row& row : {
           Row{"{", "line 1"},
           Row{R"({"name": "mine", "role": "server"})", "conversations"},
           Row{R"({"name": "Mine", "role": "server", "conversations": {"ordinary": [[]]}})", "/name"},
           Row{WithOrdinary("[[]]", "driver"), "/role"},
           Row{WithOrdinary("[]"), "/conversations/ordinary has no connection"},
           Row{WithOrdinary("[[]]"), "/conversations/ordinary/0 is empty"},
           Row{WithOrdinary(R"([[{"do": "sned", "text": "a"}]])"), "/conversations/ordinary/0/0/do"},
           Row{WithOrdinary(R"([[{"do": "send"}]])"), "/conversations/ordinary/0/0 is send, which needs a text"},
           Row{WithOrdinary(R"([[{"do": "send", "text": ""}]])"), "/conversations/ordinary/0/0 has an empty text"},
           Row{WithOrdinary(R"([[{"do": "finish", "text": "a"}]])"), "which takes no text"},
           Row{WithOrdinary(R"([[{"do": "finish"}, {"do": "expect-bytes"}]])"),
               "/conversations/ordinary/0/1 is expect-bytes, which needs a count"},
           Row{WithOrdinary(R"([[{"do": "finish"}]], "usual": [[]])"),
               "/conversations/usual is no conversation; known: ordinary, reset-mid-answer"},
           Row{WithOrdinary(R"([[{"do": "finish"}]])", "server", R"("stop_signal": "SIGNAL", )"),
               "/stop_signal is SIGNAL, and there is no such signal"},
       }) {
    const absl::StatusOr<Profile> profile = ParseProfile(row.text);
    EXPECT_EQ(profile.status().code(), absl::StatusCode::kInvalidArgument) << row.text;
    EXPECT_THAT(std::string(profile.status().message()), HasSubstr(row.error)) << row.text;
  }
}

TEST(ProfileFileTest, AFileThatIsNotThere) {
  EXPECT_THAT(std::string(ReadProfile("/no/such/file.json").status().message()),
              HasSubstr("/no/such/file.json: No such file"));
}

TEST(ProfileFileTest, NamesAreTakenOnce) {
  absl::StatusOr<Profile> profile = ParseProfile(WithOrdinary(R"([[{"do": "finish"}]])"));
  ASSERT_TRUE(profile.ok());
  EXPECT_TRUE(AddProfile(*profile).ok());
  EXPECT_EQ(FindProfile("mine")->role, "server");
  EXPECT_EQ(AddProfile(*profile).status().code(), absl::StatusCode::kAlreadyExists);
  profile->name = "http-client";
  EXPECT_EQ(AddProfile(*profile).status().code(), absl::StatusCode::kAlreadyExists);
}

}  // namespace
}  // namespace lastack
