// Every mistake that a driver can make is found, and named. The drivers are the Python one with one line changed.
#include "cases/driver_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "harness/testing/runfile.h"

namespace lastack {
namespace {

using testing::HasSubstr;

std::vector<DriverFinding> Check(const std::vector<std::string>& command, absl::Duration timeout = absl::Seconds(10)) {
  absl::StatusOr<Scratch> scratch = Scratch::Create();
  EXPECT_TRUE(scratch.ok()) << scratch.status();
  absl::StatusOr<std::vector<DriverFinding>> findings =
      CheckDriver({.command = command, .environment = {}, .timeout = timeout}, *scratch);
  EXPECT_TRUE(findings.ok()) << findings.status();
  return findings.ok() ? *findings : std::vector<DriverFinding>();
}

// The Python driver in which `right` reads `wrong`.
std::vector<DriverFinding> CheckChanged(const std::string& right, const std::string& wrong,
                                        absl::Duration timeout = absl::Seconds(10)) {
  std::ifstream original(Runfile("cases/drivers/python_socket_driver.py"));
  std::stringstream text;
  text << original.rdbuf();
  const std::string changed = absl::StrReplaceAll(text.str(), {{right, wrong}});
  EXPECT_NE(changed, text.str()) << "the driver has no line '" << right << "'";
  const std::string path = absl::StrCat(getenv("TEST_TMPDIR"), "/driver.py");
  std::ofstream(path) << changed;
  return Check({"python3", path}, timeout);
}

// The first thing that is wrong.
DriverFinding FirstWrong(const std::vector<DriverFinding>& findings) {
  for (const DriverFinding& finding : findings) {
    if (finding.outcome == DriverFinding::Outcome::kWrong) return finding;
  }
  return {"nothing", DriverFinding::Outcome::kRight, ""};
}

TEST(DriverCheckTest, TheShippedDriversAreRight) {
  for (const std::vector<std::string>& command : {std::vector<std::string>{Runfile("cases/drivers/posix_driver")},
                                                  {"python3", Runfile("cases/drivers/python_socket_driver.py")}}) {
    const std::vector<DriverFinding> findings = Check(command);
    EXPECT_EQ(findings.size(), 19u);
    for (const DriverFinding& finding : findings) {
      EXPECT_EQ(finding.outcome, DriverFinding::Outcome::kRight) << finding.what << ": " << finding.words;
    }
  }
}

// From its first statement on.
std::string Statements(const std::string& path) {
  std::ifstream file(Runfile(path));
  std::stringstream text;
  text << file.rdbuf();
  const std::string all = text.str();
  const size_t begin = std::min(all.find("connections = {}"), all.size());
  return all.substr(begin, all.find("```", begin) - begin);
}

TEST(DriverCheckTest, TheManualShowsTheDriverThatIsShipped) {
  EXPECT_EQ(Statements("cases/drivers/PORTING.md"), Statements("cases/drivers/python_socket_driver.py"));
  EXPECT_GT(Statements("cases/drivers/PORTING.md").size(), 100u);
}

TEST(DriverCheckTest, AMadeUpVerbIsNotToBeAnswered) {
  const DriverFinding wrong = FirstWrong(CheckChanged("return \"unimplemented\"", "return \"ok\""));
  EXPECT_EQ(wrong.what, "an unknown verb");
  EXPECT_THAT(wrong.words, HasSubstr("`unimplemented`"));
}

TEST(DriverCheckTest, AWrongHandleIsAnError) {
  EXPECT_EQ(FirstWrong(CheckChanged("\"error EBADF\"", "\"ok\"")).what, "a wrong handle");
}

TEST(DriverCheckTest, AnEarlyDeathIsTold) {
  const DriverFinding wrong =
      FirstWrong(CheckChanged("    if args[0] not in connections:\n        return \"error EBADF\"\n", ""));
  EXPECT_EQ(wrong.what, "a wrong handle");
  EXPECT_THAT(wrong.words, HasSubstr("ended instead, with status 1"));
  EXPECT_THAT(wrong.words, HasSubstr("KeyError"));
}

TEST(DriverCheckTest, NoiseIsQuoted) {
  const DriverFinding wrong = FirstWrong(CheckChanged("connections = {}", "connections = {}\nprint('starting up')"));
  EXPECT_EQ(wrong.what, "its standard output");
  EXPECT_THAT(wrong.words, HasSubstr("'starting up' is no reply"));
}

TEST(DriverCheckTest, ASecondReplyIsNoise) {
  const DriverFinding wrong = FirstWrong(
      CheckChanged("    sys.stdout.flush()", "    sys.stdout.write(f\"{tag} {reply}\\n\")\n    sys.stdout.flush()"));
  EXPECT_THAT(wrong.words, HasSubstr("answers no request that is waiting"));
}

TEST(DriverCheckTest, AReplyThatIsNotFlushedIsLate) {
  const DriverFinding wrong = FirstWrong(CheckChanged("    sys.stdout.flush()\n", "", absl::Seconds(1)));
  EXPECT_EQ(wrong.what, "hello");
  EXPECT_THAT(wrong.words, HasSubstr("no reply came in 1s. Does it write its output after every line (flush)?"));
}

TEST(DriverCheckTest, DataIsCompared) {
  EXPECT_EQ(FirstWrong(CheckChanged("data.hex()", "data[:-1].hex() + \"00\"")).what, "recv");
  EXPECT_EQ(FirstWrong(CheckChanged("bytes.fromhex(args[1])", "args[1].encode()")).what, "send");
}

TEST(DriverCheckTest, ARefusedConnectIsAnError) {
  const DriverFinding wrong =
      FirstWrong(CheckChanged("reply = \"error \" + errno.errorcode.get(error.errno, \"EIO\")", "reply = \"ok\""));
  EXPECT_EQ(wrong.what, "a refused connect");
}

TEST(DriverCheckTest, QuitEndsWithStatusZero) {
  const DriverFinding wrong = FirstWrong(CheckChanged("        break", "        sys.exit(3)"));
  EXPECT_EQ(wrong.what, "quit");
  EXPECT_THAT(wrong.words, HasSubstr("status 3"));
}

TEST(DriverCheckTest, FinishMayBeMissing) {
  const std::vector<DriverFinding> findings =
      CheckChanged("        connection.shutdown(SHUTDOWNS[verb])", "        return \"unimplemented\"");
  EXPECT_EQ(FirstWrong(findings).what, "nothing");
  EXPECT_THAT(findings,
              testing::Contains(testing::Field(&DriverFinding::outcome, DriverFinding::Outcome::kNotOffered)));
}

DriverFinding WrongIn(const std::string& right, const std::string& wrong, absl::Duration timeout = absl::Seconds(10)) {
  return FirstWrong(CheckChanged(right, wrong, timeout));
}

TEST(DriverCheckTest, ListenAnswersThePort) {
  const DriverFinding none = WrongIn("return f\"ok {connections[args[0]].getsockname()[1]}\"", "return \"ok\"");
  EXPECT_EQ(none.what, "listen");
  EXPECT_THAT(none.words, HasSubstr("wanted: `ok PORT`"));
  const DriverFinding other =
      WrongIn("return f\"ok {connections[args[0]].getsockname()[1]}\"", "return \"ok 1\"", absl::Seconds(2));
  EXPECT_EQ(other.what, "listen");
  EXPECT_THAT(other.words, HasSubstr("could not connect"));
}

TEST(DriverCheckTest, AcceptAnswersAndNamesTheConnection) {
  const DriverFinding silent = WrongIn("connections[args[1]] = connection.accept()[0]",
                                       "connection.accept() and connection.accept()", absl::Seconds(2));
  EXPECT_EQ(silent.what, "accept");
  EXPECT_THAT(silent.words, HasSubstr("no reply came"));
  const DriverFinding nameless =
      WrongIn("connections[args[1]] = connection.accept()[0]", "connections[args[1] + \"x\"] = connection.accept()[0]");
  EXPECT_EQ(nameless.what, "accept");
  EXPECT_THAT(nameless.words, HasSubstr("error EBADF"));
}

TEST(DriverCheckTest, SpawnAnswersAProcessThatLives) {
  EXPECT_EQ(
      WrongIn("return f\"ok {subprocess.Popen(args).pid}\"", "return \"ok\" if subprocess.Popen(args) else \"\"").what,
      "spawn");
  const DriverFinding gone = WrongIn("return f\"ok {subprocess.Popen(args).pid}\"", "return \"ok 1\"");
  EXPECT_EQ(gone.what, "spawn");
  EXPECT_THAT(gone.words, HasSubstr("no process of the driver's"));
}

TEST(DriverCheckTest, ConcurrentIsMeant) {
  const DriverFinding wrong =
      WrongIn("    if verb in (\"accept\", \"recv\"):", "    if verb == \"never\":", absl::Seconds(2));
  EXPECT_EQ(wrong.what, "concurrent");
  EXPECT_THAT(wrong.words, HasSubstr("while `recv` waited there was no reply to `send a"));
}

TEST(DriverCheckTest, TheRarerVerbsMayBeMissing) {
  const std::vector<DriverFinding> findings = CheckChanged(
      "    if verb not in SHUTDOWNS and verb not in OTHERS:",
      "    if verb in (\"accept\", \"stop\", \"set-linger\") or verb not in SHUTDOWNS and verb not in OTHERS:");
  EXPECT_EQ(FirstWrong(findings).what, "nothing");
  EXPECT_THAT(findings, testing::Contains(testing::AllOf(
                            testing::Field(&DriverFinding::what, "accept"),
                            testing::Field(&DriverFinding::outcome, DriverFinding::Outcome::kNotOffered))));
}

}  // namespace
}  // namespace lastack
