// A line of shell, as a user would type it: what it printed, and how it ended.
#ifndef LASTACK_HARNESS_TESTING_SHELL_H_
#define LASTACK_HARNESS_TESTING_SHELL_H_

#include <stdio.h>
#include <sys/wait.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lastack {

struct Outcome {
  int status = 0;    // -1: ended by a signal
  std::string text;  // what went to stdout
};

inline Outcome RunShell(const std::string& script) {
  FILE* pipe = popen(script.c_str(), "r");
  Outcome outcome;
  char buffer[4096];
  while (const size_t count = fread(buffer, 1, sizeof(buffer), pipe)) outcome.text.append(buffer, count);
  const int status = pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

// `line`: what was run, for the failure.
inline void ExpectOutcome(const Outcome& outcome, const std::string& line, int status, const std::string& text) {
  EXPECT_EQ(outcome.status, status) << line << "\n" << outcome.text;
  EXPECT_THAT(outcome.text, testing::HasSubstr(text)) << line;
}

}  // namespace lastack

#endif  // LASTACK_HARNESS_TESTING_SHELL_H_
