// The self-test says when the calls of a program cannot be taken over.
#include <stdio.h>
#include <sys/wait.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "harness/testing/runfile.h"

namespace lastack {
namespace {

using ::testing::HasSubstr;

struct Ended {
  int status = 0;
  std::string output;
};

Ended RunProgram(const std::string& program) {
  Ended ended;
  FILE* output = popen(("exec " + Runfile(program) + " 2>&1").c_str(), "r");
  char data[1024];
  while (const size_t count = fread(data, 1, sizeof(data), output)) ended.output.append(data, count);
  ended.status = pclose(output);
  return ended;
}

TEST(InterpositionSelfTest, AnOrdinaryProgramIsFit) {
  const Ended ended = RunProgram("mocks/fit_program");
  EXPECT_EQ(ended.output, "began\n");
  EXPECT_EQ(ended.status, 0);
}

TEST(InterpositionSelfTest, HiddenDefinitionsAreNoticed) {
  const Ended ended = RunProgram("mocks/hidden_program");
  EXPECT_THAT(ended.output, HasSubstr("hidden from shared libraries, which call those of"));
  EXPECT_THAT(ended.output, HasSubstr("libc.so"));
  EXPECT_TRUE(WIFSIGNALED(ended.status) || WEXITSTATUS(ended.status) == 128 + SIGABRT) << ended.status;
}

TEST(InterpositionSelfTest, StaticLinkingIsNoticed) {
  const Ended ended = RunProgram("mocks/static_program");
  EXPECT_THAT(ended.output, HasSubstr("it is linked statically"));
  EXPECT_TRUE(WIFSIGNALED(ended.status) || WEXITSTATUS(ended.status) == 128 + SIGABRT) << ended.status;
}

}  // namespace
}  // namespace lastack
