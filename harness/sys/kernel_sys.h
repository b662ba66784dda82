// SysApi on the real calls: each method is the C function of its name, called as any program calls it.
//
//   SysResult fd = KernelSys::Instance().socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
//
// A subclass that overrides one call is a program that is odd in exactly one way; cases/known_bad is made of these.
//
// Threads, signals: as the calls. Allocation: none. errno: as the calls leave it.
#ifndef LASTACK_HARNESS_SYS_KERNEL_SYS_H_
#define LASTACK_HARNESS_SYS_KERNEL_SYS_H_

#include "harness/sys/sys_api.h"

namespace lastack {

class KernelSys : public SysApi {
 public:
  // One for all: it has no state.
  static KernelSys& Instance();

#define LASTACK_SYS_API_CALL(name, parameters, arguments) SysResult name parameters override;
#include "harness/sys/sys_api_calls.inc"
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_SYS_KERNEL_SYS_H_
