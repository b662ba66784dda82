// What the tracer costs its subject, beside strace.
//
//   bazel run -c opt //tools/bench:tracer_bench [-- CALLS ROUNDS]
//
// A stopped call stops twice, before and after it. Every round runs all ways once, one after the other, each in
// processes of its own; what a way adds is its time less the native time of the same round. The tracer records, with
// five armed faults that never come due; strace injects one that never comes due (65,535 is the latest call that it can
// name), and its text goes to /dev/null. Two bare stops, at which nothing is done, are what no tracer can undercut on
// the machine. No figure here decides a test: machines are noisy.
#include <sched.h>

#include <cstdint>
#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "harness/run/find_program.h"
#include "harness/run/isolate.h"
#include "harness/run/launcher.h"
#include "harness/run/observe.h"
#include "harness/run/scratch.h"
#include "harness/trace/trace.h"
#include "harness/tracer/tracer.h"
#include "tools/bench/bare_tracer.h"
#include "tools/bench/measure.h"

namespace lastack {
namespace {

using Times = std::map<std::string, double>;  // of a call of each kind, in nanoseconds

const char* const kStopped[] = {"send", "recv", "socket", "close"};
constexpr char kUntraced[] = "getpid";
constexpr int kEventsOfATurn = 6;  // one of each stopped call, one of each socket that is made, and one to spare

struct Way {
  std::string name;
  std::function<Times()> run;
  std::vector<Times> rounds = {};
};

Times TimesOf(const std::string& text) {
  Times times;
  const std::vector<std::string> lines = absl::StrSplit(text, '\n', absl::SkipEmpty());
  for (const std::string& line : lines) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (words.size() != 2 || !absl::SimpleAtod(words[1], &times[words[0]])) Die("not a time: " + line);
  }
  return times;
}

// In a process of its own: tracers pin the thread that they run on.
Times InOwnProcess(const std::function<absl::StatusOr<std::string>()>& run) {
  Isolated isolated = OrDie(Isolated::Start(run));
  return TimesOf(OrDie(isolated.Wait(absl::Minutes(6))));
}

Times Run(const Scratch& scratch, const std::vector<std::string>& argv,
          const std::function<absl::StatusOr<SubjectExit>(LaunchOptions&)>& launch) {
  LaunchOptions options;
  options.argv = argv;
  options.environment = CleanEnvironment(scratch, {});
  options.timeout = absl::Minutes(5);
  return InOwnProcess([&]() -> absl::StatusOr<std::string> {
    absl::StatusOr<SubjectExit> exit = launch(options);
    if (!exit.ok()) return exit.status();
    if (exit->how != SubjectExit::How::kExited || exit->status != 0) {
      return absl::InternalError(absl::StrCat(argv[0], " failed: ", exit->err));
    }
    return exit->out;
  });
}

Times RunPlain(const Scratch& scratch, const std::vector<std::string>& argv) {
  return Run(scratch, argv, [](LaunchOptions& options) { return Launch(options); });
}

Times RunTraced(const Scratch& scratch, const std::vector<std::string>& argv, int calls, bool pins) {
  const std::string directory = OrDie(scratch.NewTraceDirectory());
  return Run(scratch, argv, [&](LaunchOptions& options) -> absl::StatusOr<SubjectExit> {
    const uint32_t segments = static_cast<uint32_t>(calls * kEventsOfATurn / static_cast<int>(kEventsPerSegment)) + 16;
    absl::StatusOr<TraceFile> trace = TraceFile::Create(directory, FiveFaults(), segments);
    if (!trace.ok()) return trace.status();
    Tracer tracer(trace->header(), pins);
    options.tracer = &tracer;
    absl::StatusOr<SubjectExit> exit = Launch(options);
    // The path of a lost event is another one.
    if (trace->header().lost_events > 0) return absl::InternalError("the trace was too small");
    return exit;
  });
}

int FirstProcessor() {
  cpu_set_t processors;
  CPU_ZERO(&processors);
  sched_getaffinity(0, sizeof(processors), &processors);
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &processors)) return i;
  }
  return 0;
}

bool IsHere(const std::string& program) { return FindProgram(program, getenv("PATH")).ok(); }

std::vector<Way> Ways(const Scratch& scratch, const std::string& subject, int calls) {
  const std::vector<std::string> native = {subject, absl::StrCat(calls)};
  std::vector<std::string> strace = {"strace",
                                     "-f",
                                     "--seccomp-bpf",
                                     "-qq",
                                     "-e",
                                     "trace=network,close,read,write",
                                     "-e",
                                     "inject=close:error=EINTR:when=65535",
                                     "-o",
                                     "/dev/null"};
  strace.insert(strace.end(), native.begin(), native.end());
  std::vector<std::string> pinned = {"taskset", "-c", absl::StrCat(FirstProcessor())};
  pinned.insert(pinned.end(), strace.begin(), strace.end());
  std::vector<Way> ways = {
      {"native", [=, &scratch] { return RunPlain(scratch, native); }},
      {"native again", [=, &scratch] { return RunPlain(scratch, native); }},
      {"bare stops, pinned",
       [=] { return InOwnProcess([&] { return RunUnderBareTracer(native, FirstProcessor()); }); }},
      {"lastack, pinned", [=, &scratch] { return RunTraced(scratch, native, calls, true); }},
      {"lastack, not pinned", [=, &scratch] { return RunTraced(scratch, native, calls, false); }},
  };
  if (!IsHere("strace")) {
    printf("strace: skipped, it is not here; apt-get install strace\n");
    return ways;
  }
  ways.push_back({"strace", [=, &scratch] { return RunPlain(scratch, strace); }});
  if (IsHere("taskset")) {
    ways.push_back({"strace, pinned", [=, &scratch] { return RunPlain(scratch, pinned); }});
  } else {
    printf("strace, pinned: skipped, taskset is not here; apt-get install util-linux\n");
  }
  return ways;
}

double MeanOfStopped(const Times& times) {
  double sum = 0;
  for (const char* call : kStopped) sum += times.at(call);
  return sum / static_cast<double>(std::size(kStopped));
}

// Less the native times of the same rounds.
std::vector<double> Added(const Way& way, const Way& native, const std::function<double(const Times&)>& of) {
  std::vector<double> added;
  for (size_t i = 0; i < way.rounds.size(); ++i) added.push_back(of(way.rounds[i]) - of(native.rounds[i]));
  return added;
}

double Mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

void PrintWay(const Way& way, const Way& native) {
  printf("%-20s", way.name.c_str());
  for (const char* call : kStopped) {
    printf(" %8.2f", Median(Added(way, native, [&](const Times& times) { return times.at(call); })) / 1000);
  }
  const std::vector<double> all = Added(way, native, MeanOfStopped);
  printf(" | %8.2f %8.2f %8.2f %8.2f", Median(all) / 1000, Mean(all) / 1000,
         *std::min_element(all.begin(), all.end()) / 1000, *std::max_element(all.begin(), all.end()) / 1000);
  const std::vector<double> untraced = Added(way, native, [](const Times& times) { return times.at(kUntraced); });
  printf(" | %+8.0f %+8.0f\n", Median(untraced), Mean(untraced));
}

void PrintNative(const Way& native) {
  printf("%-20s", "native, ns");
  for (const std::string call : {"send", "recv", "socket", "close", kUntraced}) {
    std::vector<double> times;
    for (const Times& round : native.rounds) times.push_back(round.at(call));
    printf("  %s %.0f", call.c_str(), Median(times));
  }
  printf("   (medians)\n\n");
}

void Measure(const std::string& subject, int calls, int rounds) {
  const Scratch scratch = OrDie(Scratch::Create());
  std::vector<Way> ways = Ways(scratch, subject, calls);
  for (int round = 0; round < rounds; ++round) {
    for (Way& way : ways) way.rounds.push_back(way.run());
  }
  printf("%d calls of each kind a run, %d interleaved rounds\n", calls, rounds);
  PrintNative(ways[0]);
  printf("added                     us a stopped call, medians | us, mean of the four kinds        | ns a %s\n",
         kUntraced);
  printf("%-20s %8s %8s %8s %8s | %8s %8s %8s %8s | %8s %8s\n", "", "send", "recv", "socket", "close", "median", "mean",
         "least", "most", "median", "mean");
  for (size_t i = 1; i < ways.size(); ++i) PrintWay(ways[i], ways[0]);
}

}  // namespace
}  // namespace lastack

int main(int argc, char** argv) {
  int calls = 20'000;
  int rounds = 7;
  const bool sound = argc >= 2 && argc <= 4 && (argc < 3 || absl::SimpleAtoi(argv[2], &calls)) &&
                     (argc < 4 || absl::SimpleAtoi(argv[3], &rounds));
  if (!sound || calls < 100 || calls > 60'000 || rounds < 1) {
    fprintf(stderr,
            "usage: tracer_bench STOPS [CALLS [ROUNDS]] (bazel run //tools/bench:tracer_bench gives the first)\n");
    return 2;
  }
  lastack::Measure(argv[1], calls, rounds);
  return 0;
}
