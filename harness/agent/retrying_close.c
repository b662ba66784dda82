// A library of a subject's that defines close(2) itself, and makes it again when it was interrupted: what no program that
// calls it would do by itself.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>

int close(int fd) {
  int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "close");
  int result = 0;
  do {
    result = next(fd);
  } while (result == -1 && errno == EINTR);
  return result;
}
