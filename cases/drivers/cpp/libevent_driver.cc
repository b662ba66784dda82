// A driver for libevent's bufferevents.
#include <signal.h>

#include "cases/drivers/cpp/libevent_library.h"
#include "cases/drivers/driver_main.h"

int main() {
  signal(SIGPIPE, SIG_IGN);  // as its samples do
  return lastack::DriverMain(*lastack::MakeLibevent());
}
