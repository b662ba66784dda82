#include "tools/cli/audit_command.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "absl/flags/flag.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cases/audit.h"
#include "cases/case.h"
#include "cases/judge.h"
#include "cases/profile_file.h"
#include "cases/requirement.h"
#include "reports/results.h"
#include "reports/summary.h"
#include "reports/write.h"
#include "tools/cli/bazel_contract.h"
#include "tools/cli/flags.h"
#include "tools/cli/help.h"
#include "tools/cli/progress.h"
#include "tools/cli/stop.h"

namespace lastack {
namespace {

constexpr char kDefaultReport[] = "lastack-report";

bool Contains(const std::vector<std::string>& words, absl::string_view placeholder) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) { return absl::StrContains(word, placeholder); });
}

// The command must name the peer, or nothing can be seen.
absl::Status CheckSubject(const std::vector<std::string>& command, const Profile& profile) {
  if (command.empty()) {
    return absl::InvalidArgumentError("what is to be audited? Put the command after `--`:  lastack audit -- curl -sS {url}");
  }
  if (profile.driver_script != nullptr) return absl::OkStatus();  // it is told where by `connect`
  if (std::string(profile.role) == "server") {
    if (Contains(command, "{port}")) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(
        "the command does not say where to listen: put {port} into it, and {host} where it takes an address, as in  lastack audit "
        "--profile=", profile.name, " -- python3 -m http.server --bind {host} {port}"));
  }
  const bool named = Contains(command, "{url}") || (Contains(command, "{host}") && Contains(command, "{port}"));
  if (named) return absl::OkStatus();
  if (Contains(command, "{port}")) {
    return absl::InvalidArgumentError(absl::StrCat("the command has {port} but no {host}: is it a server that listens there? Then say so: ",
                                                   "lastack audit --profile=http-server -- ", ShellLine(command)));
  }
  return absl::InvalidArgumentError(absl::StrCat("the command does not say where the peer is: put ", profile.placeholder,
                                                 " into it, as in  lastack audit -- curl -sS {url}"));
}

absl::StatusOr<const Profile*> AddProfileFrom(const std::string& path) {
  absl::StatusOr<Profile> profile = ReadProfile(path);
  if (!profile.ok()) return profile.status();
  absl::StatusOr<const Profile*> added = AddProfile(*std::move(profile));
  if (added.ok()) return added;
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", added.status().message(), ": give yours another name"));
}

absl::StatusOr<const Profile*> ChosenProfile() {
  std::string name = absl::GetFlag(FLAGS_profile);
  if (absl::GetFlag(FLAGS_driver)) {
    if (!name.empty() && name != "driver") return absl::InvalidArgumentError("--driver and --profile contradict each other");
    name = "driver";
  }
  if (name.empty()) name = "http-client";
  if (absl::EndsWith(name, ".json")) return AddProfileFrom(name);
  const Profile* profile = FindProfile(name);
  if (profile != nullptr) return profile;
  const std::string known = absl::StrJoin(Profiles(), ", ", [](std::string* out, const Profile& one) { out->append(one.name); });
  return absl::InvalidArgumentError(absl::StrCat("--profile=", name, ": there is no such profile; known: ", known,
                                                 ", or a file of yours that ends in .json"));
}

absl::StatusOr<std::vector<const Case*>> ChosenCases(const Profile& profile) {
  const std::string tier = absl::GetFlag(FLAGS_tier);
  if (tier != "quick" && tier != "full") return absl::InvalidArgumentError(absl::StrCat("--tier=", tier, ": it is quick or full"));
  std::vector<const Case*> cases = CasesMatching(absl::GetFlag(FLAGS_case));
  const bool named = absl::GetFlag(FLAGS_case) != "*";  // who names a case means it
  if (!named) std::erase_if(cases, [&](const Case* one) { return !Concerns(*one, profile); });
  if (tier == "quick" && !named) std::erase_if(cases, [](const Case* one) { return FindRequirement(one->requirement)->tier != "quick"; });
  if (!cases.empty()) return cases;
  return absl::InvalidArgumentError(
      absl::StrCat("--case=", absl::GetFlag(FLAGS_case), " matches no case; `lastack list` shows them all"));
}

absl::StatusOr<AuditOptions> OptionsOf(const Invocation& invocation) {
  if (!invocation.operands.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("what is '", invocation.operands.front(),
                                                   "'? The subject's command comes after `--`:  lastack audit -- ",
                                                   ShellLine(invocation.operands)));
  }
  AuditOptions options;
  absl::StatusOr<const Profile*> profile = ChosenProfile();
  if (!profile.ok()) return profile.status();
  if (absl::Status checked = CheckSubject(invocation.subject, **profile); !checked.ok()) return checked;
  absl::StatusOr<std::optional<Backend>> backend = ChosenBackend();
  if (!backend.ok()) return backend.status();
  absl::StatusOr<std::vector<const Case*>> cases = ChosenCases(**profile);
  if (!cases.ok()) return cases.status();
  auto environment = ExtraEnvironment(invocation);
  if (!environment.ok()) return environment.status();
  options.timeout = absl::GetFlag(FLAGS_timeout).value_or(options.timeout);
  if (options.timeout <= absl::ZeroDuration()) return absl::InvalidArgumentError("--timeout must be longer than 0");
  if (absl::GetFlag(FLAGS_jobs) < 0) return absl::InvalidArgumentError("--jobs must not be negative");
  const int repeat = absl::GetFlag(FLAGS_repeat).value_or(1);
  if (repeat < 1) return absl::InvalidArgumentError("--repeat must be at least 1");
  options.repeat = repeat;
  options.seed = absl::GetFlag(FLAGS_seed);
  options.command = invocation.subject;
  options.backend = *backend;
  options.profile = *profile;
  options.cases = *std::move(cases);
  options.environment = *std::move(environment);
  options.jobs = absl::GetFlag(FLAGS_jobs) > 0 ? absl::GetFlag(FLAGS_jobs) : static_cast<int>(std::thread::hardware_concurrency());
  return options;
}

bool WantsColor() { return isatty(STDOUT_FILENO) != 0 && getenv("NO_COLOR") == nullptr; }

size_t Columns() {
  winsize size{};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 60;
  return known ? std::min<size_t>(size.ws_col, 120) : 100;
}

// `bazel run` starts us far from where the user stands.
std::string FromUsersDirectory(const std::string& path) {
  const char* directory = getenv("BUILD_WORKING_DIRECTORY");
  return directory == nullptr || absl::StartsWith(path, "/") ? path : absl::StrCat(directory, "/", path);
}

std::string Directory(const BazelTest* test) {
  if (test != nullptr && !test->report_directory().empty()) return test->report_directory();
  return FromUsersDirectory(absl::GetFlag(FLAGS_out).empty() ? kDefaultReport : absl::GetFlag(FLAGS_out));
}

// Bazel packs a test's outputs, and takes the directory away.
std::string WhereIsReport(const std::string& directory, const BazelTest* test) {
  return test == nullptr ? absl::StrCat(directory, "/index.html") : "The report: index.html in test.outputs/outputs.zip, beside test.log.";
}

int StopDescriptorFor(const BazelTest* test) {
  const int stop = StopDescriptor({SIGINT, SIGTERM, SIGHUP, SIGALRM});
  if (test != nullptr && test->seconds() > 0) alarm(test->seconds());
  return stop;
}

// What stopped the audit.
absl::Status Interrupted(int stop, absl::string_view what_is_left) {
  if (StopSignal(stop) != SIGALRM) return absl::CancelledError(absl::StrCat("interrupted", what_is_left));
  return absl::DeadlineExceededError(absl::StrCat("the test's time was nearly over, so the audit was stopped: give it more (timeout = \"long\") "
                                                  "or divide it (shard_count)", what_is_left));
}

// A complaint that Bazel hears of, too, if the fault is not the user's.
int Fail(const absl::Status& status, const BazelTest* test) {
  const int exit_status = Complain(status);
  if (test == nullptr || exit_status != kExitHarness) return exit_status;
  if (absl::Status written = test->WriteHarnessFailure(std::string(status.message())); !written.ok()) Complain(written);
  return exit_status;
}

// What Bazel says of which cases to run, and in which order.
absl::Status Restrict(const BazelTest& test, AuditOptions* options) {
  absl::StatusOr<std::vector<const Case*>> selected = test.Select(options->cases);
  if (!selected.ok()) return selected.status();
  options->cases = *std::move(selected);
  if (test.seed().has_value()) options->seed = test.seed();
  return absl::OkStatus();
}

// `test` is null unless Bazel runs us as a test.
int AuditOnce(const Invocation& invocation, const BazelTest* test) {
  absl::StatusOr<AuditOptions> options = OptionsOf(invocation);
  if (!options.ok()) return Fail(options.status(), test);
  if (test != nullptr) {
    if (absl::Status restricted = Restrict(*test, &*options); !restricted.ok()) return Fail(restricted, test);
    if (options->cases.empty()) {
      if (absl::Status written = test->WriteResults({}); !written.ok()) return Fail(written, test);
      return Print("There are more shards than cases: this one has nothing to do.\n");
    }
  }
  options->stop = StopDescriptorFor(test);
  absl::StatusOr<Scratch> scratch = Scratch::Create();
  if (!scratch.ok()) return Fail(scratch.status(), test);
  if (options->seed.has_value()) Print(absl::StrCat("The cases are run in an order of seed ", *options->seed, ": again by --seed=", *options->seed, "\n"));
  ProgressLine line;
  options->progress = [&line](const Progress& progress) { line.Show(progress); };

  absl::StatusOr<AuditReport> report = Audit(*options, *scratch);
  line.Erase();
  if (!report.ok()) return Fail(absl::IsCancelled(report.status()) ? Interrupted(options->stop, "") : report.status(), test);
  report->results.environment.emplace_back("lastack", kVersion);
  if (test != nullptr) {
    for (CaseResult& one : report->results.results) one.replay = test->Replay(one.case_id);
  }
  const std::string directory = Directory(test);
  absl::Status written = WriteReport(report->results, report->facts, directory);
  if (test != nullptr) written.Update(test->WriteResults(report->results));
  if (!written.ok()) {
    Fail(written, test);
    return kExitHarness;
  }
  const std::string text =
      absl::GetFlag(FLAGS_json) ? FormatResults(report->results)
                                : absl::StrCat(RenderSummary(report->results, WantsColor(), Columns()), "\n", WhereIsReport(directory, test), "\n");
  const int printed = Print(text);
  if (report->interrupted) return Fail(Interrupted(options->stop, ": the report holds what was finished by then"), test);
  return printed != kExitOk ? printed : ExitStatusOf(report->results, absl::GetFlag(FLAGS_strict));
}

}  // namespace

int RunAudit(const Invocation& invocation) {
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
