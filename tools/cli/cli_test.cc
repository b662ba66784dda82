// The command line as a user meets it: texts, exit statuses, streams. Each test runs the real binary.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "cases/case.h"
#include "cases/judge.h"
#include "cases/requirement.h"
#include "harness/testing/runfile.h"
#include "harness/testing/shell.h"
#include "nlohmann/json.hpp"
#include "reports/results.h"
#include "tools/cli/audit_options.h"
#include "tools/cli/command.h"
#include "tools/cli/flags.h"
#include "tools/cli/help.h"

#if defined(__has_feature)
#define LASTACK_CLANG_TSAN __has_feature(thread_sanitizer)
#else
#define LASTACK_CLANG_TSAN 0
#endif

namespace lastack {
namespace {

using ::testing::AnyOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Contents(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// A shell line; `lastack`, `$GOOD`, `$BAD` and `$OUT` are the binary, two subjects and a fresh directory's name.
Outcome Shell(const std::string& line) {
  const std::string out =
      absl::StrCat(getenv("TEST_TMPDIR"), "/", testing::UnitTest::GetInstance()->current_test_info()->name());
  const std::string script = absl::StrCat(
      "lastack() { '", Runfile("tools/cli/lastack"), "' \"$@\"; }; GOOD='", Runfile("cases/reference/http_client"),
      "'; BAD='", Runfile("cases/known_bad/known_bad_client"), "'; OUT='", out, "'; { ", line, "; } 2>&1");
  return RunShell(script);
}

void Expect(const std::string& line, int status, const std::string& text) {
  ExpectOutcome(Shell(line), line, status, text);
}

TEST(CliTest, WithoutArgumentsItTeaches) { Expect("lastack", kExitUsage, "lastack audit -- curl -sS {url}"); }

TEST(CliTest, EveryCommandHasHelp) {
  for (const Command& command : Commands()) {
    Expect(absl::StrCat("lastack help ", command.name), kExitOk, command.summary);
    Expect(absl::StrCat("lastack ", command.name, " --help"), kExitOk, command.usage);
  }
}

TEST(CliTest, WrongUsageNamesTheRemedy) {
  Expect("lastack audti", kExitUsage, "`lastack help` lists them");
  Expect("lastack help audti", kExitUsage, "lists them");
  Expect("lastack audit", kExitUsage, "Put the command after `--`");
  Expect("lastack audit -- curl -sS", kExitUsage, "put {url}, or {host} and {port}");
  Expect("lastack audit -- curl {host}", kExitUsage, "put {url}, or {host} and {port}");
  Expect("lastack audit curl {url}", kExitUsage, "comes after `--`");
  Expect("lastack audit --caes=x -- curl {url}", kExitUsage, "it takes --case");
  Expect("lastack audit --case=x -- curl {url}", kExitUsage, "--case: 'x' matches no case");
  Expect("lastack audit --case='linger/*,lingr/x' -- curl {url}", kExitUsage, "--case: 'lingr/x' matches no case");
  Expect("lastack audit --profile=x -- curl {url}", kExitUsage, "known: http-client");
  Expect("lastack audit --timeout=soon -- curl {url}", kExitUsage, "a duration is written as 10s");
  Expect("lastack audit --timeout=0 -- curl {url}", kExitUsage, "longer than 0");
  Expect("lastack audit --timeout -- curl {url}", kExitUsage, "wants a value");
  Expect("lastack audit --jobs=-1 -- curl {url}", kExitUsage, "must not be negative");
  Expect("lastack audit --env=X -- curl {url}", kExitUsage, "is not NAME=VALUE");
  Expect("lastack list --timeout=1s", kExitUsage, "has no flag");
  Expect("lastack audit --timeout= -- curl {url}", kExitUsage, "a duration is written as 10s");
  Expect("lastack audit --env= -- curl {url}", kExitUsage, "is not NAME=VALUE");
  Expect("lastack list a b c", kExitUsage, "what is 'b'?");
  Expect("lastack list --calls a", kExitUsage, "what is 'a'?");
  Expect("lastack list -- a", kExitUsage, "what is 'a'?");
  Expect("lastack explain always-close/orderly b", kExitUsage, "what is 'b'?");
  Expect("lastack doctor x", kExitUsage, "what is 'x'?");
  Expect("lastack version x", kExitUsage, "what is 'x'?");
  Expect("lastack help audit x", kExitUsage, "what is 'x'?");
  Expect("lastack list 'x*'", kExitUsage, "no case matches");
  Expect("lastack explain", kExitUsage, "wants one case id");
  Expect("lastack explain orderly", kExitUsage, "did you mean always-close/orderly");
  Expect("lastack explain linger/no-abort-by-defualt", kExitUsage, "did you mean linger/no-abort-by-default?");
  Expect("lastack inject -- true", kExitUsage, "which fault?");
  Expect("lastack inject close:error=EINTR", kExitUsage, "after `--`");
  Expect("lastack inject clsoe:error=EINTR -- true", kExitUsage, "column 1: 'clsoe'");
  Expect("lastack inject send:effect=reset -- true", kExitUsage, "put {url}");
  Expect("lastack trace x -- true", kExitUsage, "takes no operands");
}

TEST(CliTest, TheVersionIsTheModules) {
  Expect("lastack version", kExitOk, kVersion);
  EXPECT_THAT(Contents(Runfile("MODULE.bazel")),
              HasSubstr(absl::StrCat("name = \"lastack\",\n    version = \"", kVersion, "\"")));
}

TEST(CliTest, SubjectsThatCannotBeStarted) {
  Expect("lastack audit --out=$OUT -- no-such-program {url}", kExitUsage, "no-such-program");
  Expect("lastack audit --out=$OUT -- /etc/passwd {url}", kExitUsage, "not executable");
  Expect("lastack inject close:error=EINTR -- no-such-program", kExitUsage, "no-such-program");
  Expect("lastack trace -- no-such-program", kExitUsage, "no-such-program");
}

TEST(CliTest, ACommandThatDoesNotRunIsToldOnce) {
  const Outcome outcome = Shell("lastack audit --out=$OUT -- sh /nosuch.sh {url} 2>/dev/null");
  EXPECT_EQ(outcome.status, kExitFindings) << outcome.text;
  EXPECT_LT(std::count(outcome.text.begin(), outcome.text.end(), '\n'), 15) << outcome.text;
  EXPECT_THAT(outcome.text,
              ContainsRegex("never connected to the peer; its\\s+first\\s+process\\s+exited\\s+with\\s+status"))
      << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("/nosuch.sh"));
  EXPECT_GT(ResultsFromJson(Shell("cat $OUT/results.json").text)->results.size(), 10u)
      << "all of them are in results.json";
}

TEST(CliTest, WhatIsNoTerminalGetsEveryLineWhole) {
  const Outcome outcome = Shell("lastack audit --out=$OUT -- $GOOD {url}");
  EXPECT_THAT(outcome.text, Not(HasSubstr("…"))) << outcome.text;
}

TEST(CliTest, AuditOfAGoodClientEndsWithThePathOfTheReport) {
  const Outcome outcome = Shell("lastack audit --out=$OUT -- $GOOD {url}; code=$?; ls $OUT | tr '\\n' ' '; exit $code");
  EXPECT_EQ(outcome.status, kExitOk) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("Conformant"));
  EXPECT_THAT(outcome.text, HasSubstr("/index.html\nfacts.jsonl index.html junit.xml report.css results.json"));
}

TEST(CliTest, FactsAreJudgedAgainAndResultsTakeOtherForms) {
  Expect("lastack audit --out=$OUT -- $GOOD {url}", kExitOk, "Conformant");
  Expect("lastack judge $OUT/facts.jsonl", kExitOk, "Conformant");
  Expect("lastack report --format=junit $OUT/results.json", kExitOk, "<testsuite name=\"always-close\"");
  Expect("lastack report --format=text $OUT/results.json", kExitOk, "Conformant");
  Expect("lastack report --format=junit --out=$OUT/x.xml $OUT/results.json && cmp $OUT/x.xml $OUT/junit.xml", kExitOk,
         "");
  Expect("lastack audit --out=$OUT.bad --case='linger/*' -- $BAD --defect=aborts-with-linger {url}", kExitFindings,
         "abortive-linger");
  Expect("lastack judge $OUT.bad/facts.jsonl", kExitFindings, "abortive-linger");
}

// Of every file that a command reads.
TEST(CliTest, FilesThatCannotBeReadAreTaughtInOneStyle) {
  const std::pair<const char*, const char*> rows[] = {
      {"lastack judge", "the facts"},
      {"lastack report", "the results"},
      {"lastack matrix", "the results"},
      {"lastack merge --out=$OUT", "the results"},
      {"lastack audit --matrix", "the subjects"},
      {"lastack matrix x --notes", "the notes"},
      {"lastack audit --waivers", "the waivers"},
      {"lastack audit --profile", "the profile"},
  };
  for (const auto& [command, what] : rows) {
    const bool of_flag = absl::StartsWith(what, "the s") || absl::StartsWith(what, "the n") ||
                         absl::StartsWith(what, "the w") || absl::StartsWith(what, "the p");
    const bool takes_command = absl::StartsWith(what, "the w") || absl::StartsWith(what, "the p");
    for (const auto& [path, why] :
         {std::pair("/nowhere.json", "No such file or directory"), std::pair("$OUT.json", "Is a directory")}) {
      const std::string line = absl::StrCat("mkdir -p $OUT.json; ", command, of_flag ? "=" : " ", path,
                                            takes_command ? " -- curl {host} {port}" : "");
      const Outcome outcome = Shell(line);
      EXPECT_EQ(outcome.status, kExitUsage) << line << outcome.text;
      EXPECT_THAT(outcome.text,
                  ContainsRegex(absl::StrCat("lastack: cannot read ", what, " [^ ]*json: ", why, "; ...")))
          << line;
    }
  }
}

TEST(CliTest, WhatAMessageRepeatsIsNoControlSequence) {
  Expect("lastack judge \"$(printf '/nowhere/\\033[31m')\"", kExitUsage,
         "cannot read the facts /nowhere/␛[31m: No such file");
}

TEST(CliTest, AClosedStreamIsNotFoundAgainAsAFile) {
  Expect("{ lastack audit --out=$OUT --case='linger/*' -- $GOOD {url} 2>&3 >&-; } 3>&1", kExitHarness,
         "standard output: Bad file descriptor");
  Expect("lastack audit --out=$OUT --case='linger/*' -- $GOOD {url} <&- 2>&-", kExitOk, "Conformant");
  EXPECT_TRUE(ResultsFromJson(Shell("cat $OUT/results.json").text).ok());
}

TEST(CliTest, WhatCannotBeWrittenIsSaidBeforeAnythingRuns) {
  for (const char* command : {"audit --out=$OUT/r --case='linger/*' -- $GOOD {url}",
                              "audit --matrix=$OUT.json --out=$OUT/r", "platform --out=$OUT/r"}) {
    const Outcome outcome = Shell(absl::StrCat(
        "touch $OUT; printf '[{\"name\": \"a\", \"command\": [\"true\", \"{url}\"]}]' > $OUT.json; lastack ", command));
    EXPECT_EQ(outcome.status, kExitHarness) << outcome.text;
    EXPECT_THAT(outcome.text,
                ContainsRegex("cannot write the report .*: Not a directory; --out=PATH names another place"));
    EXPECT_THAT(outcome.text, Not(HasSubstr("running")));
  }
}

// A file system of its own, with room for the report on one case; a kernel may forbid it.
TEST(CliTest, AFullDiskLeavesTheOlderReport) {
  const Outcome outcome = Shell(absl::StrCat(
      R"(mkdir $OUT; unshare -Urm sh -c 'mount -t tmpfs -o size=100k none "$1" || exit 77
         "$2" audit --out="$1/r" --case=linger/no-abort-by-default -- "$3" {url}
         "$2" audit --out="$1/r" -- "$3" {url}; code=$?; ls -A "$1/r" | tr "\n" " "; grep -c '"'"'"case":'"'"' "$1/r/results.json"; exit $code' sh "$OUT" ')",
      Runfile("tools/cli/lastack"), "' \"$GOOD\""));
  if (outcome.status == 77 || absl::StrContains(outcome.text, "unshare failed")) GTEST_SKIP() << outcome.text;
  EXPECT_EQ(outcome.status, kExitHarness) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr(": No space left on device; --out=PATH names another place\nfacts.jsonl "
                                      "index.html junit.xml report.css results.json 1\n"));
}

TEST(CliTest, FactsAndResultsThatCannotBeReadAreUsageErrors) {
  Expect("lastack judge", kExitUsage, "which file?");
  Expect("lastack judge /nowhere", kExitUsage, "/nowhere");
  Expect("echo '{' > $OUT; lastack judge $OUT", kExitUsage, "line 1");
  Expect("lastack judge /dev/null", kExitUsage, "clean run");
  Expect("lastack report /dev/null", kExitUsage, "/dev/null");
  Expect("lastack report --format=nonsense /dev/null", kExitUsage, "html, junit, json, text");
}

TEST(CliTest, AuditOfABadClientFails) {
  const Outcome outcome = Shell("lastack audit --out=$OUT --case='linger/*' -- $BAD --defect=aborts-with-linger {url}");
  EXPECT_EQ(outcome.status, kExitFindings) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("linger/no-abort-by-default"));
  EXPECT_THAT(outcome.text, Not(HasSubstr("always-close/orderly"))) << "--case selects";
  EXPECT_THAT(outcome.text, HasSubstr(" audit --case=linger/no-abort-by-default --")) << "the line that repeats it";
}

// The command that repeats the first case, as the report of an audit of `arguments` has it, in its directory.
std::string ReplayOf(const std::string& arguments) {
  const Outcome audit =
      Shell(absl::StrCat("mkdir -p $OUT; cd $OUT; cp \"$BAD\" './a client'; lastack audit --out=r ", arguments));
  const absl::StatusOr<Results> results = ResultsFromJson(Shell("cat $OUT/r/results.json").text);
  return results.ok() ? results->results.front().replay : audit.text;
}

TEST(CliTest, ACaseIsRepeatedByItsCommandAsItStands) {
  const std::string replay =
      ReplayOf("--strict --env='X=a b' --case='linger/no*' -- './a client' --defect=aborts-with-linger {url}");
  const Outcome outcome = Shell(absl::StrCat("cd $OUT; ", replay));
  EXPECT_EQ(outcome.status, kExitFindings) << replay << "\n" << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("abortive-linger")) << replay;
  EXPECT_THAT(outcome.text, HasSubstr("1 case: 1 fail")) << replay;
  EXPECT_THAT(replay, HasSubstr(" --strict --"));
}

TEST(CliTest, AWaivedCaseIsRepeatedWithItsWaivers) {
  const std::string replay = ReplayOf(
      "--update-waivers=w.json --reason=x --case=linger/no-abort-by-default -- './a client' "
      "--defect=aborts-with-linger {url}");
  const Outcome outcome = Shell(absl::StrCat("cd $OUT; ", replay));
  EXPECT_EQ(outcome.status, kExitOk) << replay << "\n" << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("1 known-failure")) << replay;
}

TEST(CliTest, RepeatingBeginsAsTheUserBegan) {
  const std::string rest = "--case=linger/no-abort-by-default -- './a client' --defect=aborts-with-linger {url}";
  EXPECT_THAT(ReplayOf(rest), HasSubstr(Runfile("tools/cli/lastack")));
  setenv("LASTACK_PROGRAM", "tools/lastack", 1);
  EXPECT_EQ(ReplayOf(rest), "tools/lastack audit " + rest);
  setenv("LASTACK_TARGET", "//some:test", 1);
  EXPECT_EQ(ReplayOf("--backend=tracer " + rest),
            "bazel run //some:test.report -- --case=linger/no-abort-by-default --backend=tracer");
  unsetenv("LASTACK_PROGRAM");
  unsetenv("LASTACK_TARGET");
}

TEST(CliTest, UnderBazelRunPathsBeginWhereTheUserStands) {
  Expect(
      "mkdir -p $OUT; cp \"$GOOD\" $OUT/client; BUILD_WORKING_DIRECTORY=$OUT lastack audit --case='linger/n*' -- "
      "./client {url}; ls $OUT/lastack-report",
      kExitOk, "results.json");
}

TEST(CliTest, StrictMakesAdvisoriesFail) {
  Expect("lastack audit --out=$OUT --case=always-close/orderly -- $BAD --defect=left-to-exit {url}", kExitOk,
         "advisory");
  Expect("lastack audit --strict --out=$OUT --case=always-close/orderly -- $BAD --defect=left-to-exit {url}",
         kExitFindings, "advisory");
}

TEST(CliTest, JsonIsTheOnlyThingOnStdout) {
  const Outcome outcome = Shell(
      "lastack audit --json --out=$OUT -- $GOOD {url} 2>/dev/null | tee $OUT.json; cmp $OUT.json $OUT/results.json && "
      "echo");
  const nlohmann::json json = nlohmann::json::parse(outcome.text, nullptr, false);
  ASSERT_FALSE(json.is_discarded()) << outcome.text;
  const auto concerned = std::count_if(Cases().begin(), Cases().end(), [](const Case& one) {
    return Concerns(one, *FindProfile("http-client")) && FindRequirement(one.requirement)->tier == "quick";
  });
  EXPECT_EQ(json.at("results").size(), static_cast<size_t>(concerned));
  EXPECT_TRUE(ResultsFromJson(outcome.text).ok()) << ResultsFromJson(outcome.text).status();
}

TEST(CliTest, EqualAuditsGiveEqualVerdicts) {
  const Outcome outcome = Shell(
      "for i in 1 2; do lastack audit --out=$OUT$i -- $GOOD {url}; done >/dev/null 2>&1; "
      "grep verdict ${OUT}1/results.json > $OUT.1; grep verdict ${OUT}2/results.json | cmp - $OUT.1");
  EXPECT_EQ(outcome.status, 0) << outcome.text;
}

constexpr char kWaived[] = "--case='linger/*' -- $BAD --defect=aborts-with-linger {url}";

TEST(CliTest, WaiversAreWrittenApplyAndBecomeStale) {
  const std::string update = absl::StrCat("lastack audit --out=$OUT.d --update-waivers=$OUT.json ");
  Expect(absl::StrCat(update, "--reason='known to us' ", kWaived, "; code=$?; cat $OUT.json; exit $code"), kExitOk,
         "\"finding\": \"abortive-linger\"");
  Expect(absl::StrCat("lastack audit --out=$OUT.d --waivers=$OUT.json ", kWaived), kExitOk, "Waived: known to us");
  Expect("lastack report --format=junit $OUT.d/results.json", kExitOk, "<skipped message=\"Waived: known to us");
  Expect(absl::StrCat("cp $OUT.json $OUT.old; ", update, "--reason=other ", kWaived,
                      " >/dev/null && cmp $OUT.json $OUT.old"),
         kExitOk, "");
  Expect(
      "sed -i '/subject/d' $OUT.json; lastack audit --out=$OUT.d --waivers=$OUT.json --case='linger/*' -- $GOOD {url}",
      kExitFindings, "waives nothing any more: the verdict is pass");
  Expect("lastack audit --out=$OUT.d --waivers=$OUT.json --case=always-close/orderly -- $GOOD {url}", kExitOk,
         "Conformant");
}

TEST(CliTest, AnUpdateOfWaiversSaysWhatItDid) {
  const std::string update = absl::StrCat("lastack audit --out=$OUT.d --update-waivers=$OUT.json --reason=known ",
                                          kWaived, " 2>&1 >/dev/null | grep Waivers:");
  Expect(update, kExitOk, "AnUpdateOfWaiversSaysWhatItDid.json: 1 new, 0 removed, 0 kept");
  Expect(update, kExitOk, "AnUpdateOfWaiversSaysWhatItDid.json fits as it is: 1 kept");
  Expect(absl::StrCat("sed -i 's/no-abort-by-default/*/' $OUT.json; sed -i 's/abortive-linger/abort/' $OUT.json; ",
                      update),
         kExitOk, "1 new, 1 removed, 0 kept");
}

TEST(CliTest, WaiversForAnotherSubjectOrWithATypoAreTold) {
  const std::string file =
      R"(echo '[{"case": "linger/no-abort-by-default", "finding": "abortive-linge", "reason": "x", "subject": "SUBJECT"}]' > $OUT.json; )";
  const std::string audit = absl::StrCat("lastack audit --out=$OUT.d --waivers=$OUT.json ", kWaived);
  Expect(absl::StrReplaceAll(file, {{"SUBJECT", "wget *"}}) + audit, kExitFindings,
         ".json, /0 waived nothing: for the subject \"wget *\", and this is \"");
  Expect(absl::StrReplaceAll(file, {{"SUBJECT", "*"}}) + audit, kExitFindings, "'abortive-linger'? Mend the entry");
}

TEST(CliTest, WrongWaiversAreUsageErrorsBeforeAnythingRuns) {
  const std::string audit = "lastack audit --out=$OUT.d ";
  Expect(absl::StrCat(audit, "--update-waivers=$OUT.json ", kWaived,
                      "; code=$?; [ -e $OUT.d ] && echo it ran; exit $code"),
         kExitUsage, "wants --reason");
  Expect(absl::StrCat(audit, "--update-waivers=$OUT.json --reason=' ' ", kWaived), kExitUsage, "wants --reason");
  Expect(absl::StrCat(audit, "--reason=x ", kWaived), kExitUsage, "--reason is for --update-waivers");
  Expect(absl::StrCat(audit, "--waivers=/nowhere ", kWaived), kExitUsage,
         "cannot read the waivers /nowhere: No such file");
  Expect(absl::StrCat("echo '[{\"case\": \"a\", \"finding\": \"b\", \"reason\": \"\"}]' > $OUT.json; ", audit,
                      "--waivers=$OUT.json ", kWaived),
         kExitUsage, ".json: /0/reason is blank");
}

TEST(CliTest, CasesOfSeveralPatternsAreRun) {
  const absl::StatusOr<Results> results =
      ResultsFromJson(Shell("lastack audit --json --out=$OUT --case=linger/no-abort-by-default,always-close/orderly -- "
                            "$GOOD {url} 2>/dev/null")
                          .text);
  ASSERT_TRUE(results.ok()) << results.status();
  ASSERT_EQ(results->results.size(), 2);
  EXPECT_EQ(results->results[0].case_id, "always-close/orderly");
  EXPECT_EQ(results->results[1].case_id, "linger/no-abort-by-default");
}

TEST(CliTest, ShardsAreMergedToTheWhole) {
  Expect("for k in 1 2; do lastack audit --out=$OUT.$k --shard=$k/2 --case='linger/*' -- $GOOD {url}; done", kExitOk,
         "Conformant");
  Expect("mkdir $OUT; cp $OUT.1/facts.jsonl $OUT; lastack merge $OUT.2/results.json $OUT.1/results.json --out=$OUT",
         kExitOk, "Conformant");
  Expect("ls $OUT | tr '\\n' ' '", kExitOk, "index.html junit.xml report.css results.json");
  const absl::StatusOr<Results> merged = ResultsFromJson(Shell("cat $OUT/results.json").text);
  ASSERT_TRUE(merged.ok()) << merged.status();
  const std::vector<const Case*> cases = CasesMatching("linger/*");
  ASSERT_EQ(merged->results.size(), cases.size());
  for (size_t i = 0; i < cases.size(); ++i) EXPECT_EQ(merged->results[i].case_id, cases[i]->id);
  Expect("lastack merge $OUT.2/results.json --out=$OUT", kExitUsage, "missing: 1/2");
  Expect("lastack merge $OUT.1/results.json", kExitUsage, "--out=DIR");
  Expect("lastack merge --out=$OUT", kExitUsage, "which results?");
  Expect("echo {} > $OUT.x; lastack merge $OUT.x --out=$OUT", kExitUsage, "ShardsAreMergedToTheWhole.x: ");
  Expect("lastack merge /nowhere --out=$OUT", kExitUsage, "/nowhere");
  Expect("lastack audit --shard=3/2 -- $GOOD {url}", kExitUsage, "is no shard");
  Expect("lastack audit --shard=5/9 --case=always-close/orderly -- $GOOD {url}", kExitUsage, "has no case");
}

TEST(CliTest, PartsThatWereWaivedDifferentlyAreWaivedAsAWhole) {
  Expect(R"(for k in 1 2; do echo "[{\"case\": \"lingr/*\", \"finding\": \"x\", \"reason\": \"$k\"}]" > $OUT.$k.json; )"
         "lastack audit --out=$OUT.$k --shard=$k/2 --case='linger/*' --waivers=$OUT.$k.json -- $GOOD {url}; done",
         kExitFindings, "stale-waiver    lingr/*");
  Expect("lastack merge $OUT.1/results.json $OUT.2/results.json --out=$OUT", kExitUsage, "2/results.json: lingr/*");
  Expect("echo '[]' > $OUT.json; lastack merge $OUT.1/results.json $OUT.2/results.json --waivers=$OUT.json --out=$OUT",
         kExitOk, "Conformant");
}

TEST(CliTest, ABazelTestIsDividedOnce) {
  // Not as this test itself, whose files would be written.
  const std::string audit =
      "unset $(env | sed -n 's/^\\(TEST[A-Z_]*\\|XML_OUTPUT_FILE\\)=.*/\\1/p'); export TEST_TOTAL_SHARDS=2 "
      "TEST_SHARD_INDEX=1 TESTBRIDGE_TEST_ONLY='linger/*'; "
      "lastack audit --bazel --json --out=$OUT --case='linger/*' ";
  const nlohmann::json part = nlohmann::json::parse(Shell(audit + "-- $GOOD {url} 2>/dev/null").text, nullptr, false);
  ASSERT_FALSE(part.is_discarded());
  EXPECT_EQ(part.at("results").size(), CasesMatching("linger/*").size() / 2);
  EXPECT_THAT(part.at("environment").dump(), HasSubstr("--case=linger/* --repeat=1 --test_filter=linger/*"));
  EXPECT_EQ(part.at("shard"), (nlohmann::json{{"index", 2}, {"count", 2}}));
  Expect(audit + "--shard=1/2 -- $GOOD {url}", kExitUsage, "--bazel goes without --shard");
}

TEST(CliTest, ShardsOfDifferentSelectionsAreNotMerged) {
  const std::string subject = " -- $GOOD {url} > /dev/null; ";
  Expect(absl::StrCat("lastack audit --out=$OUT.1 --shard=1/2 --case='linger/*'", subject,
                      "lastack audit --out=$OUT.2 --shard=2/2 --case='linger/n*'", subject,
                      "lastack merge $OUT.1/results.json $OUT.2/results.json --out=$OUT"),
         kExitUsage, "2/results.json: selection is \"--case=linger/n* --repeat=1\", but in ");
  Expect(absl::StrCat("lastack audit --out=$OUT.2 --shard=2/2 --case='linger/*' --repeat=2", subject,
                      "lastack merge $OUT.1/results.json $OUT.2/results.json --out=$OUT"),
         kExitUsage, "2/results.json: selection is \"--case=linger/* --repeat=2\", but in ");
}

TEST(CliTest, ASelectionIsWhatWasAskedFor) {
  EXPECT_EQ(SelectionText(""), "--case=* --tier=quick --repeat=1");
  EXPECT_EQ(SelectionText("linger/*"), "--case=* --tier=quick --repeat=1 --test_filter=linger/*");
  absl::SetFlag(&FLAGS_tier, "full");
  EXPECT_EQ(SelectionText(""), "--case=* --tier=full --repeat=1");
  absl::SetFlag(&FLAGS_case, "linger/*");
  absl::SetFlag(&FLAGS_repeat, 3);
  EXPECT_EQ(SelectionText(""), "--case=linger/* --repeat=3") << "the tier does not matter to named cases";
  absl::SetFlag(&FLAGS_tier, "quick");
  absl::SetFlag(&FLAGS_case, "*");
  absl::SetFlag(&FLAGS_repeat, std::nullopt);
}

TEST(CliTest, ManySubjectsAreComparedOnOnePage) {
  const std::string file =
      R"(printf '[{"name": "Good one", "command": ["%s", "{url}"], "version": ["echo", "good 1.0"]},
      {"name": "Bad", "command": ["%s", "--defect=aborts-with-linger", "{url}"], "version": ["no-such-program"]},
      {"name": "None", "command": ["/nowhere/x", "{url}"]}]' "$GOOD" "$BAD" > $OUT.json; )";
  const Outcome outcome = Shell(file + "lastack audit --matrix=$OUT.json --case='linger/*' --out=$OUT");
  EXPECT_EQ(outcome.status, kExitFindings) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("1  Good one, good 1.0: Conformant"));
  EXPECT_THAT(outcome.text, ContainsRegex("2  Bad, unknown .*no-such-program.*: Non-conformant"));
  EXPECT_THAT(outcome.text, HasSubstr("3  None: not audited: "));
  Expect("lastack report --format=text $OUT/none/results.json", kExitOk, "Not fully verified. It was not audited: ");
  EXPECT_THAT(outcome.text, HasSubstr("running [1/3] Good one: clean run"));
  Expect("ls $OUT $OUT/good-one | tr '\\n' ' '", kExitOk, "bad good-one matrix.html matrix.json none report.css");
  Expect("cat $OUT/matrix.html", kExitOk, "<a href=\"bad/index.html#linger/no-abort-by-default\">");
  // The same page, of the results alone.
  Expect(
      "cp $OUT/matrix.html $OUT.html; lastack matrix --out=$OUT $OUT/good-one/results.json $OUT/bad/results.json "
      "$OUT/none/results.json >/dev/null; "
      "cmp $OUT/matrix.html $OUT.html",
      kExitOk, "");
  Expect("lastack matrix --json --out=$OUT $OUT/bad/results.json", kExitOk, "\"name\": \"Bad\"");
  Expect(
      "echo '[{\"subject\": \"Bad\", \"requirement\": \"linger/*\", \"verdict\": \"flaky\", \"note\": \"why\"}]' > "
      "$OUT.notes; "
      "lastack matrix --notes=$OUT.notes --out=$OUT $OUT/bad/results.json",
      kExitFindings, "Stale note: no cell of Bad at linger/* says flaky: why");
}

TEST(CliTest, WrongUsageOfTheComparison) {
  Expect("lastack audit --matrix=/nowhere", kExitUsage, "/nowhere");
  Expect("lastack audit --matrix=/nowhere -- curl {url}", kExitUsage, "takes no command");
  Expect("lastack audit --matrix=/nowhere --driver", kExitUsage, "--matrix goes without");
  Expect("lastack audit --matrix=/nowhere --strict", kExitUsage, "--strict and --bazel");
  Expect("lastack audit --notes=/nowhere -- curl {url}", kExitUsage, "--notes is for --matrix");
  Expect("echo '[{}]' > $OUT.json; lastack audit --matrix=$OUT.json", kExitUsage, "WrongUsageOfTheComparison.json: ");
  Expect("echo '[{\"name\": \"a\", \"command\": [\"curl\"]}]' > $OUT.json; lastack audit --matrix=$OUT.json",
         kExitUsage, "/0 (a): the command does not say where the peer is");
  Expect("lastack matrix", kExitUsage, "which results?");
  Expect("lastack matrix /nowhere", kExitUsage, "/nowhere");
}

// A flag of audit is obeyed by the comparison or refused: never ignored. Who is refused is told before the file is
// read.
TEST(CliTest, AComparisonIgnoresNoFlag) {
  const std::set<std::string> obeyed = {"case=linger/*", "tier=full", "backend=tracer", "timeout=1s",
                                        "jobs=1",        "repeat=2",  "seed=1",         "notes=/nowhere",
                                        "out=x",         "json",      "matrix=/nowhere"};
  const std::set<std::string> refused = {"profile=driver", "driver",    "env=A=1", "waivers=x", "update-waivers=x",
                                         "reason=x",       "shard=1/2", "strict",  "bazel"};
  std::set<std::string> all;
  for (const FlagText& flag : FlagTexts(*FindCommand("audit"))) all.insert(flag.name);
  std::set<std::string> tried;
  for (const auto& [flags, answer] : {std::pair(obeyed, "/nowhere"), std::pair(refused, "--matrix goes without")}) {
    for (const std::string& flag : flags) {
      tried.insert(flag.substr(0, flag.find('=')));
      Expect(absl::StrCat("lastack audit '--", flag, "' --matrix=/nowhere"), kExitUsage, answer);
    }
  }
  EXPECT_EQ(tried, all);
}

TEST(CliTest, ReportsThatCannotBeWritten) {
  Expect("lastack audit --out=/proc/nowhere -- $GOOD {url}", kExitHarness, "/proc/nowhere");
  Expect("touch $OUT; lastack audit --out=$OUT -- $GOOD {url}", kExitHarness, "ReportsThatCannotBeWritten");
#if !defined(__SANITIZE_THREAD__) && !LASTACK_CLANG_TSAN
  // Not under ThreadSanitizer, whose own runtime writes a file at its start.
  Expect("ulimit -f 400; trap '' XFSZ; lastack audit --out=$OUT.d -- $GOOD {url} >/dev/null", kExitHarness, "trace");
#endif
}

TEST(CliTest, AClosedOrFullStdoutIsAnError) {
  Expect("lastack list >/dev/full", kExitHarness, "cannot write to the standard output");
  Expect("lastack list >&-", kExitHarness, "cannot write to the standard output");
  Expect("lastack audit --out=$OUT -- $GOOD {url} >/dev/full", kExitHarness, "cannot write to the standard output");
}

TEST(CliTest, AnUnusableTmpdirIsPassedOver) {
  Expect("TMPDIR=/nowhere lastack audit --out=$OUT -- $GOOD {url}", kExitOk, "Conformant");
  Expect("mkdir -p \"$OUT with space\"; TMPDIR=\"$OUT with space\" lastack audit --out=$OUT -- $GOOD {url}", kExitOk,
         "Conformant");
}

TEST(CliTest, ListsAndExplainsEveryCase) {
  const Outcome list = Shell("lastack list");
  for (const Case& one : Cases()) {
    EXPECT_THAT(list.text, HasSubstr(one.id));
    Expect(absl::StrCat("lastack explain ", one.id), kExitOk, "Remedy");
  }
  Expect("lastack list --calls", kExitOk, "close          ECONNRESET");
}

TEST(CliTest, InjectSaysWhatFiredAndKeepsTheStatus) {
  Expect("lastack inject close:fd=tcp:error=EINTR -- $GOOD {url} >/dev/null", kExitOk, "fired 1 times");
  Expect("lastack inject recv:fd=tcp:error=ECONNRESET -- $GOOD {url} >/dev/null", 1, "ECONNRESET");
  Expect("lastack inject close:fd=unix:error=EIO -- $GOOD {url} >/dev/null", kExitFindings, "never fired");
  Expect("lastack inject close:fd=tcp:error=EIO -- sh -c 'exit 7'", 7, "never fired");
  Expect("lastack inject send:fd=tcp:effect=reset -- $GOOD {url} >/dev/null", 1, "fired 1 times");
  for (const char* backend : {"preload", "tracer"}) {
    Expect(absl::StrCat("lastack inject --backend=", backend,
                        " send,sendto:fd=tcp:effect=reset:error=EPIPE -- $GOOD {url} 2>&1 >/dev/null"),
           1, "= -1 EPIPE");
  }
  Expect("lastack inject send:fd=tcp:effect=partial=5 -- $GOOD {url} | tail -1", kExitOk, "line 00127");
}

TEST(CliTest, TraceShowsHowSocketsEnded) {
  Expect("lastack trace -- $GOOD {url} >/dev/null", kExitOk, "tcp, connected to 127.0.0.");
  Expect("lastack trace --out=$OUT -- $GOOD {url} >/dev/null; cat $OUT", kExitOk, "close(");
  Expect("lastack trace --timeout=200ms -- sleep 100", 124, "");
  Expect("lastack trace --out=/nowhere/x -- true", kExitHarness, "/nowhere/x");
}

// One flag, and what it does to each command that takes it.
TEST(CliTest, HelpTellsWhatAFlagDoesToThisCommand) {
  const std::map<std::string, std::map<std::string, std::string>> texts = {
      {"timeout",
       {{"audit", "by default 10s"},
        {"driver-check", "by default 5s"},
        {"inject", "there is no limit"},
        {"trace", "there is no limit"}}},
      {"json",
       {{"audit", "results.json instead of the summary; with --matrix, matrix.json"},
        {"judge", "results.json"},
        {"merge", "results.json"},
        {"matrix", "print matrix.json"},
        {"platform", "print platform.json"}}},
      {"case", {{"audit", "run only the cases"}, {"platform", "try only the claims"}}},
      {"repeat", {{"audit", "by default 1"}, {"platform", "by default 5"}}},
      {"out",
       {{"audit", "the directory"},
        {"merge", "the directory"},
        {"matrix", "lastack-matrix"},
        {"platform", "lastack-report"},
        {"judge", "the standard output"},
        {"report", "the standard output"},
        {"inject", "stderr"},
        {"trace", "stderr"}}},
      {"backend",
       {{"audit", "auto: preload, and"}, {"inject", "auto: preload, and"}, {"trace", "auto: the tracer, and"}}},
      {"notes", {{"audit", "with --matrix"}, {"matrix", "a file of notes on the cells of a comparison"}}},
  };
  for (const Command& command : Commands()) {
    for (const FlagText& flag : FlagTexts(command)) {
      const auto text = texts.find(flag.name);
      if (text == texts.end()) continue;
      ASSERT_EQ(text->second.count(command.name), 1u) << command.name << " --" << flag.name;
      EXPECT_THAT(flag.help, HasSubstr(text->second.at(command.name))) << command.name << " --" << flag.name;
      EXPECT_THAT(CommandHelp(command), HasSubstr(flag.help));
    }
  }
  Expect("lastack platform --case", kExitUsage, "--case wants a value: try only the claims");
}

TEST(CliTest, ALimitEqualToTheDefaultOfAuditIsALimit) {
  EXPECT_FALSE(absl::GetFlag(FLAGS_timeout).has_value());
  ASSERT_TRUE(ParseArguments(*FindCommand("trace"), {"--timeout=10s"}).ok());
  EXPECT_EQ(absl::GetFlag(FLAGS_timeout), absl::Seconds(10));
}

TEST(CliTest, VariablesKeepTheirNewlines) {
  Expect("lastack trace --env=\"A=1\n\n2\" --env B=3 -- sh -c 'printf \"[%s][%s]\" \"$A\" \"$B\"'", kExitOk,
         "[1\n\n2][3]");
}

TEST(CliTest, PlatformMeasuresTheSystem) {
  Expect("lastack platform --case='os/shut-*' --repeat=2 --out=$OUT; code=$?; ls $OUT | tr '\\n' ' '; exit $code",
         kExitOk, "platform.html platform.json report.css");
  Expect("lastack platform --case=os/shut-wr-sends-fin --repeat=2 --out=$OUT", kExitOk, "os/shut-wr-sends-fin");
  Expect("lastack platform --repeat=0", kExitUsage, "at least 1");
  Expect("lastack platform --repeat=", kExitUsage, "not a valid value");
  Expect("lastack platform --case=linger", kExitUsage, "no claim matches");
  Expect("lastack platform --case=os/shut-rdwr-is-both --out=/proc/nowhere", kExitHarness, "/proc/nowhere");
  const nlohmann::json json = nlohmann::json::parse(
      Shell("lastack platform --json --case=os/shut-wr-sends-fin --repeat=3 --out=$OUT").text, nullptr, false);
  ASSERT_FALSE(json.is_discarded());
  EXPECT_EQ(json.at("claims").at(0).at("results").at(0).at("runs"), 3);
}

TEST(CliTest, DoctorTellsWhatThisMachineCanDo) {
  const Outcome outcome = Shell("lastack doctor");
  EXPECT_THAT(outcome.status, AnyOf(kExitOk, kExitHarness));
  for (const char* name : {"preload", "ptrace", "namespaces", "capture"}) EXPECT_THAT(outcome.text, HasSubstr(name));
}

// The subject writes down its number and the files that we made for it; none of them may be there afterwards.
void ExpectStopLeavesNothing(const std::string& command, const std::string& signal, int status) {
  static int runs = 0;
  const Outcome outcome = Shell(absl::StrCat(
      "export OUT=$OUT.", ++runs, "; export TMPDIR=$OUT; mkdir $OUT; '", Runfile("tools/cli/lastack"), "' ", command,
      " -- sh -c 'echo $$ $LD_PRELOAD $LASTACK_TRACE >$OUT.new; mv $OUT.new $OUT.started; exec sleep 1000' & pid=$!; "
      "while ! [ -e $OUT.started ]; do :; done; kill -",
      signal,
      " $pid; wait $pid; code=$?; "
      "read -r subject agent trace <$OUT.started; kill -0 $subject 2>/dev/null && echo the subject lives; "
      "ls -d ${agent%/*} ${trace%/*} $OUT/lastack.* 2>/dev/null | sed 's/^/left: /'; exit $code"));
  EXPECT_EQ(outcome.status, status) << outcome.text;
  EXPECT_THAT(outcome.text, Not(AnyOf(HasSubstr("the subject lives"), HasSubstr("left: "))));
}

TEST(CliTest, AStoppedRunLeavesNothingBehind) {
  ExpectStopLeavesNothing("trace --backend=preload", "TERM", 128 + SIGTERM);
  ExpectStopLeavesNothing("trace --backend=tracer", "HUP", 128 + SIGHUP);
  ExpectStopLeavesNothing("inject close:error=EIO", "TERM", 128 + SIGTERM);
}

TEST(CliTest, CtrlCLeavesNothingBehind) {
  // The subject's own argument, filled in: neither the shell's nor lastack's matches. A bare machine has no pgrep.
  const std::string find_subject = "grep -lsz '[0-9]/ctrl-c$' /proc/[0-9]*/cmdline";
  const Outcome outcome = Shell("export TMPDIR=$OUT; mkdir $OUT; '" + Runfile("tools/cli/lastack") +
                                "' audit --out=$OUT.report -- $BAD --defect=hangs {url}ctrl-c & pid=$!; "
                                "while ! " +
                                find_subject +
                                " >/dev/null; do :; done; kill -INT $pid; wait $pid; code=$?; "
                                "ls $OUT; " +
                                find_subject + " && echo a process was left; exit $code");
  EXPECT_NE(outcome.status, 0);
  EXPECT_THAT(outcome.text, HasSubstr("interrupted"));
  EXPECT_THAT(outcome.text, Not(HasSubstr("lastack."))) << "a directory was left";
  EXPECT_THAT(outcome.text, Not(HasSubstr("a process was left")));
}

}  // namespace
}  // namespace lastack
