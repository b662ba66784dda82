// What Bazel asks of a test, done by an audit that runs as one: `audit --bazel`, which tools/defs.bzl says for the
// user.
//
//   TEST_SHARD_STATUS_FILE           touched; TEST_TOTAL_SHARDS and TEST_SHARD_INDEX divide the cases
//   TESTBRIDGE_TEST_ONLY             --test_filter: a pattern of case ids
//   TEST_RANDOM_SEED                 --runs_per_test: the order in which the cases are run; or else TEST_RUN_NUMBER
//   TEST_TARGET                      named by the command that repeats a case
//   TEST_TMPDIR                      for all temporary files
//   TEST_TIMEOUT                     the audit stops itself shortly before, and reports what it has
//   XML_OUTPUT_FILE                  JUnit
//   TEST_UNDECLARED_OUTPUTS_DIR      the report
//   TEST_WARNINGS_OUTPUT_FILE        a line for each advisory
//   TEST_INFRASTRUCTURE_FAILURE_FILE why the harness failed, where it was not the subject
//   TEST_PREMATURE_EXIT_FILE         there while the audit runs, so that an exit in its midst is no success
//
// Variables that are not set ask for nothing. Errors say which variable is wrong, or which file cannot be written.
// Threads: none may run yet at Begin, which changes the environment. Allocates. Source: Bazel's "Test encyclopedia".
#ifndef LASTACK_TOOLS_CLI_BAZEL_CONTRACT_H_
#define LASTACK_TOOLS_CLI_BAZEL_CONTRACT_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cases/case.h"
#include "reports/results.h"

namespace lastack {

class BazelTest {
 public:
  // The value of a variable, or null: getenv(3), or a test's own.
  using Environment = std::function<const char*(const char* name)>;

  // Touches the shard's status file, makes the file of premature exits, and moves temporary files to TEST_TMPDIR.
  [[nodiscard]] static absl::StatusOr<BazelTest> Begin(const Environment& environment);

  // Of `cases`, those that the filter leaves: none, if it was meant for another test of the same command line.
  [[nodiscard]] std::vector<const Case*> Filtered(std::vector<const Case*> cases) const;

  // The pattern of --test_filter; empty: none.
  [[nodiscard]] const std::string& filter() const { return filter_; }
  // The part of the filtered cases that is this test's; nullopt: the test is not divided.
  [[nodiscard]] std::optional<Shard> shard() const { return shard_; }
  [[nodiscard]] std::optional<uint32_t> seed() const { return seed_; }
  // When the audit has to stop itself; 0: never.
  [[nodiscard]] unsigned seconds() const { return seconds_; }
  // The command that repeats a case.
  [[nodiscard]] std::string Replay(const std::string& case_id) const;
  // Where the report goes; empty: Bazel does not say.
  [[nodiscard]] const std::string& report_directory() const { return report_directory_; }

  // Writes JUnit, the warnings, and what the harness failed at.
  [[nodiscard]] absl::Status WriteResults(const Results& results) const;
  // For a test that has no case to run: JUnit without a test, and `why` as a warning.
  [[nodiscard]] absl::Status WriteNothing(const std::string& why) const;
  // For an audit that has no results.
  [[nodiscard]] absl::Status WriteHarnessFailure(const std::string& why) const;
  // Last of all: the exit is not premature.
  void End() const;

 private:
  std::string target_;
  std::string filter_;
  std::optional<Shard> shard_;
  std::optional<uint32_t> seed_;
  unsigned seconds_ = 0;
  std::string report_directory_;
  std::string xml_;
  std::string warnings_;
  std::string harness_failure_;
  std::string premature_exit_;
};

}  // namespace lastack

#endif  // LASTACK_TOOLS_CLI_BAZEL_CONTRACT_H_
