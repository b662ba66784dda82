// That the tracer's benchmark runs and says what it must; never how long anything took.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "harness/testing/runfile.h"

namespace lastack {
namespace {

using testing::AnyOf;
using testing::ContainsRegex;
using testing::HasSubstr;

struct Printed {
  std::string text;
  int status = -1;
};

Printed RunBench(const std::string& arguments, const std::string& environment = "") {
  Printed printed;
  FILE* pipe =
      popen(absl::StrCat(environment, "'", Runfile("tools/bench/tracer_bench"), "' ", arguments, " 2>&1").c_str(), "r");
  if (pipe == nullptr) return printed;
  char text[4096];
  while (const size_t size = fread(text, 1, sizeof(text), pipe)) printed.text.append(text, size);
  const int status = pclose(pipe);
  printed.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return printed;
}

TEST(TracerBenchTest, PrintsARowForEachWay) {
  const Printed printed = RunBench(absl::StrCat("'", Runfile("tools/bench/stops"), "' 100 1"));
  EXPECT_EQ(printed.status, 0) << printed.text;
  const std::string number = " +-?[0-9]+\\.[0-9][0-9]";
  for (const std::string way : {"native again", "bare stops, pinned", "lastack, pinned", "lastack, not pinned"}) {
    EXPECT_THAT(printed.text, ContainsRegex(absl::StrCat("\n", way, number, number, number, number)));
  }
  EXPECT_THAT(printed.text,
              ContainsRegex("native, ns +send [0-9]+  recv [0-9]+  socket [0-9]+  close [0-9]+  getpid [0-9]+"));
  EXPECT_THAT(printed.text, AnyOf(HasSubstr("strace: skipped, it is not here"),
                                  ContainsRegex(absl::StrCat("\nstrace", number, number, number, number))));
}

TEST(TracerBenchTest, SaysThatStraceIsSkipped) {
  const Printed printed = RunBench(absl::StrCat("'", Runfile("tools/bench/stops"), "' 100 1"), "PATH=/nowhere ");
  EXPECT_EQ(printed.status, 0) << printed.text;
  EXPECT_THAT(printed.text, HasSubstr("strace: skipped, it is not here"));
  EXPECT_THAT(printed.text, ContainsRegex("\nlastack, pinned +-?[0-9]"));
}

TEST(TracerBenchTest, RefusesWhatIsNoNumber) { EXPECT_EQ(RunBench("stops many").status, 2); }

}  // namespace
}  // namespace lastack
