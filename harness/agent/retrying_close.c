// A library of a subject's that defines close(2) itself, and makes it again when it was interrupted: what no program
// that calls it would do by itself.
#define _GNU_SOURCE
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

int close(int fd) {
  int result = 0;
  do {
    result = (int)syscall(SYS_close, fd);
  } while (result == -1 && errno == EINTR);
  return result;
}
