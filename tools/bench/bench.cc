// What the agent costs its subject.
//
//   bazel run //tools/bench
//
// Instructions added to a close, a send and a recv, with recording, five armed faults on these very calls that never
// come due, and a thousand live sockets (counted by valgrind's callgrind, so exact and repeatable); the time of the
// same calls as a ratio to native, beside native against itself, in one interleaved run; and the time that the agent
// adds to the start of a program. No figure here decides a test: machines are noisy.
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "harness/run/find_program.h"
#include "harness/run/launcher.h"
#include "harness/run/observe.h"
#include "harness/run/scratch.h"
#include "harness/trace/trace.h"
#include "tools/bench/measure.h"

namespace lastack {
namespace {

constexpr int kCallsPerMeasurement = 1000;  // as in workload.cc
constexpr uint32_t kSegments = 16384;       // no event may be lost, or the path measured is another

using Environment = std::vector<std::pair<std::string, std::string>>;

// Runs `argv` with the agent or without; the streams, as text.
std::string Output(const Scratch& scratch, const std::vector<std::string>& argv, bool with_agent) {
  TraceFile trace = OrDie(TraceFile::Create(OrDie(scratch.NewTraceDirectory()), FiveFaults(), kSegments));
  LaunchOptions options;
  options.argv = argv;
  options.environment = CleanEnvironment(scratch, with_agent ? AgentEnvironment(scratch, trace.path()) : Environment());
  options.timeout = absl::Minutes(5);
  const SubjectExit exit = OrDie(Launch(options));
  if (exit.how != SubjectExit::How::kExited || exit.status != 0) Die(absl::StrCat(argv[0], " failed: ", exit.err));
  if (trace.header().lost_events > 0) Die("the trace was too small");
  return absl::StrCat(exit.out, exit.err);
}

// --- Instructions.

double InstructionsPerCall(const Scratch& scratch, const std::string& workload, const std::string& function,
                           bool with_agent) {
  const std::string text = Output(scratch,
                                  {"valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                                   "--toggle-collect=" + function, workload, "count"},
                                  with_agent);
  const size_t at = text.find("Collected : ");
  int64_t instructions = 0;
  if (at == std::string::npos ||
      !absl::SimpleAtoi(text.substr(at + 12, text.find('\n', at) - at - 12), &instructions)) {
    Die("callgrind printed no count: " + text);
  }
  return static_cast<double>(instructions) / kCallsPerMeasurement;
}

void PrintInstructions(const Scratch& scratch, const std::string& workload) {
  if (!FindProgram("valgrind", getenv("PATH")).ok()) {
    printf("instructions: valgrind is not here; apt-get install valgrind\n");
    return;
  }
  printf("instructions a call     native    with agent     added\n");
  for (const auto& [call, function] : std::map<std::string, std::string>{
           {"close", "MeasuredClose"}, {"recv", "MeasuredRecv"}, {"send", "MeasuredSend"}}) {
    const double native = InstructionsPerCall(scratch, workload, function, false);
    const double with_agent = InstructionsPerCall(scratch, workload, function, true);
    printf("  %-18s %9.1f     %9.1f %9.1f\n", call.c_str(), native, with_agent, with_agent - native);
  }
}

// --- Time.

double Nanoseconds(const Scratch& scratch, const std::string& workload, const std::string& call, bool with_agent) {
  constexpr int kCalls = 50'000;
  int64_t ns = 0;
  if (!absl::SimpleAtoi(Output(scratch, {workload, "time", call, absl::StrCat(kCalls)}, with_agent), &ns)) {
    Die("no time");
  }
  return static_cast<double>(ns) / kCalls;
}

void PrintTimes(const Scratch& scratch, const std::string& workload) {
  constexpr int kRounds = 9;
  printf(
      "\ntime a call          native ns   native again / native   with agent / native   (medians of %d interleaved)\n",
      kRounds);
  for (const std::string call : {"close", "recv", "send"}) {
    std::vector<double> native;
    std::vector<double> again;
    std::vector<double> with_agent;
    for (int round = 0; round < kRounds; ++round) {
      native.push_back(Nanoseconds(scratch, workload, call, false));
      with_agent.push_back(Nanoseconds(scratch, workload, call, true) / native.back());
      again.push_back(Nanoseconds(scratch, workload, call, false) / native.back());
    }
    printf("  %-18s %9.0f   %21.2f   %19.2f\n", call.c_str(), Median(native), Median(again), Median(with_agent));
  }
}

// --- The start of a program.

// From exec to main.
double StartMicroseconds(const std::string& workload, const std::vector<std::string>& environment) {
  std::vector<char*> envp;
  for (const std::string& variable : environment) envp.push_back(const_cast<char*>(variable.c_str()));
  envp.push_back(nullptr);
  char* const argv[] = {const_cast<char*>(workload.c_str()), const_cast<char*>("start"), nullptr};
  timespec start{};
  timespec end{};
  clock_gettime(CLOCK_MONOTONIC, &start);
  const pid_t pid = vfork();
  if (pid == 0) {
    execve(argv[0], argv, envp.data());
    _exit(127);
  }
  waitpid(pid, nullptr, 0);
  clock_gettime(CLOCK_MONOTONIC, &end);
  return static_cast<double>(end.tv_sec - start.tv_sec) * 1e6 + static_cast<double>(end.tv_nsec - start.tv_nsec) / 1e3;
}

void PrintStart(const Scratch& scratch, const std::string& workload) {
  constexpr int kRounds = 500;
  TraceFile trace = OrDie(TraceFile::Create(OrDie(scratch.NewTraceDirectory()), FiveFaults()));
  std::vector<std::string> with_agent;
  for (const auto& [name, value] : AgentEnvironment(scratch, trace.path())) {
    with_agent.push_back(absl::StrCat(name, "=", value));
  }
  std::vector<double> native;
  std::vector<double> again;
  std::vector<double> loaded;
  for (int round = 0; round < kRounds; ++round) {
    native.push_back(StartMicroseconds(workload, {}));
    loaded.push_back(StartMicroseconds(workload, with_agent));
    again.push_back(StartMicroseconds(workload, {}));
  }
  printf("\nfrom exec to main, median of %d interleaved: native %.0f us, native again %+.0f us, with agent %+.0f us\n",
         kRounds, Median(native), Median(again) - Median(native), Median(loaded) - Median(native));
}

}  // namespace
}  // namespace lastack

int main(int argc, char** argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: bench WORKLOAD (bazel run //tools/bench gives it)\n");
    return 2;
  }
  const lastack::Scratch scratch = lastack::OrDie(lastack::Scratch::Create());
  lastack::PrintInstructions(scratch, argv[1]);
  lastack::PrintTimes(scratch, argv[1]);
  lastack::PrintStart(scratch, argv[1]);
  return 0;
}
