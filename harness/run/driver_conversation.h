// What a driver is asked, in which words, and what of a script is asked at all, depending on the replies: the part of a
// driver's run that is the same whether the driver is a process (driver_run.h) or runs in ours (mocks/run_catalog.h).
//
//   DriverConversation conversation(options, line);
//   if (conversation.Hello() && conversation.Play()) { ... wait for what it had opened to be closed ...
//   conversation.Quit(); }
//
// Threads: one owner. Allocates.
#ifndef LASTACK_HARNESS_RUN_DRIVER_CONVERSATION_H_
#define LASTACK_HARNESS_RUN_DRIVER_CONVERSATION_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "harness/peer/script.h"
#include "harness/peer/socket_row.h"
#include "harness/run/driver_script.h"
#include "harness/run/observation.h"

namespace lastack {

// The way to the driver, and who calls it where it listens.
class DriverLine {
 public:
  virtual ~DriverLine() = default;

  virtual uint64_t Now() = 0;  // since the start of the run
  // Sends a request; the tag by which its reply is had.
  virtual int Post(const std::string& request) = 0;
  // The reply without its tag; nothing: none will come, the driver is gone.
  virtual absl::optional<std::string> Await(int tag) = 0;
  // The driver listens there.
  virtual void Listens(const Endpoint& at) = 0;
  // Connects to it, and plays the script; `to_end`: returns when the client is gone.
  virtual void Call(const Script& script, bool to_end) = 0;
};

class DriverConversation {
 public:
  struct Options {
    std::string host;  // of the peer, or where the driver is to listen
    int port = 0;      // of the peer
    DriverScript script;
    std::vector<Script> calls;  // what the peer plays, call by call, where the driver listens
  };

  DriverConversation(const Options& options, DriverLine& line) : options_(options), line_(line) {}
  DriverConversation(const DriverConversation&) = delete;
  DriverConversation& operator=(const DriverConversation&) = delete;

  // These say false when a reply did not come.
  bool Hello();  // or when it was not ok
  bool Play();
  bool Quit() { return Ask("quit", "quit"); }

  std::vector<DriverReply>& replies() { return replies_; }
  std::string& received() { return received_; }  // all data that the driver handed over
  int port() const { return port_; }             // where it listened; 0: nowhere
  const std::vector<pid_t>& spawned() const { return spawned_; }
  // Whether the last step is to quit at once.
  bool quits_at_once() const { return !options_.script.empty() && options_.script.back().kind == DriverStep::kQuit; }

 private:
  bool Do(const DriverStep& step);
  bool Listen();
  bool Receive(int most);
  bool AwaitReceived();
  bool Ask(const std::string& verb, const std::string& request);
  bool AskPlainly(const std::string& request) { return Ask(request, request); }

  // How the present connection stands; and whether a step is asked then, and what its reply changes.
  enum class Standing { kUsable, kFailed, kAbsent };
  bool IsWanted(const DriverStep& step) const;
  void Heed(const DriverStep& step);

  void Post(const std::string& verb, const std::string& request);
  bool Await(size_t index);  // of replies_
  void KeepData(std::string& reply);
  const std::string& last() const { return replies_.back().reply; }
  void Call(bool to_end);

  const Options options_;
  DriverLine& line_;
  std::vector<DriverReply> replies_;
  std::string received_;
  int port_ = 0;
  Standing standing_ = Standing::kAbsent;
  bool over_ = false;      // nothing more of the script is asked, but what ends the connection
  std::vector<int> tags_;  // of replies_
  size_t receiving_ = 0;   // the request of kReceiveLater
  std::vector<pid_t> spawned_;
  size_t called_ = 0;  // how often
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_RUN_DRIVER_CONVERSATION_H_
