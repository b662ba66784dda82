#include "harness/run/observe.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "harness/plan/parse.h"
#include "harness/run/all_closed.h"
#include "harness/run/descendants.h"
#include "harness/run/driver_run.h"
#include "harness/run/find_program.h"
#include "harness/run/preloadable.h"
#include "harness/run/server_run.h"
#include "harness/tracer/tracer.h"

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

void CountFrom(uint64_t start_ns, SubjectExit& exit) {
  exit.ended_ns -= start_ns < exit.ended_ns ? start_ns : exit.ended_ns;
}

// The subject's environment, with the agent in it if that is the backend. A program's own preloaded libraries come
// behind the agent.
Environment EnvironmentFor(const RunOptions& options, const Scratch& scratch, const std::string& trace_path) {
  Environment environment =
      options.clean_environment ? CleanEnvironment(scratch, options.environment) : OurEnvironment(options.environment);
  if (options.backend == Backend::kTracer) return environment;
  for (auto& variable : AgentEnvironment(scratch, trace_path)) {
    const auto theirs = std::find_if(environment.begin(), environment.end(), [&](const auto& present) {
      return present.first == "LD_PRELOAD" && variable.first == "LD_PRELOAD" && !present.second.empty();
    });
    if (theirs != environment.end()) absl::StrAppend(&variable.second, ":", theirs->second);
    Set(environment, variable);
  }
  return environment;
}

LaunchOptions LaunchOptionsFor(const RunOptions& options, const Scratch& scratch, const TraceFile& trace) {
  LaunchOptions launch;
  launch.argv = options.command;
  launch.environment = EnvironmentFor(options, scratch, trace.path());
  launch.timeout = options.timeout;
  launch.inherit_stdio = options.inherit_stdio;
  launch.descriptor_limit = options.descriptor_limit;
  launch.strangers = options.strangers;
  return launch;
}

// What is known of the run before it begins.
Observation Begin(const RunOptions& options, const Plan& plan) {
  Observation observation;
  observation.subject = options.subject;
  observation.profile = options.profile;
  observation.case_id = options.case_id;
  observation.round = options.round;
  observation.again = options.again;
  observation.role = options.role;
  observation.scenario = options.scenario;
  observation.backend = BackendName(options.backend);
  for (uint32_t i = 0; i < plan.fault_count; ++i) observation.faults.push_back(FormatFault(plan.faults[i]));
  observation.timeout_ns = static_cast<uint64_t>(absl::ToInt64Nanoseconds(options.timeout));
  return observation;
}

const std::string& HostIn(const RunOptions& options) { return options.name.empty() ? options.address : options.name; }

// The peer of a client or a driver; null if the run has none.
absl::StatusOr<std::unique_ptr<Peer>> ListeningPeer(const RunOptions& options, Observation& observation) {
  if (options.scripts.empty()) return nullptr;
  const bool narrow = std::any_of(options.scripts.begin(), options.scripts.end(), IsNarrow);
  absl::StatusOr<std::unique_ptr<Peer>> peer =
      options.refuses ? Peer::Refuse(options.address) : Peer::Listen(options.address, narrow);
  if (!peer.ok()) return peer.status();
  observation.peer_address = options.address;
  observation.peer_port = (*peer)->port();
  return peer;
}

absl::Status RunClient(const RunOptions& options, LaunchOptions& launch, TraceFile& trace, Observation& observation) {
  const uint64_t start_ns = trace.header().ns_at_start;
  absl::StatusOr<std::unique_ptr<Peer>> peer = ListeningPeer(options, observation);
  if (!peer.ok()) return peer.status();
  if (*peer != nullptr) {
    launch.argv = FillPlaceholders(options.command, HostIn(options), observation.peer_port);
    launch.on_started = [&] { (*peer)->Start(options.scripts, {.start_ns = start_ns, .orders = &trace.header()}); };
  }
  absl::StatusOr<SubjectExit> exit = Launch(launch);
  if (!exit.ok()) return exit.status();
  observation.exit = *std::move(exit);
  CountFrom(start_ns, observation.exit);
  if (*peer != nullptr) observation.connections = (*peer)->Stop();
  return absl::OkStatus();
}

std::vector<int> LivingProcesses() {
  std::vector<int> alive;
  for (const ProcessEntry& process : LivingDescendants(getpid())) alive.push_back(process.pid);
  return alive;
}

absl::Status LiveOnce(const ServerRun::Options& server, LaunchOptions& launch, Observation& observation) {
  ServerRun run(server);
  launch.on_started = [&run] { run.Start(); };
  absl::StatusOr<SubjectExit> exit = Launch(launch);
  if (!exit.ok()) return exit.status();
  SubjectLife life = run.Finish();
  life.exit = *std::move(exit);
  CountFrom(server.caller.start_ns, life.exit);
  for (const ConnectionRecord& record : run.records()) observation.connections.push_back(record);
  observation.lives.push_back(std::move(life));
  return absl::OkStatus();
}

absl::Status RunServer(const RunOptions& options, LaunchOptions& launch, TraceFile& trace, Observation& observation) {
  absl::StatusOr<Endpoint> free_port = FreePort(options.address);
  if (!free_port.ok()) return free_port.status();
  observation.peer_address = options.address;
  observation.peer_port = free_port->port;
  ServerRun::Options server;
  server.server = *free_port;
  server.scripts = options.scripts;
  server.caller.start_ns = trace.header().ns_at_start;
  server.caller.until_unserved = options.until_unserved;
  // Who was not served is the last, and need not wait for the server's end as well.
  if (options.until_unserved) server.caller.connection_timeout = server.caller.step_timeout + absl::Milliseconds(500);
  server.caller.orders = &trace.header();
  // Clients do not wait long for a server that ends late or never, least of all many: what it holds shows when all have
  // been.
  constexpr size_t kMany = 10;
  server.caller.leave_after = options.scripts.size() > kMany ? absl::Milliseconds(100) : absl::Seconds(1);
  server.ready_timeout = std::min(server.ready_timeout, options.timeout);
  server.stop_signal = options.stop_signal;
  // Whoever holds a connection looks how long the server does.
  const bool holds = std::any_of(options.scripts.begin(), options.scripts.end(), Holds);
  if (holds) server.quiet_timeout = std::max(server.quiet_timeout, options.timeout - server.quiet_timeout);
  server.quiet = [&trace, port = free_port->port] { return AllClosed(trace.Read(), port, LivingProcesses); };
  launch.argv = FillPlaceholders(options.command, options.address, free_port->port);
  launch.until_all_ended = true;
  launch.timeout = options.timeout + server.stop_timeout;
  if (absl::Status lived = LiveOnce(server, launch, observation); !lived.ok()) return lived;
  if (options.restart && observation.lives.front().stop_ns != 0) {
    server.scripts = {options.scripts.back()};
    if (absl::Status lived = LiveOnce(server, launch, observation); !lived.ok()) return lived;
  }
  observation.exit = observation.lives.front().exit;
  return absl::OkStatus();
}

absl::Status RunDriver(const RunOptions& options, LaunchOptions& launch, TraceFile& trace, Observation& observation) {
  const uint64_t start_ns = trace.header().ns_at_start;
  const bool listens = std::any_of(options.driver_script.begin(), options.driver_script.end(),
                                   [](const DriverStep& step) { return step.kind == DriverStep::kListen; });
  absl::StatusOr<std::unique_ptr<Peer>> peer = nullptr;
  if (!listens) peer = ListeningPeer(options, observation);
  if (!peer.ok()) return peer.status();
  DriverRun::Options driver;
  driver.host = HostIn(options);
  driver.port = observation.peer_port;
  driver.script = options.driver_script;
  if (listens) driver.calls = options.scripts;
  driver.start_ns = start_ns;
  if (*peer != nullptr) driver.unended = [&peer] { return static_cast<int>((*peer)->unfinished()); };
  driver.quiet = [&trace, port = observation.peer_port] { return AllClosed(trace.Read(), port, LivingProcesses); };
  DriverRun run(driver);
  if (absl::Status opened = run.Open(); !opened.ok()) return opened;
  launch.in = run.input();
  launch.out = run.output();
  launch.on_started = [&] {
    if (*peer != nullptr) (*peer)->Start(options.scripts, {.start_ns = start_ns, .orders = &trace.header()});
    run.Start();
  };
  absl::StatusOr<SubjectExit> exit = Launch(launch);
  if (!exit.ok()) return exit.status();
  CountFrom(start_ns, *exit);
  DriverRun::Outcome outcome = run.Finish();
  exit->out = std::move(outcome.received);
  exit->out_bytes = exit->out.size();
  observation.exit = *exit;
  outcome.life.exit = *std::move(exit);
  outcome.life.exit.out.clear();
  observation.lives.push_back(std::move(outcome.life));
  observation.replies = std::move(outcome.replies);
  observation.noise = std::move(outcome.noise);
  if (*peer != nullptr) {
    observation.connections = (*peer)->Stop();
    return absl::OkStatus();
  }
  observation.peer_address = options.address;
  observation.peer_port = static_cast<uint16_t>(outcome.port);
  observation.connections = std::move(outcome.calls);
  return absl::OkStatus();
}

absl::Status RunRole(const RunOptions& options, LaunchOptions& launch, TraceFile& trace, Observation& observation) {
  if (options.role == "server") return RunServer(options, launch, trace, observation);
  if (options.role == "library") return RunDriver(options, launch, trace, observation);
  return RunClient(options, launch, trace, observation);
}

}  // namespace

const char* BackendName(Backend backend) { return backend == Backend::kTracer ? "tracer" : "preload"; }

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

std::string WhyNotPreload(const RunOptions& options) {
  const char* path = getenv("PATH");
  const absl::StatusOr<std::string> program = options.command.empty()
                                                  ? absl::NotFoundError("")
                                                  : FindProgram(options.command.front(), path != nullptr ? path : "");
  return program.ok() ? WhyNotPreloadable(*program) : "";
}

std::vector<std::pair<std::string, std::string>> AgentEnvironment(const Scratch& scratch,
                                                                  const std::string& trace_path) {
  return {{"LD_PRELOAD", scratch.agent()}, {kTraceVariable, trace_path}};
}

std::vector<std::string> FillPlaceholders(const std::vector<std::string>& command, const std::string& host,
                                          uint16_t port) {
  std::vector<std::string> filled;
  for (const std::string& word : command) {
    filled.push_back(absl::StrReplaceAll(
        word,
        {{"{host}", host}, {"{port}", absl::StrCat(port)}, {"{url}", absl::StrCat("http://", host, ":", port, "/")}}));
  }
  return filled;
}

bool NeedsTracer(const Plan& plan) {
  const auto interrupts = [](const Fault& fault) { return fault.effect == Effect::kInterrupt; };
  return std::any_of(plan.faults, plan.faults + plan.fault_count, interrupts);
}

absl::StatusOr<Observation> Observe(const RunOptions& options, const Scratch& scratch) {
  absl::StatusOr<Plan> plan = ParsePlan(options.faults);
  if (!plan.ok()) return plan.status();
  if (options.backend != Backend::kTracer && NeedsTracer(*plan)) {
    return absl::InvalidArgumentError("effect=interrupt takes the tracer: --backend=tracer");
  }
  absl::StatusOr<std::string> directory = scratch.NewTraceDirectory();
  if (!directory.ok()) return directory.status();
  absl::StatusOr<TraceFile> trace = TraceFile::Create(*directory, *plan);
  if (!trace.ok()) return trace.status();
  trace->header().reset_timeout_ns = kResetTimeoutNs;
  // What root starts may execute a program as somebody else, whose agent opens the file anew. The name of its directory
  // is a secret (Scratch).
  if (geteuid() == 0) chmod(trace->path().c_str(), 0666);

  LaunchOptions launch = LaunchOptionsFor(options, scratch, *trace);
  Tracer tracer(trace->header(), options.pins);
  if (options.backend == Backend::kTracer) launch.tracer = &tracer;
  Observation observation = Begin(options, *plan);
  const absl::Status ran = RunRole(options, launch, *trace, observation);
  if (!ran.ok()) return ran;
  observation.trace = trace->Read();
  return observation;
}

}  // namespace lastack
