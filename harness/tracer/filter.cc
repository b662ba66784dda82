#include "harness/tracer/filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#include <set>

#include "harness/sys/calls.h"

namespace lastack {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kNativeArchitecture = AUDIT_ARCH_X86_64;
constexpr uint32_t kFirstForeignNumber = 0x40000000;  // x32
#elif defined(__aarch64__)
constexpr uint32_t kNativeArchitecture = AUDIT_ARCH_AARCH64;
constexpr uint32_t kFirstForeignNumber = UINT32_MAX;
#endif

std::set<uint32_t> StoppingNumbers() {
  // A restarted poll comes back under a number of its own; the last thread of a process may leave it by exit(2).
  std::set<uint32_t> numbers = {SYS_restart_syscall, SYS_exit};
  for (size_t i = 0; i < kCallCount; ++i) {
    if (const long number = NumberOf(static_cast<Call>(i)); number >= 0) numbers.insert(static_cast<uint32_t>(number));
  }
  return numbers;
}

}  // namespace

std::vector<sock_filter> TracerFilter() {
  const std::set<uint32_t> numbers = StoppingNumbers();
  std::vector<sock_filter> filter = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kNativeArchitecture, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | kForeignCall),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kFirstForeignNumber, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | kForeignCall),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
  };
  auto left = static_cast<uint8_t>(numbers.size());
  for (const uint32_t number : numbers) filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, left--, 0));
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE));
  return filter;
}

}  // namespace lastack
