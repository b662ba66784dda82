#include "harness/run/server_run.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>
#include <utility>

#include "absl/status/status.h"
#include "harness/peer/deadline.h"
#include "harness/peer/loopback.h"
#include "harness/peer/signals_blocked.h"
#include "harness/peer/socket_table.h"
#include "harness/run/await.h"
#include "harness/run/descendants.h"

namespace lastack {

// Many servers listen on all addresses: no connection at any of them, be it in TIME_WAIT, may have the port.
absl::StatusOr<Endpoint> FreePort(const std::string& address) {
  absl::StatusOr<sockaddr_in> name = LoopbackAddress(address);
  if (!name.ok()) return name.status();
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in everywhere = *name;
  everywhere.sin_addr.s_addr = htonl(INADDR_ANY);
  socklen_t size = sizeof(everywhere);
  const bool bound = probe >= 0 && bind(probe, reinterpret_cast<sockaddr*>(&everywhere), size) == 0 &&
                     getsockname(probe, reinterpret_cast<sockaddr*>(&everywhere), &size) == 0;
  const int error = errno;
  if (probe >= 0) close(probe);
  if (!bound) return absl::ErrnoToStatus(error, "no free port for the server");
  name->sin_port = everywhere.sin_port;
  return EndpointOf(*name);
}

ServerRun::~ServerRun() {
  if (thread_.joinable()) (void)Finish();
}

uint64_t ServerRun::Now() const { return MonotonicNs() - options_.caller.start_ns; }

void ServerRun::Start() {
  const SignalsBlocked blocked;
  thread_ = std::thread([this] { Conduct(); });
}

SubjectLife ServerRun::Finish() {
  ended_ = true;
  caller_.Stop();
  if (thread_.joinable()) thread_.join();
  return std::move(life_);
}

void ServerRun::Conduct() {
  if (AwaitListening()) {
    life_.ready_ns = Now();
    records_ = caller_.Play(options_.scripts);
    AwaitQuiet();
    caller_.EndHeld(&records_);
  }
  Stop();
}

bool ServerRun::AwaitListening() {
  bool listening = false;
  Await(Deadline(options_.ready_timeout), [&] {
    const absl::StatusOr<bool> found = IsListening(options_.server);
    listening = found.ok() && *found;
    return listening || ended_;
  });
  return listening;
}

void ServerRun::AwaitQuiet() {
  // The barrier lies between two looks: what changes hands during one of them, the other sees.
  Await(Deadline(options_.quiet_timeout), [this] {
    const bool quiet = ended_ || options_.quiet();
    if (life_.quiet_ns == 0 || !ended_) life_.quiet_ns = Now();
    return quiet && (ended_ || options_.quiet());
  });
  const absl::StatusOr<bool> listening = IsListening(options_.server);
  life_.listening = listening.ok() && *listening;
  for (const ProcessEntry& process : LivingDescendants(getpid())) life_.alive.push_back(process.pid);
}

// Whoever is not ours to reap gets the signal, or is waited for, by its parent.
void ServerRun::Stop() {
  const pid_t self = getpid();
  std::set<std::pair<pid_t, uint64_t>> told;
  const auto tell = [&](int signal) {
    for (const ProcessEntry& process : LivingDescendants(self)) {
      if (signal == SIGKILL) {
        SignalProcess(process, signal);
      } else if (process.parent == self && told.emplace(process.pid, process.start_ticks).second) {
        if (life_.stop_ns == 0) life_.stop_ns = Now();
        SignalProcess(process, signal);
      }
    }
    return ended_.load();
  };
  if (Await(Deadline(options_.stop_timeout), [&] { return tell(options_.stop_signal); })) return;
  life_.killed = true;
  Await(Deadline(options_.stop_timeout), [&] { return tell(SIGKILL); });
}

}  // namespace lastack
