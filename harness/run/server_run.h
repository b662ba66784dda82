// Conducts one life of a server, on a thread beside the launcher: waits until its port listens, plays the scripts on
// it, waits for what it accepted to be closed, looks who is alive, and stops it.
//
//   ServerRun server(options);
//   launch.until_all_ended = true;
//   launch.on_started = [&] { server.Start(); };
//   StatusOr<SubjectExit> exit = Launch(launch);
//   SubjectLife life = server.Finish();
//
// Whether it listens is looked up in the kernel's socket table, so that the first connection is the first script's. The
// stop signal goes to each child of this process: to the first process of the subject, or, where that has ended, to
// what it has left behind. What is still there after the stop timeout is killed.
//
// Threads: one owner, in the process that launches. Allocates.
#ifndef LASTACK_HARNESS_RUN_SERVER_RUN_H_
#define LASTACK_HARNESS_RUN_SERVER_RUN_H_

#include <signal.h>

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "harness/peer/caller.h"
#include "harness/run/observation.h"

namespace lastack {

class ServerRun {
 public:
  struct Options {
    Endpoint server;
    std::vector<Script> scripts;
    Caller::Options caller;
    absl::Duration ready_timeout = absl::Seconds(5);
    absl::Duration quiet_timeout = absl::Seconds(2);  // for closing what was accepted, once all scripts are over
    absl::Duration stop_timeout = absl::Seconds(3);
    int stop_signal = SIGTERM;
    std::function<bool()> quiet;  // whether all that was accepted is closed
  };

  explicit ServerRun(const Options& options) : options_(options), caller_(options.server, options.caller) {}
  ServerRun(const ServerRun&) = delete;
  ServerRun& operator=(const ServerRun&) = delete;
  ~ServerRun();

  void Start();

  // When all of the subject has ended. The life without its exit.
  [[nodiscard]] SubjectLife Finish();
  // After Finish.
  const std::vector<ConnectionRecord>& records() const { return records_; }

 private:
  void Conduct();
  bool AwaitListening();
  void AwaitQuiet();
  void Stop();
  uint64_t Now() const;

  const Options options_;
  Caller caller_;
  std::thread thread_;
  std::atomic<bool> ended_{false};  // all of the subject
  SubjectLife life_;
  std::vector<ConnectionRecord> records_;
};

// A port of the loopback address `address` that is free now.
[[nodiscard]] absl::StatusOr<Endpoint> FreePort(const std::string& address);

}  // namespace lastack

#endif  // LASTACK_HARNESS_RUN_SERVER_RUN_H_
