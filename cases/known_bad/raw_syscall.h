// A system call by an instruction of the program's own, as Go and static programs make it: nothing that is preloaded
// sees it. Returns the result, or -errno. Threads, signals: safe. Allocation: none. errno: untouched.
#ifndef LASTACK_CASES_KNOWN_BAD_RAW_SYSCALL_H_
#define LASTACK_CASES_KNOWN_BAD_RAW_SYSCALL_H_

namespace lastack {

inline long RawSyscall(long number, long first, long second, long third) {
#if defined(__x86_64__)
  long result;
  asm volatile("syscall" : "=a"(result) : "a"(number), "D"(first), "S"(second), "d"(third) : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = first;
  register long x1 asm("x1") = second;
  register long x2 asm("x2") = third;
  asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
  return x0;
#else
#error "no system call instruction known for this architecture"
#endif
}

}  // namespace lastack

#endif  // LASTACK_CASES_KNOWN_BAD_RAW_SYSCALL_H_
