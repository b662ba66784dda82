// The next definition of every call of the table: libc's, or that of another preloaded library.
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

namespace lastack {

struct Real {
#define LASTACK_CALL(name, result, parameters, ...) result(*name) parameters;
#include "harness/sys/syscalls.inc"
  long (*syscall)(long, ...);
};

extern Real real;

}  // namespace lastack

#endif  // LASTACK_HARNESS_AGENT_REAL_H_
