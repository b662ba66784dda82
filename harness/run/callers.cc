#include "harness/run/callers.h"

#include <algorithm>
#include <utility>

#include "harness/peer/signals_blocked.h"
#include "harness/run/await.h"

namespace lastack {

Callers::~Callers() { (void)Stop(absl::ZeroDuration()); }

void Callers::Call(const Script& script) {
  Caller::Options options;
  options.start_ns = start_ns_;
  options.connection_timeout = absl::InfiniteDuration();  // until Stop
  calls_.push_back(std::make_unique<Running>(server_, options));
  Running* const call = calls_.back().get();
  const SignalsBlocked blocked;
  call->thread = std::thread([call, script, index = calls_.size() - 1] {
    call->records = call->caller.Play({script});
    for (ConnectionRecord& record : call->records) record.script = index;
    call->over = true;
  });
}

bool Callers::AwaitLast(const Deadline& deadline) const {
  return calls_.empty() || Await(deadline, [this] { return calls_.back()->over.load(); });
}

std::vector<ConnectionRecord> Callers::Stop(absl::Duration patience) {
  Await(Deadline(patience), [this] {
    return std::all_of(calls_.begin(), calls_.end(),
                       [](const std::unique_ptr<Running>& call) { return call->over.load(); });
  });
  std::vector<ConnectionRecord> records;
  for (const std::unique_ptr<Running>& call : calls_) {
    call->caller.Stop();
    call->thread.join();
    records.insert(records.end(), call->records.begin(), call->records.end());
  }
  calls_.clear();
  return records;
}

}  // namespace lastack
