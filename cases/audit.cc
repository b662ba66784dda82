#include "cases/audit.h"

#include <poll.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "cases/judge_facts.h"
#include "cases/profiles/many.h"
#include "harness/run/isolate.h"
#include "harness/run/observe.h"

namespace lastack {
namespace {

// How much longer than the subject a run may take: the peer's patience, killing, reaping.
constexpr absl::Duration kRunSlack = absl::Seconds(30);

// Who loses every third answer by itself gets them all in so many runs less than one time in ten.
constexpr int kMoreCleanRuns = 6;

struct Run {
  const Case* one = nullptr;  // null: the clean run
  int round = 0;
  RunOptions options;
};

struct Running {
  const Run* run;
  Isolated process;
  absl::Time deadline;
};

// Every worker has an address of its own, so that neither ports nor connections of runs meet. The process number keeps
// audits beside each other apart.
std::string AddressOfWorker(size_t worker) {
  const unsigned pid = static_cast<unsigned>(getpid());
  return absl::StrCat("127.", 1 + pid / 256 % 254, ".", pid % 256, ".", 1 + worker % 254);
}

// The only name that has several addresses nearly everywhere, 127.0.0.1 the last of them. Runs that share it have ports
// of their own: the peer's is one that is free.
constexpr char kAddressOfLocalhost[] = "127.0.0.1";

// Several connections at a time, or one hard behind the other: a subject with threads may race there, if it has
// processors to.
bool MayRace(Scenario scenario) {
  return scenario == Scenario::kManyClients || scenario == Scenario::kManyResets ||
         scenario == Scenario::kManyFinished || scenario == Scenario::kManyLeaving ||
         scenario == Scenario::kUnfinishedClient || scenario == Scenario::kDeafClient ||
         scenario == Scenario::kConcurrent;
}

// The run of a case; the clean run for null.
RunOptions OptionsFor(const AuditOptions& audit, Backend backend, const Case* one, int round, size_t worker) {
  const Scenario scenario = one == nullptr ? Scenario::kOrdinary : one->scenario;
  RunOptions options;
  options.subject = ShellLine(audit.command);
  options.profile = audit.profile->name;
  if (one != nullptr) options.case_id = one->id;
  options.round = round;
  options.command = audit.command;
  options.environment = audit.environment;
  options.address = AddressOfWorker(worker);
  options.scenario = ScenarioName(scenario);
  options.role = audit.profile->role;
  options.scripts = audit.profile->scripts(scenario);
  for (size_t i = 0; one != nullptr && i < one->more_clients && !options.scripts.empty(); ++i) {
    options.scripts.push_back(options.scripts.back());
  }
  if (audit.profile->driver_script != nullptr) options.driver_script = audit.profile->driver_script(scenario);
  options.pins = !MayRace(scenario);
  options.refuses = scenario == Scenario::kRefused;
  options.stop_signal = audit.profile->stop_signal;
  options.restart = scenario == Scenario::kRestartedServer;
  if (scenario == Scenario::kSecondAddress) {
    options.address = kAddressOfLocalhost;
    options.name = "localhost";
  }
  if (scenario == Scenario::kScarceDescriptors) {
    options.descriptor_limit = kFewDescriptors;
    options.until_unserved = true;
  }
  options.strangers = scenario == Scenario::kBesideStrangers;
  if (one != nullptr) options.faults = one->faults;
  options.backend = backend;
  options.timeout = audit.timeout;
  return options;
}

// Runs all of `runs`, at most `jobs` at a time, and notes their outcomes and facts.
class Runner {
 public:
  Runner(const AuditOptions& options, const Scratch& scratch, std::vector<std::string>& facts)
      : options_(options), scratch_(scratch), facts_(facts) {}

  absl::Status RunAll(const std::vector<Run>& runs, Rounds& rounds) {
    std::deque<const Run*> waiting;
    for (const Run& run : runs) waiting.push_back(&run);
    while (!waiting.empty() || !running_.empty()) {
      while (!waiting.empty() && running_.size() < static_cast<size_t>(std::max(1, options_.jobs))) {
        if (absl::Status started = Start(*waiting.front()); !started.ok()) return started;
        waiting.pop_front();
      }
      if (absl::Status waited = WaitForOne(rounds); !waited.ok()) return waited;
    }
    return absl::OkStatus();
  }

  // How many runs are to come.
  void Expect(size_t runs) { all_ = done_ + runs; }

 private:
  absl::Status Start(const Run& run) {
    options_.progress({.done = done_, .all = all_, .what = run.one == nullptr ? "clean run" : run.one->id});
    const absl::Time deadline = absl::Now() + run.options.timeout + kRunSlack;
    absl::StatusOr<Isolated> process = Isolated::Start([&]() -> absl::StatusOr<std::string> {
      absl::StatusOr<Observation> observation = Observe(run.options, scratch_);
      if (!observation.ok()) return observation.status();
      return ObservationToJson(*observation);
    });
    if (!process.ok()) return process.status();
    running_.push_back({&run, *std::move(process), deadline});
    return absl::OkStatus();
  }

  // Returns when a run has ended and its outcome is noted.
  absl::Status WaitForOne(Rounds& rounds) {
    std::vector<pollfd> fds = {{.fd = options_.stop, .events = POLLIN, .revents = 0}};
    absl::Time deadline = absl::InfiniteFuture();
    for (const Running& one : running_) {
      fds.push_back({.fd = one.process.descriptor(), .events = POLLIN, .revents = 0});
      deadline = std::min(deadline, one.deadline);
    }
    const absl::Duration wait = std::clamp(deadline - absl::Now(), absl::ZeroDuration(), absl::Minutes(1));
    poll(fds.data(), fds.size(), static_cast<int>(absl::ToInt64Milliseconds(wait)) + 1);
    if (fds[0].revents != 0) {
      running_.clear();
      return absl::CancelledError("interrupted");
    }
    for (size_t i = 0; i < running_.size(); ++i) {
      if (fds[i + 1].revents == 0 && absl::Now() < running_[i].deadline) continue;
      Running ended = std::move(running_[i]);
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
      absl::StatusOr<std::string> text = ended.process.Wait(std::max(absl::Seconds(1), ended.deadline - absl::Now()));
      ++done_;
      rounds[static_cast<size_t>(ended.run->round)].emplace(ended.run->one, text.ok() ? Note(*text) : text.status());
      return absl::OkStatus();
    }
    return absl::OkStatus();
  }

  // What is judged is what facts.jsonl holds: it can be judged again later.
  absl::StatusOr<Observation> Note(const std::string& text) {
    facts_.push_back(text);
    return ObservationFromJson(text);
  }

  const AuditOptions& options_;
  const Scratch& scratch_;
  std::vector<std::string>& facts_;
  std::vector<Running> running_;
  size_t done_ = 0;
  size_t all_ = 1;
};

std::string WithoutPlaceholders(const std::string& word) {
  return absl::StrReplaceAll(word, {{"{url}", ""}, {"{host}", ""}, {"{port}", ""}});
}

// A line feed within quotes would not survive a report, where a command is one line.
std::string QuotedWithEscapes(const std::string& word) {
  std::string quoted = "$'";
  for (const char c : word) {
    if (c == '\'' || c == '\\') {
      absl::StrAppend(&quoted, "\\", std::string(1, c));
    } else if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
      absl::StrAppendFormat(&quoted, "\\x%02x", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string Quoted(const std::string& word) {
  const std::string bare = WithoutPlaceholders(word);
  static constexpr char kPlain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@%+,";
  const bool plain = !word.empty() && bare.find_first_not_of(kPlain) == std::string::npos;
  if (plain) return word;
  if (std::any_of(word.begin(), word.end(),
                  [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); })) {
    return QuotedWithEscapes(word);
  }
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string Replay(const std::string& case_id, const AuditOptions& options) {
  std::string flags = absl::StrCat(options.program, " audit --case=", case_id);
  const std::string& profile = options.profile->file.empty() ? options.profile->name : options.profile->file;
  if (options.profile != &Profiles().front()) absl::StrAppend(&flags, " --profile=", Quoted(profile));
  if (options.repeat > 1) absl::StrAppend(&flags, " --repeat=", options.repeat);
  if (options.backend.has_value()) absl::StrAppend(&flags, " --backend=", BackendName(*options.backend));
  if (options.timeout != absl::Seconds(10)) {
    absl::StrAppend(&flags, " --timeout=", absl::FormatDuration(options.timeout));
  }
  for (const auto& [name, value] : options.environment) {
    absl::StrAppend(&flags, " --env=", Quoted(absl::StrCat(name, "=", value)));
  }
  return absl::StrCat(flags, options.repeat_flags, " -- ", ShellLine(options.command));
}

std::vector<std::pair<std::string, std::string>> Surroundings(const AuditOptions& options) {
  utsname names{};
  uname(&names);
  std::vector<std::string> variables = {"PATH", "LANG=C.UTF-8", "HOME=(empty directory)", "TMPDIR=(the same)"};
  for (const auto& [name, value] : options.environment) variables.push_back(absl::StrCat(name, "=", value));
  return {{"kernel", absl::StrCat(names.sysname, " ", names.release, " ", names.machine)},
          {"time for each run", absl::FormatDuration(options.timeout)},
          {"the subject's variables", absl::StrJoin(variables, ", ")}};
}

// What is left to run, as each round's clean run shows.
std::vector<Run> RunsAfter(const AuditOptions& options, Backend backend, const Rounds& rounds) {
  std::vector<Run> runs;
  for (size_t i = 0; i < rounds.size(); ++i) {
    const Evidence clean(*rounds[i].at(nullptr));
    const int round = static_cast<int>(i);
    for (const Case* one : options.cases) {
      if (NeedsRun(*one, clean)) {
        runs.push_back({one, round, OptionsFor(options, backend, one, round, rounds.size() + runs.size())});
      }
    }
  }
  if (options.seed.has_value()) std::shuffle(runs.begin(), runs.end(), std::mt19937(*options.seed));
  return runs;
}

// More clean runs, kept as facts of their own; nothing in place of one that the harness could not make.
absl::StatusOr<MoreCleanRuns> RunCleanAgain(const AuditOptions& options, Backend backend, Runner& runner) {
  Rounds outcomes(kMoreCleanRuns);
  std::vector<Run> runs;
  for (int i = 0; i < kMoreCleanRuns; ++i) {
    runs.push_back({nullptr, i, OptionsFor(options, backend, nullptr, 0, static_cast<size_t>(i))});
    runs.back().options.again = i + 1;
  }
  runner.Expect(runs.size());
  if (absl::Status ran = runner.RunAll(runs, outcomes); !ran.ok()) return ran;
  MoreCleanRuns more;
  for (Outcomes& outcome : outcomes) {
    if (outcome.at(nullptr).ok()) more.push_back(*std::move(outcome.at(nullptr)));
  }
  return more;
}

// What the backend did not see, in words; empty if nothing.
std::string NotSeenIn(const Rounds& rounds) {
  for (const Outcomes& outcomes : rounds) {
    for (const auto& [one, outcome] : outcomes) {
      if (!outcome.ok()) continue;
      const Evidence evidence(*outcome);
      if (!evidence.doubts().empty()) return evidence.doubts().front();
      if (!outcome->checked_in()) return "the agent never checked in";
    }
  }
  return "";
}

// Every run by one backend. With `gives_way`, no case is run if the clean run was not seen wholly.
absl::StatusOr<AuditReport> AuditBy(Backend backend, const AuditOptions& options, const Scratch& scratch,
                                    bool gives_way, std::string* not_seen) {
  AuditReport report;
  report.results.subject = ShellLine(options.command);
  report.results.profile = options.profile->name;
  report.results.environment = Surroundings(options);

  // The clean run comes first: without it no case can be judged.
  Runner runner(options, scratch, report.facts);
  Rounds rounds(static_cast<size_t>(std::max(1, options.repeat)));
  std::vector<Run> clean_runs;
  for (size_t i = 0; i < rounds.size(); ++i) {
    const int round = static_cast<int>(i);
    clean_runs.push_back({nullptr, round, OptionsFor(options, backend, nullptr, round, i)});
  }
  runner.Expect(clean_runs.size());
  if (absl::Status ran = runner.RunAll(clean_runs, rounds); !ran.ok()) return ran;
  for (const Outcomes& outcomes : rounds) {
    if (!outcomes.at(nullptr).ok()) return outcomes.at(nullptr).status();
  }
  *not_seen = NotSeenIn(rounds);
  if (gives_way && !not_seen->empty()) return report;
  const std::vector<Run> runs = RunsAfter(options, backend, rounds);
  runner.Expect(runs.size());
  const absl::Status ran = runner.RunAll(runs, rounds);
  report.interrupted = absl::IsCancelled(ran);
  if (!ran.ok() && !report.interrupted) return ran;

  *not_seen = NotSeenIn(rounds);
  report.results.results = JudgeAll(options.cases, rounds);
  const std::vector<CaseResult>& results = report.results.results;
  const bool may_lose_by_itself =
      options.profile->role != "server" && std::any_of(results.begin(), results.end(), BlamesLossOnFault);
  if (may_lose_by_itself && !report.interrupted) {
    const absl::StatusOr<MoreCleanRuns> more = RunCleanAgain(options, backend, runner);
    report.interrupted = absl::IsCancelled(more.status());
    if (!more.ok() && !report.interrupted) return more.status();
    if (more.ok()) report.results.results = JudgeAll(options.cases, rounds, *more);
  }
  for (CaseResult& result : report.results.results) result.replay = Replay(result.case_id, options);
  return report;
}

void NoteBackend(const std::string& text, AuditReport& report) {
  report.results.environment.insert(report.results.environment.begin() + 1, {"backend", text});
}

}  // namespace

std::string ShellLine(const std::vector<std::string>& words) {
  return absl::StrJoin(words, " ", [](std::string* out, const std::string& word) { out->append(Quoted(word)); });
}

// By the agent, unless the program's file or its clean run shows that it would not see everything; by the tracer then.
absl::StatusOr<AuditReport> Audit(const AuditOptions& options, const Scratch& scratch) {
  std::string not_seen;
  if (options.backend.has_value()) {
    absl::StatusOr<AuditReport> report = AuditBy(*options.backend, options, scratch, false, &not_seen);
    if (report.ok()) NoteBackend(BackendName(*options.backend), *report);
    return report;
  }
  const std::string why_not = WhyNotPreload(OptionsFor(options, Backend::kPreload, nullptr, 0, 0));
  if (why_not.empty()) {
    absl::StatusOr<AuditReport> report = AuditBy(Backend::kPreload, options, scratch, true, &not_seen);
    if (report.ok() && (not_seen.empty() || report->interrupted)) NoteBackend(BackendName(Backend::kPreload), *report);
    if (!report.ok() || not_seen.empty() || report->interrupted) return report;
  }
  const std::string reason = why_not.empty() ? absl::StrCat("preload did not see everything: ", not_seen) : why_not;
  absl::StatusOr<AuditReport> report = AuditBy(Backend::kTracer, options, scratch, false, &not_seen);
  if (report.ok()) NoteBackend(absl::StrCat("tracer, since ", reason), *report);
  if (!absl::IsFailedPrecondition(report.status())) return report;
  // What there is, then: verdicts that say what they miss.
  const std::string refusal(report.status().message());
  report = AuditBy(Backend::kPreload, options, scratch, false, &not_seen);
  if (report.ok()) NoteBackend(absl::StrCat("preload, although ", reason, "; ", refusal), *report);
  return report;
}

}  // namespace lastack
