#include "reports/write.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "reports/html.h"
#include "reports/junit.h"
#include "reports/samples.h"

namespace lastack {
namespace {

namespace fs = std::filesystem;

using Names = std::vector<std::string>;

std::string Read(const std::string& path) {
  std::ifstream input(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>());
}

Names NamesIn(const std::string& directory) {
  Names names;
  for (const auto& entry : fs::directory_iterator(directory)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

// While it lives, no file of this process may grow beyond `bytes`: write fails with EFBIG, as on a full disk.
class ScopedFileSizeLimit {
 public:
  explicit ScopedFileSizeLimit(rlim_t bytes) {
    handler_ = signal(SIGXFSZ, SIG_IGN);
    EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &before_), 0);
    const rlimit limit = {bytes, before_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  ~ScopedFileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, handler_);
  }
  ScopedFileSizeLimit(const ScopedFileSizeLimit&) = delete;
  ScopedFileSizeLimit& operator=(const ScopedFileSizeLimit&) = delete;

 private:
  rlimit before_;
  sighandler_t handler_;
};

class WriteReportTest : public testing::Test {
 protected:
  WriteReportTest() {
    fs::remove_all(root_);
    fs::create_directories(root_);
  }

  const std::string root_ = absl::StrCat(testing::TempDir(), "/write");
  const std::string directory_ = absl::StrCat(root_, "/deep/report");
  const Names files_ = {"facts.jsonl", "index.html", "junit.xml", "report.css", "results.json"};
};

TEST_F(WriteReportTest, ResultsWithoutFactsLeaveNoFactsOfOthers) {
  ASSERT_EQ(WriteReport(FullResults(), {"1"}, directory_), absl::OkStatus());
  ASSERT_EQ(WriteReport(FullResults(), directory_), absl::OkStatus());
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/facts.jsonl"));
  EXPECT_TRUE(std::filesystem::exists(directory_ + "/results.json"));
  EXPECT_EQ(WriteReport(FullResults(), directory_), absl::OkStatus()) << "there are none to remove";
}

TEST_F(WriteReportTest, ADirectoryIsCheckedWithoutBeingMade) {
  EXPECT_EQ(CheckDirectory(directory_), absl::OkStatus());
  EXPECT_EQ(NamesIn(root_), Names());
  std::ofstream(root_ + "/deep") << "a file";
  EXPECT_TRUE(
      absl::StrContains(CheckDirectory(directory_).message(), absl::StrCat("in ", root_, "/deep: Not a directory")))
      << CheckDirectory(directory_);
}

TEST_F(WriteReportTest, MakesTheDirectoryAndItsFiles) {
  ASSERT_EQ(WriteReport(FullResults(), {"{\"a\":1}", "{\"b\":2}"}, directory_), absl::OkStatus());
  EXPECT_EQ(NamesIn(directory_), files_);
  EXPECT_EQ(Read(directory_ + "/results.json"), FormatResults(FullResults()));
  EXPECT_EQ(Read(directory_ + "/index.html"), RenderHtml(FullResults()));
  EXPECT_EQ(Read(directory_ + "/junit.xml"), RenderJUnit(FullResults()));
  EXPECT_EQ(Read(directory_ + "/report.css"), std::string(ReportCss()));
  EXPECT_EQ(Read(directory_ + "/facts.jsonl"), "{\"a\":1}\n{\"b\":2}\n");
}

TEST_F(WriteReportTest, ReplacesAnOlderReportAndNothingElse) {
  ASSERT_EQ(WriteReport(FullResults(), {"1", "2"}, directory_), absl::OkStatus());
  std::ofstream(directory_ + "/notes.txt") << "mine";
  ASSERT_EQ(WriteReport(Results(), {}, directory_ + "/"), absl::OkStatus());
  EXPECT_EQ(Read(directory_ + "/results.json"), FormatResults(Results()));
  EXPECT_EQ(Read(directory_ + "/facts.jsonl"), "");
  EXPECT_EQ(Read(directory_ + "/notes.txt"), "mine");
}

TEST_F(WriteReportTest, EqualResultsGiveEqualReports) {
  ASSERT_EQ(WriteReport(HostileResults(), {"x"}, root_ + "/a"), absl::OkStatus());
  ASSERT_EQ(WriteReport(HostileResults(), {"x"}, root_ + "/b"), absl::OkStatus());
  for (const std::string& file : files_) EXPECT_EQ(Read(root_ + "/a/" + file), Read(root_ + "/b/" + file)) << file;
}

TEST_F(WriteReportTest, BelowAFileThereIsNoDirectory) {
  std::ofstream(root_ + "/file") << "x";
  const absl::Status status = WriteReport(FullResults(), {}, root_ + "/file/report");
  EXPECT_FALSE(status.ok());
  EXPECT_TRUE(absl::StrContains(status.message(), "cannot make the directory ")) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "/file/report: Not a directory")) << status;
}

TEST_F(WriteReportTest, AFileIsNoDirectory) {
  std::ofstream(root_ + "/file") << "x";
  const absl::Status status = WriteReport(FullResults(), {}, root_ + "/file");
  EXPECT_TRUE(absl::StrContains(status.message(), "/file: Not a directory")) << status;
  EXPECT_EQ(Read(root_ + "/file"), "x");
}

TEST_F(WriteReportTest, WithoutPermissionItIsPermissionDenied) {
  if (geteuid() == 0) GTEST_SKIP() << "permissions do not bind root";
  fs::permissions(root_, fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(WriteReport(FullResults(), {}, directory_).code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(WriteReport(FullResults(), {}, root_).code(), absl::StatusCode::kPermissionDenied);
  fs::permissions(root_, fs::perms::owner_all);
}

TEST_F(WriteReportTest, AFullDiskLeavesTheOlderReportAsItWas) {
  ASSERT_EQ(WriteReport(Results(), {"old"}, directory_), absl::OkStatus());
  Results larger = FullResults();
  larger.results[0].output = std::string(100000, 'x');
  absl::Status status;
  {
    const ScopedFileSizeLimit limit(50000);  // enough for the style sheet, not for the page
    status = WriteReport(larger, {"new"}, directory_);
  }
  EXPECT_FALSE(status.ok());
  EXPECT_TRUE(absl::StrContains(status.message(), "index.html: File too large")) << status;
  EXPECT_EQ(NamesIn(directory_), files_) << "no temporary file may remain";
  EXPECT_EQ(Read(directory_ + "/results.json"), FormatResults(Results()));
  EXPECT_EQ(Read(directory_ + "/facts.jsonl"), "old\n");
}

TEST_F(WriteReportTest, AnEmptyNameIsAnError) {
  EXPECT_EQ(WriteReport(FullResults(), {}, "").code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace lastack
