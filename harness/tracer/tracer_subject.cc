// What a tracer meets: each argument names one thing that a program may do. Exits with 0 if all went as it does
// untraced.
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#define CHECK(condition)                                                                     \
  do {                                                                                       \
    if (!(condition)) {                                                                      \
      fprintf(stderr, "line %d: %s does not hold, errno %d\n", __LINE__, #condition, errno); \
      _exit(1);                                                                              \
    }                                                                                        \
  } while (0)

extern char** environ;

namespace {

struct Pair {
  Pair() { CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0); }
  int fds[2];
};

void CloseBoth(const Pair& pair) {
  CHECK(close(pair.fds[0]) == 0);
  CHECK(close(pair.fds[1]) == 0);
}

void PassAByte(const Pair& pair) {
  char byte = 1;
  CHECK(send(pair.fds[0], &byte, 1, 0) == 1);
  CHECK(recv(pair.fds[1], &byte, 1, 0) == 1);
}

int Threads() {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([] {
      for (int round = 0; round < 50; ++round) {
        const Pair pair;
        PassAByte(pair);
        CloseBoth(pair);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return 0;
}

// Until the process is in that state (proc(5)): 'S' waits in a call, 'Z' has left.
void AwaitState(pid_t pid, char state) {
  char path[32], line[256];
  snprintf(path, sizeof(path), "/proc/%d/stat", pid);
  for (char found = 0; found != state; sched_yield()) {
    FILE* file = fopen(path, "r");
    CHECK(file != nullptr && fgets(line, sizeof(line), file) != nullptr);
    fclose(file);
    const char* name_ends = strrchr(line, ')');
    CHECK(name_ends != nullptr);
    found = name_ends[2];
  }
}

int AwaitChild(pid_t child) {
  int status = 0;
  CHECK(child > 0);
  CHECK(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int Vfork(char** argv) {
  const Pair pair;
  const pid_t child = vfork();
  if (child == 0) {
    execl(argv[0], argv[0], "nothing", nullptr);
    _exit(9);
  }
  CHECK(AwaitChild(child) == 0);
  CloseBoth(pair);
  return 0;
}

int Spawn(char** argv) {
  char* arguments[] = {argv[0], const_cast<char*>("nothing"), nullptr};
  pid_t child = 0;
  CHECK(posix_spawn(&child, argv[0], nullptr, nullptr, arguments, environ) == 0);
  CHECK(AwaitChild(child) == 0);
  return 0;
}

// A process that shares the table of descriptors: what it closes is closed here, too.
int SharedFiles() {
  static Pair pair;
  constexpr size_t kStack = 64 * 1024;
  char* stack = static_cast<char*>(mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  const auto closes = [](void*) { return close(pair.fds[0]); };
  CHECK(AwaitChild(clone(closes, stack + kStack, CLONE_FILES | SIGCHLD, nullptr)) == 0);
  CHECK(close(pair.fds[0]) == -1 && errno == EBADF);
  CHECK(close(pair.fds[1]) == 0);
  return 0;
}

int ExecFromThread(char** argv) {
  std::thread([argv] { execl(argv[0], argv[0], "plain", nullptr); }).join();
  return 9;
}

// Each child has a copy of a table that another thread is just changing.
int ForkAmongChanges() {
  std::atomic<bool> ends{false};
  std::thread changes([&ends] {
    while (!ends) CloseBoth(Pair());
  });
  for (int i = 0; i < 100; ++i) {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    CHECK(AwaitChild(child) == 0);
  }
  ends = true;
  changes.join();
  return 0;
}

int Plain() {
  const Pair pair;
  PassAByte(pair);
  CloseBoth(pair);
  return 0;
}

int Processors() {
  cpu_set_t set;
  CHECK(sched_getaffinity(0, sizeof(set), &set) == 0);
  const int before = CPU_COUNT(&set);
  CloseBoth(Pair());
  CHECK(sched_getaffinity(0, sizeof(set), &set) == 0);
  printf("%d %d\n", before, CPU_COUNT(&set));
  return 0;
}

int GroupStop() {
  const pid_t child = fork();
  if (child == 0) {
    raise(SIGSTOP);
    _exit(Plain());
  }
  int status = 0;
  CHECK(waitpid(child, &status, WUNTRACED) == child);
  CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
  CHECK(kill(child, SIGCONT) == 0);
  return AwaitChild(child);
}

volatile sig_atomic_t signals_seen = 0;

void CountSignals(int signal, int flags) {
  struct sigaction action = {};
  action.sa_handler = [](int) { signals_seen = signals_seen + 1; };
  action.sa_flags = flags;
  CHECK(sigaction(signal, &action, nullptr) == 0);
}

void StartTimer(int flags) {
  CountSignals(SIGALRM, flags);
  const itimerval every = {{0, 1000}, {0, 1000}};
  CHECK(setitimer(ITIMER_REAL, &every, nullptr) == 0);
}

// One receive, which three signals interrupt, and which the kernel makes again each time.
int Restarted() {
  const Pair pair;
  const pid_t parent = getpid();
  CountSignals(SIGUSR1, SA_RESTART);
  const pid_t child = fork();
  if (child == 0) {
    for (int i = 0; i < 3; ++i) {
      AwaitState(parent, 'S');
      CHECK(kill(parent, SIGUSR1) == 0);
    }
    AwaitState(parent, 'S');
    _exit(write(pair.fds[0], "x", 1) == 1 ? 0 : 1);
  }
  char byte;
  CHECK(recv(pair.fds[1], &byte, 1, 0) == 1);
  CHECK(signals_seen == 3);
  CHECK(AwaitChild(child) == 0);
  CloseBoth(pair);
  return 0;
}

int ReallyInterrupted() {
  const Pair pair;
  StartTimer(0);
  char byte;
  CHECK(recv(pair.fds[1], &byte, 1, 0) == -1 && errno == EINTR);
  const itimerval never = {};
  CHECK(setitimer(ITIMER_REAL, &never, nullptr) == 0);
  CloseBoth(pair);
  return 0;
}

// A receive that waits, and that no signal of ours interrupts: only the tracer can. The second one has what it waits
// for.
int Waits() {
  const Pair pair;
  char byte;
  CHECK(recv(pair.fds[1], &byte, 1, 0) == -1 && errno == EINTR);
  PassAByte(pair);
  pollfd entry = {pair.fds[1], POLLIN, 0};
  CHECK(poll(&entry, 1, -1) == -1 && errno == EINTR);
  CHECK(send(pair.fds[0], "x", 1, 0) == 1);
  CHECK(poll(&entry, 1, -1) == 1);
  CHECK(recv(pair.fds[1], &byte, 1, 0) == 1 && byte == 'x');
  CloseBoth(pair);
  return 0;
}

// The next call comes from the same instruction, at the same height of the stack, and is another one all the same.
int InterruptedThenAnother() {
  const Pair first, second;
  CHECK(send(second.fds[0], "x", 1, 0) == 1);
  StartTimer(0);
  char byte;
  for (const Pair* pair : {&first, &first, &second}) {
    const ssize_t received = recv(pair->fds[1], &byte, 1, 0);
    CHECK(pair == &second ? received == 1 : received == -1 && errno == EINTR);
  }
  const itimerval never = {};
  CHECK(setitimer(ITIMER_REAL, &never, nullptr) == 0);
  CloseBoth(first);
  CloseBoth(second);
  return 0;
}

int value_seen = 0;

int Signals() {
  struct sigaction action = {};
  action.sa_sigaction = [](int, siginfo_t* info, void*) { value_seen = info->si_value.sival_int; };
  action.sa_flags = SA_SIGINFO;
  CHECK(sigaction(SIGUSR1, &action, nullptr) == 0);
  sigval value = {};
  value.sival_int = 4711;
  CHECK(sigqueue(getpid(), SIGUSR1, value) == 0);
  CHECK(value_seen == 4711);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  CHECK(sigprocmask(SIG_BLOCK, &set, nullptr) == 0);
  CHECK(raise(SIGUSR2) == 0);
  int signal = 0;
  CHECK(sigwait(&set, &signal) == 0 && signal == SIGUSR2);
  return 0;
}

int KilledInReceive() {
  const Pair pair;
  const pid_t child = fork();
  if (child == 0) {
    char byte;
    recv(pair.fds[0], &byte, 1, 0);
    _exit(9);
  }
  AwaitState(child, 'S');
  CHECK(kill(child, SIGKILL) == 0);
  CHECK(AwaitChild(child) == 128 + SIGKILL);
  CloseBoth(pair);
  return 0;
}

int ForeignCalls() {
#if defined(__x86_64__)
  long result = 20;  // getpid of i386
  asm volatile("int $0x80" : "+a"(result) : : "memory");
  CHECK(result == getpid() || result == -ENOSYS);
  (void)syscall(0x40000000 | SYS_getpid);
#endif
  return 0;
}

int Ptraces() {
  CHECK(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == -1 && errno == EPERM);
  return Plain();
}

int IoUring() { return syscall(SYS_io_uring_setup, 8, nullptr) == -1 && errno == ENOSYS ? 0 : 1; }

int Inline() {
  const Pair pair;
#if defined(__x86_64__)
  for (const int fd : pair.fds) {
    long result = SYS_close;
    asm volatile("syscall" : "+a"(result) : "D"(fd) : "rcx", "r11", "memory");
    CHECK(result == 0);
  }
#else
  CloseBoth(pair);
#endif
  return 0;
}

#if defined(__x86_64__)
// Whatever became of the call, the kernel leaves all registers but the result's, rcx and r11 as they were.
long CallKeepingRegisters(long number, long first, long second, long third) {
  long rdi = first, rsi = second, rdx = third, rbx = 0x11;
  register long r10 asm("r10") = 0;
  register long r8 asm("r8") = 0;
  register long r9 asm("r9") = 0;
  register long r12 asm("r12") = 0x12;
  asm volatile("syscall"
               : "+a"(number), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+b"(rbx), "+r"(r10), "+r"(r8), "+r"(r9), "+r"(r12)
               :
               : "rcx", "r11", "memory");
  const bool kept =
      rdi == first && rsi == second && rdx == third && rbx == 0x11 && r10 == 0 && r8 == 0 && r9 == 0 && r12 == 0x12;
  CHECK(kept);
  return number;
}
#endif

int RegistersKept() {
#if defined(__x86_64__)
  const Pair pair;
  char bytes[] = "12345678";
  iovec parts[] = {{bytes, 4}, {bytes, 4}};
  msghdr message = {};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  CallKeepingRegisters(SYS_sendto, pair.fds[0], reinterpret_cast<long>(bytes), 8);
  CallKeepingRegisters(SYS_sendmsg, pair.fds[0], reinterpret_cast<long>(&message), 0);
  CallKeepingRegisters(SYS_recvfrom, pair.fds[1], reinterpret_cast<long>(bytes), 8);
  CallKeepingRegisters(SYS_close, pair.fds[0], 0x22, 0x33);
  CallKeepingRegisters(SYS_close, pair.fds[1], 0x22, 0x33);
#endif
  return 0;
}

int Stdio() {
  const Pair pair;
  FILE* stream = fdopen(pair.fds[0], "w");
  CHECK(stream != nullptr && fputs("words", stream) >= 0);
  CHECK(fclose(stream) == 0);
  char words[8] = {};
  CHECK(read(pair.fds[1], words, sizeof(words)) == 5 && strcmp(words, "words") == 0);
  CHECK(close(pair.fds[1]) == 0);
  return 0;
}

int Poisoned() {
  const Pair pair;
  void* volatile nowhere = reinterpret_cast<void*>(8);
  CHECK(fcntl(pair.fds[0], 0x7fff) == -1);
  CHECK(recv(pair.fds[0], nowhere, 10, MSG_DONTWAIT) == -1);
  CHECK(recvmsg(pair.fds[0], static_cast<msghdr*>(nowhere), MSG_DONTWAIT) == -1 && errno == EFAULT);
  CHECK(writev(pair.fds[0], static_cast<iovec*>(nowhere), 2) == -1 && errno == EFAULT);
  CHECK(setsockopt(pair.fds[0], SOL_SOCKET, SO_RCVBUF, nowhere, 4) == -1 && errno == EFAULT);
  CloseBoth(pair);
  return 0;
}

// Several threads that leave by themselves, the first one before the others: the last one out ends the process.
int LastThreadOut() {
  static Pair pair;
  std::thread([] { AwaitState(getpid(), 'Z'); }).detach();
  syscall(SYS_exit, 0);
  return 9;
}

int Run(const char* what, char** argv) {
  const struct {
    const char* name;
    int (*run)();
  } kAll[] = {{"nothing", [] { return 0; }},
              {"plain", Plain},
              {"processors", Processors},
              {"threads", Threads},
              {"shared-files", SharedFiles},
              {"group-stop", GroupStop},
              {"restarted", Restarted},
              {"really-interrupted", ReallyInterrupted},
              {"waits", Waits},
              {"interrupted-then-another", InterruptedThenAnother},
              {"fork-among-changes", ForkAmongChanges},
              {"signals", Signals},
              {"killed", KilledInReceive},
              {"foreign", ForeignCalls},
              {"ptraces", Ptraces},
              {"io-uring", IoUring},
              {"inline", Inline},
              {"stdio", Stdio},
              {"registers", RegistersKept},
              {"poisoned", Poisoned},
              {"last-thread-out", LastThreadOut}};
  for (const auto& one : kAll) {
    if (strcmp(what, one.name) == 0) return one.run();
  }
  if (strcmp(what, "vfork") == 0) return Vfork(argv);
  if (strcmp(what, "spawn") == 0) return Spawn(argv);
  if (strcmp(what, "exec-from-thread") == 0) return ExecFromThread(argv);
  fprintf(stderr, "tracer_subject: no '%s'\n", what);
  return 2;
}

}  // namespace

int main(int argc, char** argv) { return argc == 2 ? Run(argv[1], argv) : 2; }
