// SysApi that passes every call on to another one. A subclass that overrides one call is the other, odd in one way:
//
//   class NeverCloses : public SysDecorator {
//    public:
//     using SysDecorator::SysDecorator;
//     SysResult close(int) override { return {0, 0}; }
//   };
//   NeverCloses on_the_kernel;              NeverCloses on_a_fake(network);
//
// Threads, signals: as the other one. Allocation: none.
#ifndef LASTACK_HARNESS_SYS_SYS_DECORATOR_H_
#define LASTACK_HARNESS_SYS_SYS_DECORATOR_H_

#include "harness/sys/kernel_sys.h"
#include "harness/sys/sys_api.h"

namespace lastack {

class SysDecorator : public SysApi {
 public:
  // `inner` must outlive this object.
  explicit SysDecorator(SysApi& inner = KernelSys::Instance()) : inner_(inner) {}

#define LASTACK_SYS_API_CALL(name, parameters, arguments) \
  SysResult name parameters override { return inner_.name arguments; }
#include "harness/sys/sys_api_calls.inc"

 private:
  SysApi& inner_;
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_SYS_SYS_DECORATOR_H_
