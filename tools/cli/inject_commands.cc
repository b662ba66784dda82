#include "tools/cli/inject_commands.h"

#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/flags/flag.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cases/conversation.h"
#include "harness/peer/deadline.h"
#include "harness/plan/parse.h"
#include "harness/run/isolate.h"
#include "harness/run/observe.h"
#include "harness/run/scratch.h"
#include "harness/trace/event_text.h"
#include "harness/trace/ledger.h"
#include "harness/trace/timeline.h"
#include "reports/pending_file.h"
#include "tools/cli/flags.h"
#include "tools/cli/stop.h"

namespace lastack {
namespace {

// How much longer than the subject a run may take: the peer's patience, killing, reaping.
constexpr absl::Duration kRunSlack = absl::Seconds(10);

bool NamesPeer(const std::vector<std::string>& command) {
  return std::any_of(command.begin(), command.end(), [](const std::string& word) {
    return absl::StrContains(word, "{url}") || absl::StrContains(word, "{host}") || absl::StrContains(word, "{port}");
  });
}

absl::StatusOr<RunOptions> OptionsOf(const Invocation& invocation, const std::vector<std::string>& faults) {
  const absl::StatusOr<Plan> plan = ParsePlan(faults);
  if (!plan.ok()) return plan.status();
  if (invocation.subject.empty()) return absl::InvalidArgumentError("what is to be run? Put the command after `--`");
  auto environment = ExtraEnvironment(invocation);
  if (!environment.ok()) return environment.status();
  const absl::StatusOr<std::optional<Backend>> backend = ChosenBackend();
  if (!backend.ok()) return backend.status();
  RunOptions options;
  options.command = invocation.subject;
  options.backend =
      backend->value_or(WhyNotPreload(options).empty() && !NeedsTracer(*plan) ? Backend::kPreload : Backend::kTracer);
  options.environment = *std::move(environment);
  options.clean_environment = false;
  options.inherit_stdio = true;
  options.faults = faults;
  // Who watches a program at a terminal decides when it has run long enough.
  options.timeout = absl::GetFlag(FLAGS_timeout).value_or(absl::InfiniteDuration());
  if (NamesPeer(invocation.subject)) options.scripts = FindProfile("http-client")->scripts(Scenario::kOrdinary);
  return options;
}

bool WantsReset(const Plan& plan) {
  return std::any_of(plan.faults, plan.faults + plan.fault_count,
                     [](const Fault& fault) { return fault.effect == Effect::kReset; });
}

// To the file --out, or to stderr.
int Write(const std::string& text) {
  const std::string path = absl::GetFlag(FLAGS_out).empty() ? "" : OutPath("");
  if (path.empty()) {
    if (fwrite(text.data(), 1, text.size(), stderr) == text.size() && fflush(stderr) == 0) return kExitOk;
    return Complain(absl::InternalError(absl::StrCat("cannot write to stderr: ", strerror(errno))));
  }
  absl::StatusOr<PendingFile> file = PendingFile::Write(path, text);
  const absl::Status published = file.ok() ? file->Publish() : file.status();
  return published.ok() ? kExitOk : ComplainOfOutput(published);
}

// Ignores Ctrl-C and Ctrl-\ from here on: the terminal sends them to the subject, too, whose end we report.
void LeaveTerminalSignalsToSubject() {
  signal(SIGINT, SIG_IGN);
  signal(SIGQUIT, SIG_IGN);
}

// One run, in a process of its own, so that a signal that stops us ends it and all that it started, and removes our
// files. CancelledError then, with the signal in *stopped.
absl::StatusOr<Observation> ObserveUntilStopped(const RunOptions& options, int* stopped) {
  LeaveTerminalSignalsToSubject();
  const int stop = StopDescriptor({SIGTERM, SIGHUP});
  absl::StatusOr<Scratch> scratch = Scratch::Create();
  if (!scratch.ok()) return scratch.status();
  absl::StatusOr<Isolated> run = Isolated::Start([&]() -> absl::StatusOr<std::string> {
    LeaveTerminalSignalsToSubject();
    absl::StatusOr<Observation> observation = Observe(options, *scratch);
    if (!observation.ok()) return observation.status();
    return ObservationToJson(*observation);
  });
  if (!run.ok()) return run.status();
  const Deadline deadline(options.timeout + kRunSlack);
  pollfd entries[] = {{stop, POLLIN, 0}, {run->descriptor(), POLLIN, 0}};
  while (entries[0].revents == 0 && entries[1].revents == 0 && !deadline.passed()) {
    poll(entries, 2, deadline.PollMilliseconds());
  }
  if (entries[0].revents != 0) {
    *stopped = StopSignal(stop);
    return absl::CancelledError("interrupted");
  }
  absl::StatusOr<std::string> text = run->Wait(std::max(absl::Seconds(1), deadline.left()));
  if (!text.ok()) return text.status();
  return ObservationFromJson(*text);
}

int StatusOf(const SubjectExit& exit) {
  switch (exit.how) {
    case SubjectExit::How::kExited:
      return exit.status;
    case SubjectExit::How::kSignaled:
      return 128 + exit.signal;
    case SubjectExit::How::kTimedOut:
      return 124;  // as timeout(1)
  }
  return kExitHarness;
}

std::string NotSeen(const Observation& run) {
  if (run.checked_in()) return "";
  return "lastack: nothing was seen: the agent never checked in. The program is static, runs with raised privileges, "
         "or does "
         "not use the C library. Try  --backend=tracer\n";
}

// A line a rule, and one for each place where it fired.
std::string FiredReport(const Observation& run, bool* all_fired) {
  constexpr int kMostShown = 10;
  std::string text = NotSeen(run);
  for (size_t i = 0; i < run.faults.size(); ++i) {
    int fired = 0;
    std::string places;
    for (const TracedEvent* event : run.Fired()) {
      if (event->event.fault != i) continue;
      if (++fired <= kMostShown) absl::StrAppend(&places, "  process ", event->pid, ": ", DescribeEvent(*event), "\n");
    }
    *all_fired = *all_fired && fired > 0;
    absl::StrAppend(&text, "lastack: ", run.faults[i],
                    fired == 0 ? ": never fired" : absl::StrCat(": fired ", fired, " times"), "\n", places,
                    fired > kMostShown ? "  ...\n" : "");
  }
  return text;
}

}  // namespace

int RunInject(const Invocation& invocation) {
  if (invocation.operands.empty()) {
    return UsageError("which fault? As in  lastack inject close:fd=tcp:error=EINTR -- COMMAND");
  }
  absl::StatusOr<RunOptions> options = OptionsOf(invocation, invocation.operands);
  if (!options.ok()) return Complain(options.status());
  absl::StatusOr<Plan> plan = ParsePlan(invocation.operands);
  if (!plan.ok()) return Complain(plan.status());
  if (options->scripts.empty() && WantsReset(*plan)) {
    return UsageError("effect=reset is carried out by our peer: put {url}, or {host} and {port}, into the command");
  }
  int stopped = 0;
  absl::StatusOr<Observation> run = ObserveUntilStopped(*options, &stopped);
  if (stopped != 0) return 128 + stopped;
  if (!run.ok()) return Complain(run.status());
  bool all_fired = true;
  const int written = Write(FiredReport(*run, &all_fired));
  if (written != kExitOk) return written;
  const int status = StatusOf(run->exit);
  return status == 0 && !all_fired ? kExitFindings : status;
}

int RunTrace(const Invocation& invocation) {
  if (!invocation.operands.empty()) return UsageError("trace takes no operands: put the command after `--`");
  absl::StatusOr<RunOptions> options = OptionsOf(invocation, {});
  if (!options.ok()) return Complain(options.status());
  // The tracer sees more, and where it is refused nothing has been run yet.
  const bool any = ChosenBackend().value() == std::nullopt;
  if (any) options->backend = Backend::kTracer;
  int stopped = 0;
  absl::StatusOr<Observation> run = ObserveUntilStopped(*options, &stopped);
  if (any && absl::IsFailedPrecondition(run.status())) {
    options->backend = Backend::kPreload;
    run = ObserveUntilStopped(*options, &stopped);
  }
  if (stopped != 0) return 128 + stopped;
  if (!run.ok()) return Complain(run.status());
  const int written = Write(absl::StrCat(NotSeen(*run), FormatTimeline(run->trace, Ledger::Of(run->trace))));
  return written != kExitOk ? written : StatusOf(run->exit);
}

}  // namespace lastack
