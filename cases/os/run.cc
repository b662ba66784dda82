#include "cases/os/run.h"

#include <poll.h>
#include <sys/utsname.h>

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cases/os/kernel_witness.h"
#include "cases/patterns.h"
#include "harness/peer/deadline.h"
#include "harness/run/isolate.h"
#include "harness/sys/kernel_sys.h"

namespace lastack::os {
namespace {

constexpr size_t kAtATime = 12;
// For each run of a claim; far more than the longest takes.
constexpr absl::Duration kRunLimit = absl::Seconds(10);

Series& SeriesOf(const Fact& fact, std::vector<Series>* measured) {
  for (Series& series : *measured) {
    if (series.name == fact.name) return series;
  }
  measured->push_back({fact.name, fact.unit, {}, {}});
  return measured->back();
}

void Append(const Finding& finding, std::vector<Series>* measured) {
  for (const Fact& fact : finding.facts()) {
    Series& series = SeriesOf(fact, measured);
    if (fact.unit.empty()) {
      series.words.push_back(fact.word);
    } else {
      series.numbers.push_back(fact.number);
    }
  }
}

FamilyResult Unmeasured(Family family, const absl::Status& status) {
  FamilyResult result;
  result.family = family;
  result.outcome = absl::IsUnavailable(status) ? Outcome::kSkipped : Outcome::kFailed;
  result.reason = std::string(status.message());
  return result;
}

// Lingering takes whole seconds: it comes first, so that the others fill the time in which it waits.
bool IsSlow(const Claim& claim) { return absl::StrContains(claim.id, "/linger-"); }

struct Job {
  const Claim* claim;
  Family family;
  FamilyResult* result;
};

struct Running {
  Job job;
  Isolated process;
  Deadline deadline;
};

absl::StatusOr<std::string> MeasureHere(const Job& job, int repeat) {
  KernelWitness witness(KernelWitness::Network::kOwn);
  FamilyResult result = Measure(*job.claim, job.family, KernelSys::Instance(), witness, repeat);
  result.witness = witness.Means();
  return FormatFamilyResult(result);
}

FamilyResult ResultOf(Running& running) {
  const absl::StatusOr<std::string> text =
      running.process.Wait(std::max(running.deadline.left(), absl::ZeroDuration()));
  if (!text.ok()) return Unmeasured(running.job.family, absl::InternalError(text.status().message()));
  absl::StatusOr<FamilyResult> result = ParseFamilyResult(*text);
  return result.ok() ? *std::move(result) : Unmeasured(running.job.family, result.status());
}

// Waits until one of them has something to say, or is out of time.
size_t AwaitOne(const std::vector<Running>& running) {
  std::vector<pollfd> entries;
  const Running* first = &running.front();
  for (const Running& one : running) {
    entries.push_back({one.process.descriptor(), POLLIN, 0});
    if (one.deadline.left() < first->deadline.left()) first = &one;
  }
  poll(entries.data(), entries.size(), first->deadline.PollMilliseconds());
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].revents != 0) return i;
  }
  return static_cast<size_t>(first - running.data());
}

absl::Status RunAll(std::deque<Job> jobs, int repeat) {
  std::vector<Running> running;
  while (!jobs.empty() || !running.empty()) {
    if (!jobs.empty() && running.size() < kAtATime) {
      const Job job = jobs.front();
      jobs.pop_front();
      absl::StatusOr<Isolated> process = Isolated::Start([&] { return MeasureHere(job, repeat); });
      if (!process.ok()) return process.status();
      running.push_back({job, *std::move(process), Deadline(kRunLimit * repeat)});
      continue;
    }
    const size_t ready = AwaitOne(running);
    *running[ready].job.result = ResultOf(running[ready]);
    running.erase(running.begin() + static_cast<std::ptrdiff_t>(ready));
  }
  return absl::OkStatus();
}

}  // namespace

FamilyResult Measure(const Claim& claim, Family family, SysApi& sys, Witness& witness, int repeat) {
  FamilyResult result;
  result.family = family;
  for (int run = 0; run < repeat; ++run) {
    absl::StatusOr<std::unique_ptr<Pair>> pair = Pair::Connect(sys, witness, family);
    if (!pair.ok()) return Unmeasured(family, pair.status());
    const Finding finding = claim.measure(**pair);
    if (!finding.status().ok()) return Unmeasured(family, finding.status());
    if ((*pair)->blind()) return Unmeasured(family, absl::UnavailableError("the socket table cannot be read"));
    ++result.runs;
    result.held += finding.holds() ? 1 : 0;
    Append(finding, &result.measured);
  }
  result.outcome = result.held == result.runs ? Outcome::kHolds
                   : result.held == 0         ? Outcome::kDiffers
                                              : Outcome::kVaries;
  return result;
}

absl::StatusOr<PlatformResult> RunClaims(const RunOptions& options) {
  if (options.repeat < 1) return absl::InvalidArgumentError("--repeat must be at least 1");
  utsname names{};
  uname(&names);
  PlatformResult platform;
  platform.kernel = absl::StrCat(names.sysname, " ", names.release, " ", names.machine);
  platform.repeat = options.repeat;
  for (const Claim& claim : Claims()) {
    if (!MatchesPatterns(options.pattern, claim.id)) continue;
    platform.claims.push_back({&claim, std::vector<FamilyResult>(FamiliesOf(claim).size())});
  }
  if (platform.claims.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("no claim matches '", options.pattern, "'; cases/os/CLAIMS.md names them all"));
  }
  std::deque<Job> jobs;
  for (ClaimResult& result : platform.claims) {
    const std::vector<Family> families = FamiliesOf(*result.claim);
    for (size_t i = 0; i < families.size(); ++i) jobs.push_back({result.claim, families[i], &result.families[i]});
  }
  std::stable_partition(jobs.begin(), jobs.end(), [](const Job& job) { return IsSlow(*job.claim); });
  if (absl::Status ran = RunAll(std::move(jobs), options.repeat); !ran.ok()) return ran;
  return platform;
}

}  // namespace lastack::os
