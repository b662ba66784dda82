// What is installed works by itself: the program is copied alone into an empty folder, and run there without an
// environment.
#include <stdlib.h>

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "harness/testing/runfile.h"
#include "harness/testing/shell.h"
#include "tools/cli/help.h"

namespace lastack {
namespace {

// Runs a line of shell, in an empty directory of its own. $TREE: the unpacked tree; $DEB: the package; $GOOD and $BAD:
// subjects.
Outcome Shell(const std::string& line) {
  const std::string directory =
      absl::StrCat(getenv("TEST_TMPDIR"), "/", ::testing::UnitTest::GetInstance()->current_test_info()->name());
  const std::string script =
      absl::StrCat("exec 2>&1; set -e; TREE='", directory, "/tree'; DEB='", Runfile("tools/package/lastack.deb"),
                   "'; GOOD='", Runfile("cases/reference/http_client"), "'; BAD='",
                   Runfile("cases/known_bad/known_bad_client"), "'; mkdir -p $TREE '", directory, "/empty'; tar -xf '",
                   Runfile("tools/package/lastack.tar"), "' -C $TREE; cd '", directory, "/empty'; ", line);
  return RunShell(script);
}

void Expect(const std::string& line, int status, const std::string& text) {
  ExpectOutcome(Shell(line), line, status, text);
}

TEST(PackageTest, TheProgramNeedsLibcOnly) {
  const Outcome outcome = Shell("readelf -d $TREE/bin/lastack | sed -n 's/.*(NEEDED).*\\[\\(.*\\)\\]/\\1/p'");
  ASSERT_EQ(outcome.status, 0) << outcome.text;
  const std::set<std::string> libc = {"libc.so.6",  "libm.so.6",      "libpthread.so.0",      "libdl.so.2",
                                      "librt.so.1", "libresolv.so.2", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"};
  const std::vector<std::string> needed = absl::StrSplit(outcome.text, '\n', absl::SkipEmpty());
  EXPECT_FALSE(needed.empty());
  for (const std::string& one : needed) EXPECT_EQ(libc.count(one), 1u) << one << " is not of libc";
}

TEST(PackageTest, CopiedAloneItJudges) {
  Expect("cp $TREE/bin/lastack .; rm -r $TREE; env -i ./lastack audit -- $GOOD {url}; ls", 0, "Conformant");
  Expect(
      "rm -rf *; cp $TREE/bin/lastack .; rm -r $TREE; env -i ./lastack audit --case='linger/*' -- $BAD "
      "--defect=aborts-with-linger {url}",
      1, "abortive-linger");
}

TEST(PackageTest, CopiedAloneItTraces) {
  Expect(
      "cp $TREE/bin/lastack .; rm -r $TREE; env -i ./lastack audit --backend=tracer --case='linger/*' -- $BAD "
      "--defect=aborts-with-linger {url}",
      1, "abortive-linger");
}

TEST(PackageTest, TheTreeIsWhole) {
  Expect("cd $TREE; find . -type f -o -type l | LC_ALL=C sort", 0,
         "./bin/lastack\n"
         "./share/bash-completion/completions/lastack\n"
         "./share/doc/lastack/README.md\n"
         "./share/doc/lastack/cases/AUDITS.md\n"
         "./share/doc/lastack/cases/REQUIREMENTS.md\n"
         "./share/doc/lastack/cases/drivers/PORTING.md\n"
         "./share/doc/lastack/cases/drivers/python_socket_driver.py\n"
         "./share/doc/lastack/cases/os/CLAIMS.md\n"
         "./share/doc/lastack/cases/profile.schema.json\n"
         "./share/doc/lastack/cases/profiles/example.json\n"
         "./share/doc/lastack/copyright\n"
         "./share/doc/lastack/harness/sys/INTERCEPTED.md\n"
         "./share/doc/lastack/reports/matrix_notes.schema.json\n"
         "./share/doc/lastack/reports/matrix_subjects.schema.json\n"
         "./share/doc/lastack/reports/report.png\n"
         "./share/doc/lastack/tools/REMOTE.md\n"
         "./share/doc/lastack/tools/ci_examples/github.yml\n"
         "./share/doc/lastack/tools/ci_examples/github_bazel.yml\n"
         "./share/doc/lastack/tools/ci_examples/gitlab.yml\n"
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

// Links, and the files that help texts name.
TEST(PackageTest, DocumentsNameWhatIsInstalled) {
  Expect(
      "cd $TREE/share/doc/lastack; for f in $(grep -ohE '\\]\\([^)]+\\)' $(find . -name '*.md') | sed 's/^](//; "
      "s/[)#].*$//' | grep -v '^http' | sort -u); do "
      "[ -e $f ] || { echo missing: $f; exit 1; }; done; echo all there",
      0, "all there");
  Expect(
      "cd $TREE/share/doc/lastack; for f in $(gzip -dc ../../man/man1/lastack.1.gz | sed 's/\\\\-/-/g' | grep -oE "
      "'(cases|reports)/[a-z_/]+[.](md|MD|json|py)|cases/[a-zA-Z_/]+[.]md' | "
      "sort -u); do [ -e $f ] || { echo missing: $f; exit 1; }; echo named: $f; done",
      0, "named: cases/drivers/PORTING.md");
  Expect("grep -c tools/lastack $TREE/share/doc/lastack/README.md || echo none", 0, "none");
}

// tools/install with a Bazel that has built all that it is asked for.
TEST(PackageTest, InstallReplacesAllOrNothing) {
  const std::string install =
      absl::StrCat("mkdir tools bin built built/tools built/tools/package; cp '", Runfile("tools/install"),
                   "' tools; ln -s '", Runfile("tools/package/lastack.tar"),
                   "' built/tools/package; printf '#!/bin/sh\n' > tools/setup; printf '#!/bin/sh\n[ $1 != info ] || "
                   "echo '$PWD'/built\n' > bin/bazel; "
                   "chmod +x tools/setup bin/bazel; PATH=$PWD/bin:$PATH; set +e; rm -rf p; ");
  Expect(install +
             "for i in 1 2; do tools/install --prefix=p || exit 9; done; p/bin/lastack version; (cd p; find . | "
             "LC_ALL=C sort) > 1; "
             "(cd $TREE; find . | LC_ALL=C sort) | cmp - 1 && echo the same",
         0, "the same");
  Expect("rm -rf *; " + install + "tools/install", 2, "usage: ");
  Expect("rm -rf *; " + install + "touch file; tools/install --prefix=file/p", 3,
         "install: cannot make file/p; --prefix=DIR names another place");
  Expect("rm -rf *; " + install + "{ tools/install --prefix=p 2>&3 >&-; } 3>&1", 3, "rror");
  const Outcome full = Shell("rm -rf *; " + install +
                             "unshare -Urm sh -c 'mkdir p; mount -t tmpfs -o size=100k none p || exit 77; mkdir p/bin; "
                             "echo old > p/bin/lastack; "
                             "tools/install --prefix=p; code=$?; find p -type f; cat p/bin/lastack; exit $code'");
  if (full.status == 77 || absl::StrContains(full.text, "unshare failed")) GTEST_SKIP() << full.text;
  EXPECT_EQ(full.status, 3) << full.text;
  EXPECT_THAT(full.text, testing::HasSubstr("names another place\np/bin/lastack\nold\n"));
}

TEST(PackageTest, DebianCanInstallIt) {
  Expect("dpkg-deb --info $DEB", 0, absl::StrCat("Version: ", kVersion));
  Expect("dpkg-deb --info $DEB", 0, "Depends: libc6 (>= 2.");
  Expect("dpkg-deb --contents $DEB", 0, "-rwxr-xr-x root/root");
  Expect("dpkg-deb -x $DEB root; env -i root/usr/bin/lastack audit --case=always-close/orderly -- $GOOD {url}", 0,
         "Conformant");
}

}  // namespace
}  // namespace lastack
