#include "reports/pending_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

// What the next close reports after it has really closed. close is the call whose error only its caller can see:
// nothing but a definition of our own makes a disk's late error.
namespace {
int close_error = 0;
int closes = 0;
}  // namespace

extern "C" int close(int fd) {
  ++closes;
  const long result = syscall(SYS_close, fd);
  if (close_error == 0) return static_cast<int>(result);
  errno = std::exchange(close_error, 0);
  return -1;
}

namespace lastack {
namespace {

namespace fs = std::filesystem;

using Names = std::vector<std::string>;

class PendingFileTest : public testing::Test {
 protected:
  PendingFileTest() {
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }

  Names NamesThere() const {
    Names names;
    for (const auto& entry : fs::directory_iterator(directory_)) names.push_back(entry.path().filename());
    return names;
  }

  std::string Path(const std::string& name) const { return absl::StrCat(directory_, "/", name); }

  const std::string directory_ = absl::StrCat(testing::TempDir(), "/pending");
};

std::string Read(const std::string& path) {
  std::ifstream input(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>());
}

TEST_F(PendingFileTest, AppearsWhenPublished) {
  absl::StatusOr<PendingFile> file = PendingFile::Write(Path("a.txt"), "text");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_FALSE(fs::exists(Path("a.txt")));
  EXPECT_EQ(file->Publish(), absl::OkStatus());
  EXPECT_EQ(NamesThere(), Names{"a.txt"});
  EXPECT_EQ(Read(Path("a.txt")), "text");
}

TEST_F(PendingFileTest, LeavesNothingUnlessPublished) {
  {
    absl::StatusOr<PendingFile> file = PendingFile::Write(Path("a.txt"), "text");
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ(NamesThere().size(), 1u);
  }
  EXPECT_EQ(NamesThere(), Names());
}

TEST_F(PendingFileTest, ReplacesAnOlderFile) {
  std::ofstream(Path("a.txt")) << "older and longer";
  absl::StatusOr<PendingFile> file = PendingFile::Write(Path("a.txt"), "new");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(Read(Path("a.txt")), "older and longer");
  EXPECT_EQ(file->Publish(), absl::OkStatus());
  EXPECT_EQ(Read(Path("a.txt")), "new");
}

TEST_F(PendingFileTest, SeveralWritersDoNotMeet) {
  absl::StatusOr<PendingFile> one = PendingFile::Write(Path("a.txt"), "one");
  absl::StatusOr<PendingFile> two = PendingFile::Write(Path("a.txt"), "two");
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_EQ(two->Publish(), absl::OkStatus());
  EXPECT_EQ(one->Publish(), absl::OkStatus());
  EXPECT_EQ(Read(Path("a.txt")), "one");
}

TEST_F(PendingFileTest, ObeysTheUmask) {
  const mode_t before = umask(027);
  absl::StatusOr<PendingFile> file = PendingFile::Write(Path("a.txt"), "");
  umask(before);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_EQ(file->Publish(), absl::OkStatus());
  EXPECT_EQ(fs::status(Path("a.txt")).permissions(), static_cast<fs::perms>(0640));
}

TEST_F(PendingFileTest, NamesTheFileThatCannotBe) {
  const absl::StatusOr<PendingFile> file = PendingFile::Write(Path("missing/a.txt"), "text");
  EXPECT_EQ(file.status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(absl::StrContains(file.status().message(), "missing/a.txt: No such file or directory")) << file.status();
}

TEST_F(PendingFileTest, ADirectoryInItsPlaceIsAnError) {
  fs::create_directories(Path("a.txt"));
  const absl::StatusOr<PendingFile> file = PendingFile::Write(Path("a.txt"), "text");
  EXPECT_TRUE(absl::StrContains(file.status().message(), "a.txt: Is a directory")) << file.status();
  EXPECT_EQ(NamesThere(), Names{"a.txt"});
}

TEST_F(PendingFileTest, WhatIsNoRegularFileIsWrittenToAndStays) {
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  const int reader = open(Path("pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  absl::StatusOr<PendingFile> file = PendingFile::Write(Path("pipe"), "text");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->Publish(), absl::OkStatus());
  char buffer[8];
  EXPECT_EQ(read(reader, buffer, sizeof(buffer)), 4);
  close(reader);
  EXPECT_TRUE(fs::is_fifo(Path("pipe")));
  EXPECT_EQ(NamesThere(), Names{"pipe"});
}

TEST_F(PendingFileTest, ALinkStaysOne) {
  std::ofstream(Path("a.txt")) << "old";
  fs::create_symlink("a.txt", Path("link"));
  absl::StatusOr<PendingFile> file = PendingFile::Write(Path("link"), "new");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->Publish(), absl::OkStatus());
  EXPECT_TRUE(fs::is_symlink(Path("link")));
  EXPECT_EQ(Read(Path("a.txt")), "new");
}

TEST_F(PendingFileTest, AnErrorFromCloseCounts) {
  close_error = EIO;
  const absl::StatusOr<PendingFile> file = PendingFile::Write(Path("a.txt"), "text");
  EXPECT_FALSE(file.ok());
  EXPECT_TRUE(absl::StrContains(file.status().message(), "a.txt: Input/output error")) << file.status();
  EXPECT_EQ(NamesThere(), Names());
}

TEST_F(PendingFileTest, AFullDiskSeenByCloseIsResourceExhausted) {
  close_error = EDQUOT;
  EXPECT_EQ(PendingFile::Write(Path("a.txt"), "text").status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(PendingFileTest, AnInterruptedCloseIsNeitherErrorNorRepeated) {
  closes = 0;
  close_error = EINTR;
  EXPECT_TRUE(PendingFile::Write(Path("a.txt"), "text").ok());
  EXPECT_EQ(closes, 1);
}

TEST(WriteAndClose, AFullDiskIsResourceExhausted) {
  const int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  const absl::Status status = WriteAndClose(fd, "text", "a.txt");
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(), "cannot write a.txt: No space left on device");
  EXPECT_EQ(fcntl(fd, F_GETFD), -1) << "the descriptor must be closed in spite of the error";
}

TEST(WriteAndClose, ReportsTheFirstError) {
  close_error = EIO;
  const int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  EXPECT_EQ(WriteAndClose(fd, "text", "a.txt").code(), absl::StatusCode::kResourceExhausted);
}

TEST(WriteAndClose, WritesToAPipe) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  EXPECT_EQ(WriteAndClose(ends[1], "text", "pipe"), absl::OkStatus());
  char buffer[8];
  EXPECT_EQ(read(ends[0], buffer, sizeof buffer), 4);
  close(ends[0]);
}

}  // namespace
}  // namespace lastack
