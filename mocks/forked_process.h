// A process with copies of another's descriptors, as after fork(2): the kernel's, or one of a fake network.
//
//   const std::unique_ptr<ForkedProcess> child = ForkOf(network, [&](SysApi& sys) { return sys.close(fd); });
//   EXPECT_TRUE(child->Call().ok());
//   child->Exit();
//
// For tests of what processes share that have one body for both. Threads: with the kernel's, none besides. Allocates.
#ifndef LASTACK_MOCKS_FORKED_PROCESS_H_
#define LASTACK_MOCKS_FORKED_PROCESS_H_

#include <functional>
#include <memory>

#include "harness/sys/sys_api.h"
#include "mocks/fake_process.h"

namespace lastack {

class ForkedProcess {
 public:
  virtual ~ForkedProcess() = default;  // as Exit
  // Makes the call that it was given.
  virtual SysResult Call() = 0;
  // Ends without having closed anything. It has ended when this returns.
  virtual void Exit() = 0;
};

using CallOfChild = std::function<SysResult(SysApi& sys)>;

[[nodiscard]] std::unique_ptr<ForkedProcess> ForkOfThisProcess(const CallOfChild& call);
// The parent's network must outlive it.
[[nodiscard]] std::unique_ptr<ForkedProcess> ForkOf(FakeProcess& parent, CallOfChild call);

}  // namespace lastack

#endif  // LASTACK_MOCKS_FORKED_PROCESS_H_
