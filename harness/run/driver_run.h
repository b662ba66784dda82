// Directs one driver, on a thread beside the launcher: says hello, plays a script, waits for what it had opened to be
// closed, looks who is alive, ends what it was told to spawn, and tells it to quit.
//
//   DriverRun driver(options);
//   if (absl::Status opened = driver.Open(); !opened.ok()) return opened;
//   launch.in = driver.input();
//   launch.out = driver.output();
//   launch.on_started = [&] { driver.Start(); };
//   StatusOr<SubjectExit> exit = Launch(launch);
//   DriverRun::Outcome outcome = driver.Finish();
//
// The launcher bounds it all: when it ends the driver, the driver's output ends, and with it the conversation.
//
// Threads: one owner, in the process that launches. Allocates.
#ifndef LASTACK_HARNESS_RUN_DRIVER_RUN_H_
#define LASTACK_HARNESS_RUN_DRIVER_RUN_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "harness/peer/script.h"
#include "harness/run/callers.h"
#include "harness/run/driver_channel.h"
#include "harness/run/driver_conversation.h"
#include "harness/run/driver_script.h"
#include "harness/run/observation.h"

namespace lastack {

class DriverRun : private DriverLine {
 public:
  struct Options {
    std::string host;  // of the peer, or where the driver is to listen
    int port = 0;      // of the peer
    DriverScript script;
    std::vector<Script> calls;                        // what the peer plays, call by call, where the driver listens
    uint64_t start_ns = 0;                            // of the run
    absl::Duration quiet_timeout = absl::Seconds(2);  // for closing, once the script is over
    std::function<bool()> quiet;                      // whether all connections with the peer are closed
    std::function<int()> unended;                     // how many are not over for the peer
  };

  struct Outcome {
    SubjectLife life;  // without its exit
    std::vector<DriverReply> replies;
    std::vector<std::string> noise;
    std::string received;  // all data that the driver handed over
    int port = 0;          // where it listened; 0: nowhere
    std::vector<ConnectionRecord> calls;
  };

  explicit DriverRun(const Options& options)
      : options_(options), conversation_({options.host, options.port, options.script, options.calls}, *this) {}
  DriverRun(const DriverRun&) = delete;
  DriverRun& operator=(const DriverRun&) = delete;
  ~DriverRun() override;

  [[nodiscard]] absl::Status Open() { return channel_.Open(); }
  int input() const { return channel_.request_reader(); }
  int output() const { return channel_.reply_writer(); }

  void Start();

  // When all of the subject has ended.
  [[nodiscard]] Outcome Finish();

 private:
  void Conduct();
  uint64_t Now() override;
  int Post(const std::string& request) override { return channel_.Post(request); }
  absl::optional<std::string> Await(int tag) override { return channel_.Await(tag, Deadline::Never()); }
  void Listens(const Endpoint& at) override;
  void Call(const Script& script, bool to_end) override;
  void AwaitQuiet();
  void EndSpawned();

  const Options options_;
  DriverChannel channel_;
  DriverConversation conversation_;
  std::thread thread_;
  std::atomic<bool> ended_{false};  // all of the subject
  Outcome outcome_;
  std::unique_ptr<Callers> callers_;
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_RUN_DRIVER_RUN_H_
