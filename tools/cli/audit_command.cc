#include "tools/cli/audit_command.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "cases/audit.h"
#include "reports/results.h"
#include "reports/summary.h"
#include "reports/write.h"
#include "tools/cli/audit_options.h"
#include "tools/cli/bazel_contract.h"
#include "tools/cli/flags.h"
#include "tools/cli/help.h"
#include "tools/cli/matrix_commands.h"
#include "tools/cli/progress.h"
#include "tools/cli/repeat.h"
#include "tools/cli/stop.h"
#include "tools/cli/waiving.h"

namespace lastack {
namespace {

constexpr char kDefaultReport[] = "lastack-report";

bool WantsColor() { return isatty(STDOUT_FILENO) != 0 && getenv("NO_COLOR") == nullptr; }

// nullopt: stdout is no terminal.
std::optional<size_t> Columns() {
  if (isatty(STDOUT_FILENO) == 0) return std::nullopt;
  winsize size{};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 60;
  return known ? std::min<size_t>(size.ws_col, 120) : 100;
}

std::string Directory(const BazelTest* test) {
  if (test != nullptr && !test->report_directory().empty()) return test->report_directory();
  return OutPath(kDefaultReport);
}

// Bazel packs a test's outputs, and takes the directory away.
std::string WhereIsReport(const std::string& directory, const BazelTest* test) {
  return test == nullptr ? absl::StrCat(directory, "/index.html")
                         : "The report: index.html in test.outputs/outputs.zip, beside test.log.";
}

int StopDescriptorFor(const BazelTest* test) {
  const int stop = StopDescriptor({SIGINT, SIGTERM, SIGHUP, SIGALRM});
  if (test != nullptr && test->seconds() > 0) alarm(test->seconds());
  return stop;
}

// What stopped the audit.
absl::Status Interrupted(int stop, absl::string_view what_is_left) {
  if (StopSignal(stop) != SIGALRM) return absl::CancelledError(absl::StrCat("interrupted", what_is_left));
  return absl::DeadlineExceededError(
      absl::StrCat("the test's time was nearly over, so the audit was stopped: give it more (timeout = \"long\") "
                   "or divide it (shard_count)",
                   what_is_left));
}

// A complaint that Bazel hears of, too, if the fault is not the user's.
int Fail(const absl::Status& status, const BazelTest* test) {
  const int exit_status = Complain(status);
  if (test == nullptr || exit_status != kExitHarness) return exit_status;
  if (absl::Status written = test->WriteHarnessFailure(std::string(status.message())); !written.ok()) Complain(written);
  return exit_status;
}

absl::StatusOr<AuditOptions> OptionsOf(const Invocation& invocation) {
  if (!invocation.operands.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("what is '", invocation.operands.front(),
                                                   "'? The subject's command comes after `--`:  lastack audit -- ",
                                                   ShellLine(invocation.operands)));
  }
  AuditSubject subject = {.command = invocation.subject, .profile = absl::GetFlag(FLAGS_profile), .environment = {}};
  if (absl::GetFlag(FLAGS_driver)) {
    if (!subject.profile.empty() && subject.profile != "driver") {
      return absl::InvalidArgumentError("--driver and --profile contradict each other");
    }
    subject.profile = "driver";
  }
  auto environment = ExtraEnvironment(invocation);
  if (!environment.ok()) return environment.status();
  subject.environment = *std::move(environment);
  return AuditOptionsOf(subject);
}

// Bazel divides the cases of its tests itself: once.
absl::StatusOr<std::optional<Shard>> ShardFor(const BazelTest* test) {
  if (test == nullptr) return ChosenShard();
  if (absl::GetFlag(FLAGS_shard).empty()) return test->shard();
  return absl::InvalidArgumentError("--bazel goes without --shard: a test's cases are divided by its shard_count");
}

// The cases that this process runs, and in which order; none if Bazel has more shards than there are cases.
absl::Status Restrict(const BazelTest* test, const std::optional<Shard>& shard, AuditOptions* options) {
  if (test != nullptr) {
    options->cases = test->Filtered(std::move(options->cases));
    if (test->seed().has_value()) options->seed = test->seed();
  }
  const size_t whole = options->cases.size();
  options->cases = PartOf(options->cases, shard);
  if (test != nullptr || !options->cases.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--shard=", absl::GetFlag(FLAGS_shard), " has no case: there are only ", whole, " to share out"));
}

// One filter goes to all tests of a command line, and most are meant for GoogleTests: no error, as theirs is none.
int NothingToRun(const BazelTest& test) {
  const std::string why = test.filter().empty()
                              ? "There are more shards than cases: this one has nothing to do."
                              : absl::StrCat("0 cases match --test_filter=", test.filter(),
                                             test.shard().has_value() ? " in this shard" : "",
                                             ": nothing was judged. A filter is a pattern of case ids, as 'linger/*'.");
  if (absl::Status written = test.WriteNothing(why); !written.ok()) return Fail(written, &test);
  return Print(why + "\n");
}

// What was seen, as the flags want it: waived, with the commands that repeat it.
absl::Status Finish(Waiving& waiving, const BazelTest* test, const std::optional<Shard>& shard, AuditReport* report) {
  Results& results = report->results;
  results.environment.emplace_back("selection", SelectionText(test != nullptr ? test->filter() : ""));
  results.environment.emplace_back("lastack", kVersion);
  results.environment.emplace_back(kDate, absl::FormatCivilTime(Today()));
  results.shard = shard;
  const std::string target = TargetName("");
  for (CaseResult& one : results.results) {
    if (test != nullptr) {
      one.replay = test->Replay(one.case_id);
    } else if (!target.empty()) {
      one.replay = RepeatByTarget(target, one.case_id);
    }
  }
  if (!waiving.update.empty() && !report->interrupted) {
    if (absl::Status updated = UpdateWaiversFile(results, waiving); !updated.ok()) return updated;
  }
  if (waiving.waivers.has_value()) results = Waived(std::move(results), *waiving.waivers);
  absl::Status written = OutputError(WriteReport(results, report->facts, Directory(test)));
  if (test != nullptr) written.Update(test->WriteResults(results));
  return written;
}

// `test` is null unless Bazel runs us as a test.
int AuditOnce(const Invocation& invocation, const BazelTest* test) {
  absl::StatusOr<AuditOptions> options = OptionsOf(invocation);
  if (!options.ok()) return Fail(options.status(), test);
  absl::StatusOr<Waiving> waiving = ChosenWaiving();
  if (!waiving.ok()) return Fail(waiving.status(), test);
  absl::StatusOr<std::optional<Shard>> shard = ShardFor(test);
  if (!shard.ok()) return Fail(shard.status(), test);
  if (absl::Status restricted = Restrict(test, *shard, &*options); !restricted.ok()) return Fail(restricted, test);
  if (options->cases.empty()) return NothingToRun(*test);
  // Before anything is run: an audit takes its time.
  if (absl::Status checked = CheckDirectory(Directory(test)); !checked.ok()) return ComplainOfOutput(checked);
  options->stop = StopDescriptorFor(test);
  absl::StatusOr<Scratch> scratch = Scratch::Create();
  if (!scratch.ok()) return Fail(scratch.status(), test);
  if (options->seed.has_value()) {
    fprintf(stderr, "The cases are run in the order of seed %u: again by --seed=%u\n", *options->seed, *options->seed);
  }
  ProgressLine line;
  options->progress = [&line](const Progress& progress) { line.Show(progress); };

  absl::StatusOr<AuditReport> report = Audit(*options, *scratch);
  line.Erase();
  if (!report.ok()) {
    return Fail(absl::IsCancelled(report.status()) ? Interrupted(options->stop, "") : report.status(), test);
  }
  if (absl::Status finished = Finish(*waiving, test, *shard, &*report); !finished.ok()) {
    Fail(finished, test);
    return kExitHarness;
  }
  const std::string text = absl::GetFlag(FLAGS_json)
                               ? FormatResults(report->results)
                               : absl::StrCat(RenderSummary(report->results, WantsColor(), Columns()), "\n",
                                              WhereIsReport(Directory(test), test), "\n");
  const int printed = Print(text);
  if (report->interrupted) {
    return Fail(Interrupted(options->stop, ": the report holds what was finished by then"), test);
  }
  return printed != kExitOk ? printed : ExitStatusOf(report->results, absl::GetFlag(FLAGS_strict));
}

}  // namespace

int RunAudit(const Invocation& invocation) {
  if (!absl::GetFlag(FLAGS_matrix).empty()) return RunAuditMatrix(invocation);
  if (!absl::GetFlag(FLAGS_notes).empty()) return UsageError("--notes is for --matrix");
  if (!absl::GetFlag(FLAGS_bazel)) return AuditOnce(invocation, nullptr);
  absl::StatusOr<BazelTest> test = BazelTest::Begin([](const char* name) { return getenv(name); });
  if (!test.ok()) {
    Complain(test.status());
    return kExitHarness;
  }
  const int exit_status = AuditOnce(invocation, &*test);
  test->End();
  return exit_status;
}

}  // namespace lastack
