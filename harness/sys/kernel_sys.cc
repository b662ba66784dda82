#include "harness/sys/kernel_sys.h"

#include <errno.h>

namespace lastack {

namespace {

SysResult Captured(ssize_t value) { return {value, value == -1 ? errno : 0}; }

}  // namespace

KernelSys& KernelSys::Instance() {
  static KernelSys instance;
  return instance;
}

#define LASTACK_SYS_API_CALL(name, parameters, arguments) \
  SysResult KernelSys::name parameters { return Captured(::name arguments); }
#include "harness/sys/sys_api_calls.inc"

}  // namespace lastack
