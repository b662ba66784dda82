// The Bazel rules refuse a profile before anything is built: they know the names by a list of their own.
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "cases/conversation.h"
#include "gtest/gtest.h"
#include "harness/testing/runfile.h"

namespace lastack {
namespace {

TEST(ProfilesTest, TheBazelRulesKnowThemAll) {
  std::ostringstream text;
  text << std::ifstream(Runfile("tools/profiles.bzl")).rdbuf();
  std::map<std::string, std::string> known;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(text.str(), '\n'))) {
    const std::vector<std::string> parts = absl::StrSplit(line, '"');  //     "sink": "server",
    if (absl::StartsWith(line, "    \"") && parts.size() == 5) known[parts[1]] = parts[3];
  }
  std::map<std::string, std::string> shipped;
  for (const Profile& profile : Profiles()) shipped[profile.name] = profile.role;
  EXPECT_EQ(known, shipped);
}

}  // namespace
}  // namespace lastack
