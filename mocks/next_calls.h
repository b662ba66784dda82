// The definitions behind the ones that ScopedInterposition puts into this executable: libc's, or a sanitizer's.
//
//   NextCalls::Get().close(fd);         // really
//
// In a static executable there is none behind: then these are the kernel's own calls, so that the program gets as far
// as to say what is wrong with it. Threads, signals: safe. Allocates nothing after the start.
#ifndef LASTACK_MOCKS_NEXT_CALLS_H_
#define LASTACK_MOCKS_NEXT_CALLS_H_

#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>

#include <atomic>

#include "harness/sys/calls.h"
#include "harness/sys/sys_api.h"

namespace lastack {

struct NextCalls {
#define LASTACK_INTERPOSED_CALL(name, result, parameters, ...) result(*name) parameters;
#define LASTACK_INTERPOSED_TIME_CALL(name, result, parameters, ...) result(*name) parameters;
#include "mocks/interposed_calls.inc"
  long (*syscall)(long number, ...);

  static const NextCalls& Get() {
    if (!found_.load(std::memory_order_acquire)) Find();
    return calls_;
  }

 private:
  static void Find();

  static NextCalls calls_;
  static std::atomic<bool> found_;
};

}  // namespace lastack

#endif  // LASTACK_MOCKS_NEXT_CALLS_H_
