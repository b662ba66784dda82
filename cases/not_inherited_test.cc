// Programs that a client starts beside its connection: what is leaked into them, and what is given.
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "cases/audit.h"

namespace lastack {
namespace {

// A client that does `how` beside its connection `s`.
CaseResult ResultOf(const std::string& how) {
  const std::string client = absl::StrCat(
      "import socket, subprocess, sys\n"
      "s = socket.create_connection((sys.argv[1], int(sys.argv[2])))\n"
      "s.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n')\n",
      how,
      "\nwhile s.recv(9999): pass\n"
      "s.close()\n");
  AuditOptions options;
  options.command = {"python3", "-c", client, "{host}", "{port}"};
  options.profile = FindProfile("http-client");
  options.cases = CasesMatching("always-close/not-inherited");
  absl::StatusOr<Scratch> scratch = Scratch::Create();
  EXPECT_TRUE(scratch.ok()) << scratch.status();
  absl::StatusOr<AuditReport> report = Audit(options, *scratch);
  EXPECT_TRUE(report.ok()) << report.status();
  return report->results.results.front();
}

void ExpectPass(const CaseResult& result) { EXPECT_EQ(result.verdict, Verdict::kPass) << result.message; }

TEST(NotInheritedTest, WhatIsClosedOnExecIsNotInherited) { ExpectPass(ResultOf("subprocess.run(['true'])")); }

TEST(NotInheritedTest, WhatIsInheritableAndUnusedIsLeaked) {
  const CaseResult result = ResultOf("s.set_inheritable(True)\nsubprocess.run(['true'], close_fds=False)");
  EXPECT_EQ(result.verdict, Verdict::kAdvisory) << result.message;
  EXPECT_EQ(result.finding, "inherited-by-program");
}

TEST(NotInheritedTest, AStandardStreamIsGivenOnPurpose) { ExpectPass(ResultOf("subprocess.run(['true'], stdin=s)")); }

TEST(NotInheritedTest, WhatTheProgramUsesIsGivenOnPurpose) {
  ExpectPass(
      ResultOf("s.set_inheritable(True)\n"
               "subprocess.run(['python3', '-c', f'import os; os.read({s.fileno()}, 1)'], close_fds=False)"));
}

TEST(NotInheritedTest, WhoStartsNothingIsNotConcerned) { EXPECT_EQ(ResultOf("").verdict, Verdict::kNotApplicable); }

}  // namespace
}  // namespace lastack
