// The next definition of every call of the table: libc's, or that of another preloaded library.
//
//   return real.close(fd);
//
// Each is looked for when it is first used, for a program uses few of them: to find them all at start took as long as
// to load a library. A call that nobody defines, as in an older libc, fails with ENOSYS.
//
// Threads, signal handlers: safe. Allocation: none. errno: the call's own.
#ifndef LASTACK_HARNESS_AGENT_REAL_H_
#define LASTACK_HARNESS_AGENT_REAL_H_

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <linux/sched.h>

#include "harness/sys/calls.h"

namespace lastack {

struct Real {
#define LASTACK_CALL(name, result, parameters, ...) result(*name) parameters;
#include "harness/sys/syscalls.inc"
  long (*syscall)(long number, long a, long b, long c, long d, long e, long f);
};

extern Real real;

// Finds the next definition of a call that a fault is about to stand in for: without it, whose it is might never be
// known.
void LookUp(Call call);

// To be defined by whoever links this: a library that is not libc defines a call that faults can hit, as the next.
void FoundOutsideLibc(const char* call, const char* library);

// For the start of a process, while it has one thread: ends the search at the libraries that are loaded now, and finds
// at once what could be found later only by a lock.
void PrepareRealCalls();

}  // namespace lastack

#endif  // LASTACK_HARNESS_AGENT_REAL_H_
