#include "harness/run/find_program.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"

namespace lastack {
namespace {

class FindProgramTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = testing::TempDir() + "find_program_" + std::to_string(getpid());
    for (const char* sub : {"", "/first", "/second", "/first/folder"}) mkdir((directory_ + sub).c_str(), 0755);
    Write("/first/plain", 0644);
    Write("/second/plain", 0755);
    Write("/first/only-plain", 0644);
    Write("/second/tool", 0755);
    path_ = directory_ + "/first:" + directory_ + "/second";
  }

  void TearDown() override { std::filesystem::remove_all(directory_); }

  void Write(const std::string& name, mode_t mode) {
    std::ofstream(directory_ + name) << "#!/bin/sh\n";
    ASSERT_EQ(chmod((directory_ + name).c_str(), mode), 0);
  }

  std::string directory_;
  std::string path_;
};

TEST_F(FindProgramTest, SearchesThePathInOrder) {
  EXPECT_EQ(FindProgram("tool", path_).value(), directory_ + "/second/tool");
}

TEST_F(FindProgramTest, PassesOverWhatIsNotExecutable) {
  EXPECT_EQ(FindProgram("plain", path_).value(), directory_ + "/second/plain");
}

TEST_F(FindProgramTest, DoesNotLookUpANameWithASlash) {
  EXPECT_EQ(FindProgram(directory_ + "/second/tool", "").value(), directory_ + "/second/tool");
  EXPECT_EQ(FindProgram("./tool", path_).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(FindProgramTest, AnEmptyElementIsTheWorkingDirectory) {
  char before[4096];
  ASSERT_NE(getcwd(before, sizeof(before)), nullptr);
  ASSERT_EQ(chdir((directory_ + "/second").c_str()), 0);
  EXPECT_EQ(FindProgram("tool", "/nowhere:").value(), "./tool");
  ASSERT_EQ(chdir(before), 0);
}

TEST_F(FindProgramTest, SaysWhyThereIsNone) {
  const absl::Status missing = FindProgram("no-such-tool", path_).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(missing.ToString().find("no-such-tool"), std::string::npos) << missing;
  EXPECT_EQ(FindProgram("", path_).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(FindProgram(directory_ + "/second/tool/x", path_).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(FindProgramTest, SaysWhatIsNotExecutableAndTheRemedy) {
  for (const std::string& program : {std::string("only-plain"), directory_ + "/first/only-plain"}) {
    const absl::Status refused = FindProgram(program, path_).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied) << program;
    EXPECT_NE(refused.ToString().find("chmod +x " + directory_ + "/first/only-plain"), std::string::npos) << refused;
  }
  const absl::Status folder = FindProgram("folder", path_).status();
  EXPECT_EQ(folder.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_NE(folder.ToString().find("is a directory"), std::string::npos) << folder;
}

}  // namespace
}  // namespace lastack
