#include "harness/run/observe.h"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "harness/plan/parse.h"

namespace lastack {
namespace {

// How long the agent waits for the peer to carry out a reset.
constexpr uint64_t kResetTimeoutNs = 2'000'000'000;

using Environment = std::vector<std::pair<std::string, std::string>>;

void Set(Environment& environment, const std::pair<std::string, std::string>& variable) {
  std::erase_if(environment, [&](const auto& present) { return present.first == variable.first; });
  environment.push_back(variable);
}

Environment OurEnvironment(const Environment& added) {
  Environment environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(*variable, absl::MaxSplits('=', 1));
    environment.push_back(parts);
  }
  for (const auto& variable : added) Set(environment, variable);
  return environment;
}

void CountFrom(uint64_t start_ns, SubjectExit& exit) { exit.ended_ns -= start_ns < exit.ended_ns ? start_ns : exit.ended_ns; }

}  // namespace

std::vector<std::pair<std::string, std::string>> CleanEnvironment(
    const Scratch& scratch, const std::vector<std::pair<std::string, std::string>>& added) {
  const char* path = getenv("PATH");
  std::vector<std::pair<std::string, std::string>> environment = {
      {"PATH", path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin"},
      {"LANG", "C.UTF-8"},
      {"HOME", scratch.home()},
      {"TMPDIR", scratch.home()},
  };
  for (const auto& variable : added) Set(environment, variable);
  return environment;
}

std::vector<std::pair<std::string, std::string>> AgentEnvironment(const Scratch& scratch, const std::string& trace_path) {
  return {{"LD_PRELOAD", scratch.agent()}, {kTraceVariable, trace_path}};
}

std::vector<std::string> FillPlaceholders(const std::vector<std::string>& command, const std::string& host, uint16_t port) {
  std::vector<std::string> filled;
  for (const std::string& word : command) {
    filled.push_back(absl::StrReplaceAll(word, {{"{host}", host},
                                                {"{port}", absl::StrCat(port)},
                                                {"{url}", absl::StrCat("http://", host, ":", port, "/")}}));
  }
  return filled;
}

absl::StatusOr<Observation> Observe(const RunOptions& options, const Scratch& scratch) {
  absl::StatusOr<Plan> plan = ParsePlan(options.faults);
  if (!plan.ok()) return plan.status();
  absl::StatusOr<std::string> directory = scratch.NewTraceDirectory();
  if (!directory.ok()) return directory.status();
  absl::StatusOr<TraceFile> trace = TraceFile::Create(*directory, *plan);
  if (!trace.ok()) return trace.status();
  trace->header().reset_timeout_ns = kResetTimeoutNs;
  const uint64_t start_ns = trace->header().ns_at_start;
  std::unique_ptr<Peer> peer;
  LaunchOptions launch;
  launch.argv = options.command;
  if (!options.scripts.empty()) {
    absl::StatusOr<std::unique_ptr<Peer>> listening = options.refuses ? Peer::Refuse(options.address) : Peer::Listen(options.address);
    if (!listening.ok()) return listening.status();
    peer = *std::move(listening);
    launch.argv = FillPlaceholders(options.command, options.address, peer->port());
    launch.on_started = [&] { peer->Start(options.scripts, {.start_ns = start_ns, .orders = &trace->header()}); };
  }
  launch.environment =
      options.clean_environment ? CleanEnvironment(scratch, options.environment) : OurEnvironment(options.environment);
  for (auto& variable : AgentEnvironment(scratch, trace->path())) {
    // A program's own preloaded libraries come behind the agent.
    const auto theirs = std::find_if(launch.environment.begin(), launch.environment.end(), [&](const auto& present) {
      return present.first == "LD_PRELOAD" && variable.first == "LD_PRELOAD" && !present.second.empty();
    });
    if (theirs != launch.environment.end()) absl::StrAppend(&variable.second, ":", theirs->second);
    Set(launch.environment, variable);
  }
  launch.timeout = options.timeout;
  launch.inherit_stdio = options.inherit_stdio;
  absl::StatusOr<SubjectExit> exit = Launch(launch);
  if (!exit.ok()) return exit.status();

  Observation observation;
  observation.subject = options.subject;
  observation.profile = options.profile;
  observation.case_id = options.case_id;
  observation.scenario = options.scenario;
  observation.backend = "preload";
  for (uint32_t i = 0; i < plan->fault_count; ++i) observation.faults.push_back(FormatFault(plan->faults[i]));
  observation.timeout_ns = static_cast<uint64_t>(absl::ToInt64Nanoseconds(options.timeout));
  observation.exit = *std::move(exit);
  CountFrom(start_ns, observation.exit);
  if (peer != nullptr) {
    observation.peer_address = options.address;
    observation.peer_port = peer->port();
    observation.connections = peer->Stop();
  }
  observation.trace = trace->Read();
  return observation;
}

}  // namespace lastack
