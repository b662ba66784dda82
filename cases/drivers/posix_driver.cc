// A driver for POSIX sockets.
#include "cases/drivers/driver_main.h"
#include "cases/drivers/posix_library.h"
#include "harness/sys/kernel_sys.h"

int main() {
  lastack::KernelSys sys;
  lastack::PosixLibrary library(sys);
  return lastack::DriverMain(library);
}
