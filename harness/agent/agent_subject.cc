// A program that does one thing with sockets, for agent_test: `agent_subject NAME`. It checks what a caller can see
// (results, errno, data, signals) and exits with 0 if all was as it should be; what the agent recorded, the test
// checks.
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "harness/testing/loopback_pair.h"

namespace {

using lastack::ConnectLoopback;
using lastack::LoopbackPair;

#define CHECK(condition)                                                                                        \
  do {                                                                                                          \
    const int error_ = errno;                                                                                   \
    if (!(condition)) {                                                                                         \
      fprintf(stderr, "line %d: %s does not hold (errno %s)\n", __LINE__, #condition, strerrorname_np(error_)); \
      exit(1);                                                                                                  \
    }                                                                                                           \
  } while (false)

int Plain() {
  const LoopbackPair pair = ConnectLoopback();
  errno = ENOANO;  // calls that succeed leave it alone
  CHECK(send(pair.near, "hello", 5, MSG_NOSIGNAL) == 5);
  char buffer[16];
  CHECK(recv(pair.far, buffer, sizeof(buffer), 0) == 5);
  CHECK(shutdown(pair.near, SHUT_WR) == 0);
  CHECK(recv(pair.far, buffer, sizeof(buffer), 0) == 0);
  CHECK(close(pair.near) == 0 && close(pair.far) == 0);
  CHECK(errno == ENOANO);
  CHECK(close(pair.near) == -1 && errno == EBADF);
  return 0;
}

// connect:error=EINTR: the socket is then as after a real interruption. A second connect waits for the first, and
// succeeds.
int ConnectEintr() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  CHECK(bind(listener, generic, size) == 0 && listen(listener, 1) == 0 && getsockname(listener, generic, &size) == 0);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(connect(fd, generic, size) == -1 && errno == EINTR);
  CHECK((fcntl(fd, F_GETFL) & O_NONBLOCK) == 0);
  CHECK(connect(fd, generic, size) == 0);
  CHECK(connect(fd, generic, size) == -1 && errno == EISCONN);
  CHECK(send(fd, "x", 1, 0) == 1);
  return 0;
}

// Nobody listens: the kernel refuses, at once or later. One is closed, the other left to the exit.
int Refused() {
  const int bound = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  CHECK(bind(bound, generic, size) == 0 && getsockname(bound, generic, &size) == 0);
  for (const int nonblocking : {0, static_cast<int>(SOCK_NONBLOCK)}) {
    for (const bool closes : {true, false}) {
      const int fd = socket(AF_INET, SOCK_STREAM | nonblocking, 0);
      CHECK(connect(fd, generic, size) == -1 && (errno == ECONNREFUSED || errno == EINPROGRESS));
      pollfd refused = {.fd = fd, .events = POLLOUT, .revents = 0};
      CHECK(poll(&refused, 1, -1) == 1 && (refused.revents & POLLHUP) != 0);
      CHECK(!closes || close(fd) == 0);
    }
  }
  return 0;
}

// Whether the number is free.
bool IsFree(int fd) { return fcntl(fd, F_GETFD) == -1 && errno == EBADF; }

// close:effect=full:error=EINTR: the error comes, and the socket is released all the same.
int CloseEintr() {
  const LoopbackPair pair = ConnectLoopback();
  CHECK(close(pair.near) == -1 && errno == EINTR);
  CHECK(IsFree(pair.near));
  char byte;
  CHECK(recv(pair.far, &byte, 1, 0) == 0);  // the FIN went
  return 0;
}

// close:effect=skip:error=EINTR: the error comes, and the socket is open.
int CloseSkipped() {
  const LoopbackPair pair = ConnectLoopback();
  CHECK(close(pair.near) == -1 && errno == EINTR);
  CHECK(send(pair.near, "x", 1, 0) == 1);
  return 0;
}

// close:effect=decoy:error=EINTR: FIN goes; what is done with the number afterwards is answered as for a closed one.
int Decoy() {
  const LoopbackPair pair = ConnectLoopback();
  CHECK(close(pair.near) == -1 && errno == EINTR);
  char byte;
  CHECK(recv(pair.far, &byte, 1, 0) == 0);
  CHECK(send(pair.near, "x", 1, 0) == -1 && errno == EBADF);
  CHECK(close(pair.near) == -1 && errno == EBADF);
  CHECK(IsFree(pair.near));
  return 0;
}

// The decoy's number is given away by calls that the agent sees, or does not see: it must leave the new owner alone.
int DecoyReplaced() {
  const LoopbackPair pair = ConnectLoopback();
  CHECK(close(pair.near) == -1 && errno == EINTR);
  int pipes[2];
  CHECK(pipe(pipes) == 0);
  CHECK(syscall(SYS_close_range, pair.near, pair.near, 0) == 0);
  CHECK(fcntl(pipes[1], F_DUPFD, pair.near) == pair.near);
  CHECK(write(pair.near, "x", 1) == 1);
  char byte = 0;
  CHECK(read(pipes[0], &byte, 1) == 1 && byte == 'x');
  CHECK(close(pair.near) == 0);
  return 0;
}

// %send:effect=partial=3 and %recv:effect=partial=2, on every kind of call: the count is true, and the bytes are moved.
int Partial() {
  const LoopbackPair pair = ConnectLoopback();
  char first[] = "ab";
  char second[] = "cdef";
  iovec parts[] = {{first, 2}, {second, 4}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  CHECK(send(pair.near, "abcdef", 6, 0) == 3);
  CHECK(write(pair.near, "ghijkl", 6) == 3);
  CHECK(writev(pair.near, parts, 2) == 3);
  CHECK(sendmsg(pair.near, &message, 0) == 3);
  CHECK(parts[1].iov_len == 4 && message.msg_iovlen == 2);  // the caller's memory is left alone
  std::string received;
  char buffer[32];
  CHECK(recv(pair.far, buffer, sizeof(buffer), MSG_PEEK) == 12);  // what is only looked at is there
  CHECK(recv(pair.far, buffer, 4, 0) == 4);                       // and is taken as it was seen
  received.assign(buffer, 4);
  while (received.size() < 8) {
    const ssize_t count =
        received.size() < 6 ? recv(pair.far, buffer, sizeof(buffer), 0) : read(pair.far, buffer, sizeof(buffer));
    CHECK(count == 2);
    received.append(buffer, 2);
  }
  char low[8];
  char high[8];
  iovec room[] = {{low, 1}, {high, 8}};
  CHECK(readv(pair.far, room, 2) == 2);
  received += {low[0], high[0]};
  message.msg_iov = room;
  CHECK(recvmsg(pair.far, &message, 0) == 2);
  received += {low[0], high[0]};
  CHECK(received == "abcghiabcabc");
  return 0;
}

// send:error=EPIPE, write:error=EPIPE: the signal comes with the error, unless it is turned off.
int Epipe() {
  const LoopbackPair pair = ConnectLoopback();
  CHECK(send(pair.near, "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
  signal(SIGPIPE, SIG_IGN);
  CHECK(send(pair.near, "x", 1, 0) == -1 && errno == EPIPE);
  signal(SIGPIPE, SIG_DFL);
  send(pair.near, "x", 1, 0);
  return 1;  // not reached
}

// %recv:error=ECONNRESET:when=2.. after a first good one.
int RecvReset() {
  const LoopbackPair pair = ConnectLoopback();
  CHECK(send(pair.far, "ab", 2, 0) == 2);
  char byte;
  CHECK(recv(pair.near, &byte, 1, 0) == 1);
  CHECK(read(pair.near, &byte, 1) == -1 && errno == ECONNRESET);
  CHECK(recv(pair.near, &byte, 1, MSG_DONTWAIT) == -1 && errno == ECONNRESET);
  return 0;
}

int caught = 0;
void Catch(int) { ++caught; }

// recv:error=EINTR:signal=USR1, where the process catches it.
int Interrupted() {
  struct sigaction action {};
  action.sa_handler = Catch;
  sigaction(SIGUSR1, &action, nullptr);
  const LoopbackPair pair = ConnectLoopback();
  char byte;
  CHECK(recv(pair.near, &byte, 1, 0) == -1 && errno == EINTR);
  CHECK(caught == 1);
  return 0;
}

// poll, select and epoll_wait:error=EINTR.
int Waiting() {
  const LoopbackPair pair = ConnectLoopback();
  pollfd one = {pair.near, POLLOUT, 0};
  CHECK(poll(&one, 1, 0) == 1);  // it only looks
  CHECK(poll(&one, 1, -1) == -1 && errno == EINTR);
  fd_set writing;
  FD_ZERO(&writing);
  FD_SET(pair.near, &writing);
  timeval no_time{};
  CHECK(select(pair.near + 1, nullptr, &writing, nullptr, &no_time) == 1);
  FD_SET(pair.near, &writing);
  CHECK(select(pair.near + 1, nullptr, &writing, nullptr, nullptr) == -1 && errno == EINTR);
  const int epoll = epoll_create1(0);
  epoll_event event{};
  event.events = EPOLLOUT;
  CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, pair.near, &event) == 0);
  CHECK(epoll_wait(epoll, &event, 1, 0) == 1);
  CHECK(epoll_wait(epoll, &event, 1, -1) == -1 && errno == EINTR);
  CHECK(poll(&one, 1, -1) == 1 && epoll_wait(epoll, &event, 1, -1) == 1);  // when=1: only once a socket
  return 0;
}

// Past libc's names: by number.
int BySyscall() {
  const int fd = static_cast<int>(syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
  CHECK(fd >= 0);
  CHECK(syscall(SYS_close, fd) == 0);
  CHECK(syscall(SYS_close, fd) == -1 && errno == EBADF);
  return 0;
}

// A child closes its copy, the parent its own; a grandchild is made past libc.
int Forks() {
  const LoopbackPair pair = ConnectLoopback();
  const pid_t child = fork();
  if (child == 0) {
    const long grandchild = syscall(SYS_fork);
    if (grandchild == 0) {
      close(pair.near);
      _exit(0);
    }
    waitpid(static_cast<pid_t>(grandchild), nullptr, 0);
    close(pair.near);
    _exit(0);
  }
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  CHECK(close(pair.near) == 0);
  return 0;
}

// vfork and exec, with an environment that has lost the agent.
int Execs(char* self) {
  const pid_t child = vfork();
  if (child == 0) {
    char name[] = "by-syscall";
    char* argv[] = {self, name, nullptr};
    char* envp[] = {nullptr};
    execve(self, argv, envp);
    _exit(127);
  }
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  return 0;
}

int Threads() {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([] {
      for (int round = 0; round < 200; ++round) {
        const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        CHECK(fd >= 0);
        CHECK(close(fd) == 0);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return 0;
}

// A timer interrupts the agent wherever it is; its handler makes calls, too. Prints how many calls there were.
int SignalStorm() {
  const LoopbackPair pair = ConnectLoopback();
  CHECK(pair.near != 3 || pair.far != 3);
  static volatile int in_handler;
  struct sigaction action {};
  action.sa_handler = [](int) {
    const int error = errno;
    in_handler = in_handler + 1;
    send(4, "", 0, MSG_DONTWAIT | MSG_NOSIGNAL);
    errno = error;
  };
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, nullptr);
  CHECK(pair.near == 4 || pair.far == 4);
  const itimerval every = {{0, 100}, {0, 100}};
  setitimer(ITIMER_REAL, &every, nullptr);
  int calls = 0;
  while (in_handler < 2000) {
    errno = ENOANO;
    CHECK(send(4, "", 0, MSG_DONTWAIT | MSG_NOSIGNAL) == 0);
    CHECK(errno == ENOANO);
    ++calls;
  }
  const itimerval never = {};
  setitimer(ITIMER_REAL, &never, nullptr);
  printf("%d\n", calls + in_handler);
  return 0;
}

int ManyEvents() {
  const LoopbackPair pair = ConnectLoopback();
  for (int i = 0; i < 1000; ++i) CHECK(send(pair.near, "", 0, 0) == 0);
  return 0;
}

// A descriptor's number is closed unseen, and given to another socket.
int ReusedUnseen() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
#if defined(__x86_64__)
  long result;
  asm volatile("syscall" : "=a"(result) : "0"(SYS_close), "D"(fd) : "rcx", "r11", "memory");
#else
  register long number asm("x8") = SYS_close;
  register long result asm("x0") = fd;
  asm volatile("svc 0" : "+r"(result) : "r"(number) : "memory");
#endif
  CHECK(result == 0);
  CHECK(socket(AF_INET, SOCK_STREAM, 0) == fd);
  return 0;
}

// A socket goes to a child over another socket, and comes back.
int Passes() {
  int pair[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  const int passed = socket(AF_INET, SOCK_STREAM, 0);
  char byte = 'x';
  iovec part = {&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &passed, sizeof(passed));
  CHECK(sendmsg(pair[0], &message, 0) == 1);
  CHECK(close(passed) == 0);
  CHECK(recvmsg(pair[1], &message, 0) == 1);
  int received;
  memcpy(&received, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(received));
  CHECK(close(received) == 0);
  return 0;
}

// Bad pointers and numbers get the kernel's answers.
int BadArguments() {
  const LoopbackPair pair = ConnectLoopback();
  void* volatile nowhere = reinterpret_cast<void*>(16);  // volatile: the compiler would warn
  CHECK(connect(pair.near, static_cast<sockaddr*>(nowhere), 16) == -1 && errno == EFAULT);
  CHECK(setsockopt(pair.near, SOL_SOCKET, SO_LINGER, nowhere, 8) == -1 && errno == EFAULT);
  CHECK(writev(pair.near, static_cast<iovec*>(nowhere), 2) == -1 && errno == EFAULT);
  CHECK(sendmsg(pair.near, static_cast<msghdr*>(nowhere), 0) == -1 && errno == EFAULT);
  CHECK(send(pair.far, "x", 1, 0) == 1);
  CHECK(recv(pair.near, nowhere, 1, 0) == -1 && errno == EFAULT);
  CHECK(close(-1) == -1 && errno == EBADF);
  CHECK(close(1 << 30) == -1 && errno == EBADF);
  CHECK(shutdown(1 << 30, SHUT_WR) == -1 && errno == EBADF);
  CHECK(dup2(pair.near, -1) == -1 && errno == EBADF);
  return 0;
}

// dup, dup2, F_DUPFD, close_range: every way to get and to lose a number.
int Copies() {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  const int copy = dup(fd);
  CHECK(copy >= 0);
  CHECK(dup2(fd, copy) == copy);
  const int high = fcntl(fd, F_DUPFD_CLOEXEC, 20);
  CHECK(high == 20);
  CHECK(dup3(fd, 21, O_CLOEXEC) == 21);
  CHECK(close(copy) == 0);
  CHECK(close_range(20, 30, 0) == 0);
  CHECK(close(fd) == 0);
  return 0;
}

// Copies of no socket take the numbers of sockets that came after an earlier copy of one.
int Replaced() {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  CHECK(dup2(fd, 30) == 30);
  CHECK(dup3(fd, 31, 0) == 31);
  const int null = open("/dev/null", O_RDWR);
  CHECK(fcntl(fd, F_DUPFD, 40) == 40 && fcntl(fd, F_DUPFD, 41) == 41);
  CHECK(dup2(null, 40) == 40);
  CHECK(dup3(null, 41, 0) == 41);
  CHECK(dup2(999, 31) == -1 && errno == EBADF);
  CHECK(close(30) == 0 && close(31) == 0 && close(fd) == 0);
  return 0;
}

// accept:when=1..3:effect=exhaust:error=EMFILE: it fails, unless a descriptor was closed meanwhile, be it above a gap.
int Exhausted() {
  const int low = dup(0);
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  CHECK(listen(listener, 8) == 0);
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  CHECK(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  CHECK(connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  const int spare = dup(0);
  CHECK(close(low) == 0);
  CHECK(accept(listener, nullptr, nullptr) == -1 && errno == EMFILE);
  CHECK(close(spare) == 0);
  CHECK(accept(listener, nullptr, nullptr) == low);
  CHECK(accept(listener, nullptr, nullptr) == -1 && errno == EMFILE);
  CHECK(accept(listener, nullptr, nullptr) == -1 && errno == EMFILE);  // the one between was no occurrence
  CHECK(accept(listener, nullptr, nullptr) == -1 && errno == EAGAIN);
  CHECK(close(low) == 0 && close(client) == 0 && close(listener) == 0);
  return 0;
}

int Run(const std::string& name, char** argv) {
  if (name == "plain") return Plain();
  if (name == "connect-eintr") return ConnectEintr();
  if (name == "refused") return Refused();
  if (name == "close-eintr") return CloseEintr();
  if (name == "close-skipped") return CloseSkipped();
  if (name == "decoy") return Decoy();
  if (name == "decoy-replaced") return DecoyReplaced();
  if (name == "partial") return Partial();
  if (name == "epipe") return Epipe();
  if (name == "recv-reset") return RecvReset();
  if (name == "interrupted") return Interrupted();
  if (name == "waiting") return Waiting();
  if (name == "by-syscall") return BySyscall();
  if (name == "forks") return Forks();
  if (name == "execs") return Execs(argv[0]);
  if (name == "threads") return Threads();
  if (name == "signal-storm") return SignalStorm();
  if (name == "many-events") return ManyEvents();
  if (name == "reused-unseen") return ReusedUnseen();
  if (name == "passes") return Passes();
  if (name == "bad-arguments") return BadArguments();
  if (name == "copies") return Copies();
  if (name == "replaced") return Replaced();
  if (name == "exhausted") return Exhausted();
  fprintf(stderr, "agent_subject: no '%s'\n", name.c_str());
  return 2;
}

}  // namespace

int main(int argc, char** argv) { return argc == 2 ? Run(argv[1], argv) : 2; }
