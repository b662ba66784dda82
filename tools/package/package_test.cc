// What is installed works by itself: the program is copied alone into an empty folder, and run there without an environment.
#include <stdlib.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "harness/testing/runfile.h"
#include "harness/testing/shell.h"
#include "tools/cli/help.h"

namespace lastack {
namespace {

// Runs a line of shell, in an empty directory of its own. $TREE: the unpacked tree; $DEB: the package; $GOOD and $BAD: subjects.
Outcome Shell(const std::string& line) {
  const std::string directory = absl::StrCat(getenv("TEST_TMPDIR"), "/", ::testing::UnitTest::GetInstance()->current_test_info()->name());
  const std::string script =
      absl::StrCat("exec 2>&1; set -e; TREE='", directory, "/tree'; DEB='", Runfile("tools/package/lastack.deb"), "'; GOOD='",
                   Runfile("cases/reference/http_client"), "'; BAD='", Runfile("cases/known_bad/known_bad_client"), "'; mkdir -p $TREE '", directory,
                   "/empty'; tar -xf '", Runfile("tools/package/lastack.tar"), "' -C $TREE; cd '", directory, "/empty'; ", line);
  return RunShell(script);
}

void Expect(const std::string& line, int status, const std::string& text) { ExpectOutcome(Shell(line), line, status, text); }

TEST(PackageTest, TheProgramNeedsLibcOnly) {
  const Outcome outcome = Shell("readelf -d $TREE/bin/lastack | sed -n 's/.*(NEEDED).*\\[\\(.*\\)\\]/\\1/p'");
  ASSERT_EQ(outcome.status, 0) << outcome.text;
  const std::set<std::string> libc = {"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libresolv.so.2", "ld-linux-x86-64.so.2",
                                      "ld-linux-aarch64.so.1"};
  const std::vector<std::string> needed = absl::StrSplit(outcome.text, '\n', absl::SkipEmpty());
  EXPECT_FALSE(needed.empty());
  for (const std::string& one : needed) EXPECT_EQ(libc.count(one), 1u) << one << " is not of libc";
}

TEST(PackageTest, CopiedAloneItJudges) {
  Expect("cp $TREE/bin/lastack .; rm -r $TREE; env -i ./lastack audit -- $GOOD {url}; ls", 0, "Conformant");
  Expect("rm -rf *; cp $TREE/bin/lastack .; rm -r $TREE; env -i ./lastack audit --case='linger/*' -- $BAD --defect=aborts-with-linger {url}", 1,
         "abortive-linger");
}

TEST(PackageTest, CopiedAloneItTraces) {
  Expect("cp $TREE/bin/lastack .; rm -r $TREE; env -i ./lastack audit --backend=tracer --case='linger/*' -- $BAD --defect=aborts-with-linger {url}", 1,
         "abortive-linger");
}

TEST(PackageTest, TheTreeIsWhole) {
  Expect("cd $TREE; find . -type f -o -type l | sort", 0,
         "./bin/lastack\n"
         "./share/bash-completion/completions/lastack\n"
         "./share/doc/lastack/README.md\n"
         "./share/doc/lastack/copyright\n"
         "./share/lastack/bazel/BUILD\n"
         "./share/lastack/bazel/MODULE.bazel\n"
         "./share/lastack/bazel/WORKSPACE\n"
         "./share/lastack/bazel/tools/BUILD\n"
         "./share/lastack/bazel/tools/cli/BUILD\n"
         "./share/lastack/bazel/tools/cli/lastack\n"
         "./share/lastack/bazel/tools/defs.bzl\n"
         "./share/lastack/bazel/tools/deps.bzl\n"
         "./share/lastack/bazel/tools/distribution/BUILD\n"
         "./share/lastack/bazel/tools/distribution/debian.bzl\n"
         "./share/lastack/bazel/tools/profiles.bzl\n"
         "./share/man/man1/lastack.1.gz\n");
  Expect("gzip -dc $TREE/share/man/man1/lastack.1.gz", 0, ".TH LASTACK 1");
  Expect("$TREE/share/lastack/bazel/tools/cli/lastack version", 0, kVersion);
  Expect("cat $TREE/share/lastack/bazel/MODULE.bazel", 0, absl::StrCat("version = \"", kVersion, "\""));
}

TEST(PackageTest, DebianCanInstallIt) {
  Expect("dpkg-deb --info $DEB", 0, absl::StrCat("Version: ", kVersion));
  Expect("dpkg-deb --info $DEB", 0, "Depends: libc6 (>= 2.");
  Expect("dpkg-deb --contents $DEB", 0, "-rwxr-xr-x root/root");
  Expect("dpkg-deb -x $DEB root; env -i root/usr/bin/lastack audit --case=always-close/orderly -- $GOOD {url}", 0, "Conformant");
}

}  // namespace
}  // namespace lastack
