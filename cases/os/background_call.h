// A call in a thread of its own, of which a witness sees whether it waits.
//
//   BackgroundCall closing(witness, [&] { return sys.close(fd); });
//   const bool waited = closing.SeenWaiting();
//   ... whatever lets it return ...
//   const Timed closed = closing.Join();
//
// Threads: used by the one that made it. Signals: none. Allocates.
#ifndef LASTACK_CASES_OS_BACKGROUND_CALL_H_
#define LASTACK_CASES_OS_BACKGROUND_CALL_H_

#include <pthread.h>

#include <atomic>
#include <functional>
#include <thread>

#include "cases/os/witness.h"

namespace lastack::os {

class BackgroundCall {
 public:
  BackgroundCall(Witness& witness, std::function<SysResult()> call);
  ~BackgroundCall();

  // True as soon as the thread waits in the call, false if the call returned instead.
  [[nodiscard]] bool SeenWaiting();
  [[nodiscard]] bool returned() const { return returned_.load(); }
  // Waits until it has returned; false after a while.
  [[nodiscard]] bool AwaitReturn();
  // For pthread_kill.
  pthread_t thread() { return thread_.native_handle(); }
  // Waits for as long as it takes.
  Timed Join();

 private:
  Witness& witness_;
  std::atomic<pid_t> id_{0};
  std::atomic<bool> returned_{false};
  Timed timed_{{-1, 0}, 0};
  std::thread thread_;  // last: it uses the others
};

}  // namespace lastack::os

#endif  // LASTACK_CASES_OS_BACKGROUND_CALL_H_
