// The definitions that stand before libc's in this executable: interposed::close is the symbol `close`. They are C++
// functions with C's symbols, so that libc's own declarations do not matter; variadic calls have the fixed parameters
// of the table, which are passed in the same places on the architectures that we know.
#ifndef LASTACK_MOCKS_INTERPOSED_CALLS_H_
#define LASTACK_MOCKS_INTERPOSED_CALLS_H_

#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>

#include "harness/sys/calls.h"
#include "harness/sys/sys_api.h"

namespace lastack::interposed {

// Visible whatever the compiler's default is: hidden ones would stand before nobody's.
#define LASTACK_INTERPOSED_CALL(name, result, parameters, ...) \
  __attribute__((visibility("default"))) result name parameters __asm__(#name);
#define LASTACK_INTERPOSED_TIME_CALL LASTACK_INTERPOSED_CALL
#include "mocks/interposed_calls.inc"

#define LASTACK_CHECKED_ALIAS(alias, name, result, parameters, ...) \
  __attribute__((visibility("default"))) result alias parameters __asm__(#alias);
#include "harness/sys/syscalls.inc"

__attribute__((visibility("default"))) long syscall(long number, long a, long b, long c, long d, long e,
                                                    long f) __asm__("syscall");

}  // namespace lastack::interposed

#endif  // LASTACK_MOCKS_INTERPOSED_CALLS_H_
