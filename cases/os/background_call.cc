#include "cases/os/background_call.h"

#include <sched.h>
#include <unistd.h>

#include <utility>

// os/close-ends-blocked-call closes a descriptor in whose use another thread is: ThreadSanitizer rightly calls that a
// race, and it is what the claim is about.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() { return "race:lastack::os::BackgroundCall\n"; }
#endif
#endif

namespace lastack::os {

BackgroundCall::BackgroundCall(Witness& witness, std::function<SysResult()> call)
    : witness_(witness), thread_([this, call = std::move(call)] {
        const uint64_t start_ns = witness_.NowNs();
        id_ = gettid();
        timed_.result = call();
        timed_.ms = static_cast<double>(witness_.NowNs() - start_ns) / 1e6;
        returned_ = true;
      }) {}

BackgroundCall::~BackgroundCall() {
  if (thread_.joinable()) thread_.join();
}

bool BackgroundCall::SeenWaiting() {
  while (!returned_) {
    if (id_ != 0 && witness_.IsWaiting(id_)) return true;
    sched_yield();
  }
  return false;
}

bool BackgroundCall::AwaitReturn() {
  const uint64_t end_ns = witness_.PatientUntilNs();
  while (!returned_ && witness_.NowNs() < end_ns) sched_yield();
  return returned_;
}

Timed BackgroundCall::Join() {
  thread_.join();
  return timed_;
}

}  // namespace lastack::os
