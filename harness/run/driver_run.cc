#include "harness/run/driver_run.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "harness/peer/deadline.h"
#include "harness/peer/signals_blocked.h"
#include "harness/run/await.h"
#include "harness/run/descendants.h"

namespace lastack {

DriverRun::~DriverRun() {
  if (thread_.joinable()) (void)Finish();
}

uint64_t DriverRun::Now() { return MonotonicNs() - options_.start_ns; }

void DriverRun::Start() {
  channel_.CloseDriverEnds();
  const SignalsBlocked blocked;
  thread_ = std::thread([this] { Conduct(); });
}

DriverRun::Outcome DriverRun::Finish() {
  ended_ = true;
  if (thread_.joinable()) thread_.join();
  outcome_.replies = std::move(conversation_.replies());
  outcome_.received = std::move(conversation_.received());
  outcome_.port = conversation_.port();
  outcome_.noise = channel_.noise();
  if (callers_ != nullptr) outcome_.calls = callers_->Stop(options_.quiet_timeout);
  return std::move(outcome_);
}

void DriverRun::Conduct() {
  if (!conversation_.Hello()) return;
  outcome_.life.ready_ns = conversation_.replies().back().replied_ns;
  if (!conversation_.Play()) return;
  AwaitQuiet();
  EndSpawned();
  outcome_.life.stop_ns = Now();
  conversation_.Quit();
}

void DriverRun::Listens(const Endpoint& at) {
  if (callers_ == nullptr) callers_ = std::make_unique<Callers>(at, options_.start_ns);
}

void DriverRun::Call(const Script& script, bool to_end) {
  callers_->Call(script);
  if (to_end) callers_->AwaitLast(Deadline(options_.quiet_timeout));
}

void DriverRun::AwaitQuiet() {
  const bool at_once = conversation_.quits_at_once();
  const bool looks_at_peer = !conversation_.spawned().empty() && options_.unended != nullptr;
  const auto is_quiet = [&] { return ended_ || (options_.quiet() && (!looks_at_peer || options_.unended() == 0)); };
  // As in ServerRun: the barrier lies between two looks.
  lastack::Await(Deadline(at_once ? absl::ZeroDuration() : options_.quiet_timeout), [&] {
    const bool quiet = is_quiet();
    outcome_.life.quiet_ns = Now();
    return quiet && is_quiet();
  });
  if (looks_at_peer) outcome_.life.unended = options_.unended();
  for (const ProcessEntry& process : LivingDescendants(getpid())) outcome_.life.alive.push_back(process.pid);
}

// Not a stranger whose number the driver told: only what descends from us.
void DriverRun::EndSpawned() {
  const std::vector<pid_t>& told = conversation_.spawned();
  for (const ProcessEntry& process : LivingDescendants(getpid())) {
    const bool spawned = std::find(told.begin(), told.end(), process.pid) != told.end();
    if (spawned) SignalProcess(process, SIGKILL);
  }
}

}  // namespace lastack
