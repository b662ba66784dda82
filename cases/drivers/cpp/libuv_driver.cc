// A driver for libuv.
#include <signal.h>

#include "cases/drivers/cpp/libuv_library.h"
#include "cases/drivers/driver_main.h"

int main() {
  signal(SIGPIPE, SIG_IGN);  // left to the program, say libuv's authors
  return lastack::DriverMain(*lastack::MakeLibuv());
}
