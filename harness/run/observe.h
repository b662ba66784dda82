// Runs a subject once against a scripted peer, which is a server to a client or a driver, and a client to a server, and
// brings back all facts of the run.
//
// Call it in a process that has no other children and no threads, as isolate.h makes one: it starts threads and reaps
// all descendants.
#ifndef LASTACK_HARNESS_RUN_OBSERVE_H_
#define LASTACK_HARNESS_RUN_OBSERVE_H_

#include <signal.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "harness/peer/peer.h"
#include "harness/plan/fault.h"
#include "harness/run/driver_script.h"
#include "harness/run/observation.h"
#include "harness/run/scratch.h"

namespace lastack {

// How the subject's calls are reached.
enum class Backend : uint8_t { kPreload, kTracer };
[[nodiscard]] const char* BackendName(Backend backend);

struct RunOptions {
  std::vector<std::string> command;  // with placeholders, if there is a peer: {host} {port} {url}
  std::vector<std::pair<std::string, std::string>> environment;  // beside what CleanEnvironment gives
  std::string address = "127.0.0.2";                             // where the peer listens, or the server is to
  std::string name;             // what {host} and {url} say in place of the address; empty: the address
  std::string role = "client";  // the subject's: client, server or library (a driver)
  std::string subject;          // these six are only noted in the observation
  std::string profile;
  std::string case_id;
  int round = 0;
  int again = 0;
  std::string scenario;
  std::vector<Script> scripts;  // the peer's, by connection; empty: no peer
  DriverScript driver_script;   // what a driver is asked
  bool refuses = false;         // the peer refuses all connections
  int stop_signal = SIGTERM;    // a server is told to end by it
  bool restart = false;         // a server that was stopped is started again at once, and the last script played again
  unsigned descriptor_limit = 0;  // as of LaunchOptions
  bool until_unserved = false;    // as of Caller::Options
  bool strangers = false;         // as of LaunchOptions
  std::vector<std::string> faults;
  Backend backend = Backend::kPreload;
  bool pins = true;  // the tracer has the subject on its own processor (tracer.h); false where its threads are to race
  absl::Duration timeout = absl::Seconds(10);
  bool inherit_stdio = false;     // as of LaunchOptions
  bool clean_environment = true;  // false: the subject gets ours, and `environment` on top
};

[[nodiscard]] absl::StatusOr<Observation> Observe(const RunOptions& options, const Scratch& scratch);

// The subject's environment: PATH as ours, LANG=C.UTF-8, HOME and TMPDIR in the scratch directory, and nothing else of
// ours, so that neither proxies nor rc files change what it does. `added` comes last and wins.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> CleanEnvironment(
    const Scratch& scratch, const std::vector<std::pair<std::string, std::string>>& added);

// Why the agent cannot be put into the command's program; empty if nothing is known to speak against it.
[[nodiscard]] std::string WhyNotPreload(const RunOptions& options);

// Whether it has faults that the agent cannot carry out.
[[nodiscard]] bool NeedsTracer(const Plan& plan);

// What puts the agent into a program: LD_PRELOAD, and the trace file's path.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> AgentEnvironment(const Scratch& scratch,
                                                                                const std::string& trace_path);

// Replaces {host}, {port} and {url} in every word.
[[nodiscard]] std::vector<std::string> FillPlaceholders(const std::vector<std::string>& command,
                                                        const std::string& host, uint16_t port);

}  // namespace lastack

#endif  // LASTACK_HARNESS_RUN_OBSERVE_H_
