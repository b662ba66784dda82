// The calls that make processes, replace them and end them.
#include <alloca.h>
#include <linux/sched.h>
#include <sched.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/agent/environment.h"
#include "harness/agent/raw.h"
#include "harness/agent/wrap.h"

namespace lastack {
namespace {

template <typename Invoke>
auto Recorded(Call call, int fd, uint64_t a, Invoke invoke) {
  if (!Recording()) return invoke();
  Event& event = Begin(call, fd, 0, 0, a, 0);
  return End(event, invoke());
}

// The child's side returns with the agent in place and leaves the event to the parent.
template <typename Invoke>
pid_t Fork(Call call, Invoke invoke) {
  if (!Recording()) return invoke();
  Event& event = Begin(call, -1, 0, 0, 0, 0);
  const pid_t pid = invoke();
  if (pid != 0) return End(event, pid);
  if (!fork_is_noticed) *agent.socket_limit = 0;
  Recording();  // a handler of pthread_atfork(3) may have been first
  return 0;
}

// An exec that succeeds leaves its event in flight: what runs then must check in.
#define LASTACK_WITH_AGENT(name, envp)                                           \
  Recording(); /* what the agent keeps is known then */                          \
  const size_t name##_space = EnvironmentSpace(envp);                            \
  void* const name##_place = name##_space == 0 ? nullptr : alloca(name##_space); \
  char* const* const name = EnvironmentWithAgent(envp, name##_place)

// Collects the arguments of execl, execlp and execle up to their null pointer.
#define LASTACK_COLLECT(first, list)                                      \
  va_list list;                                                           \
  va_start(list, first);                                                  \
  size_t count = 1;                                                       \
  while (va_arg(list, char*) != nullptr) ++count;                         \
  va_end(list);                                                           \
  char** argv = static_cast<char**>(alloca((count + 1) * sizeof(char*))); \
  va_start(list, first);                                                  \
  argv[0] = const_cast<char*>(first);                                     \
  for (size_t i = 1; i <= count; ++i) argv[i] = va_arg(list, char*);

}  // namespace

pid_t wrap::fork() {
  return Fork(Call::fork, [] { return real.fork(); });
}

pid_t wrap::_Fork() {
  return Fork(Call::_Fork, [] { return real._Fork(); });
}

// A function that calls vfork cannot return in the child and again in the parent, so the child gets a copy of the
// memory: a vfork is a fork here. Programs that follow POSIX's contract (exec or _exit at once) cannot tell; those that
// leave a message for the parent in a shared variable, as Linux allows, lose it.
pid_t wrap::vfork() {
  return Fork(Call::vfork, [] { return real.fork(); });
}

int wrap::clone(int (*start)(void*), void* stack, int flags, void* argument, pid_t* parent, void* tls, pid_t* child) {
  return Recorded(Call::clone, -1, static_cast<uint64_t>(flags),
                  [=] { return real.clone(start, stack, flags, argument, parent, tls, child); });
}

// glibc exports no clone3, so nobody calls this one; through syscall(2) it goes to the kernel as it is.
long wrap::clone3(clone_args*, size_t) {
  errno = ENOSYS;
  return -1;
}

int wrap::execve(const char* path, char* const argv[], char* const envp[]) {
  LASTACK_WITH_AGENT(environment, envp);
  return Recorded(Call::execve, -1, 0, [=] { return real.execve(path, argv, environment); });
}

int wrap::execveat(int directory, const char* path, char* const argv[], char* const envp[], int flags) {
  LASTACK_WITH_AGENT(environment, envp);
  return Recorded(Call::execveat, directory, 0,
                  [=] { return real.execveat(directory, path, argv, environment, flags); });
}

int wrap::fexecve(int fd, char* const argv[], char* const envp[]) {
  LASTACK_WITH_AGENT(environment, envp);
  return Recorded(Call::fexecve, fd, 0, [=] { return real.fexecve(fd, argv, environment); });
}

int wrap::execv(const char* path, char* const argv[]) {
  LASTACK_WITH_AGENT(environment, environ);
  return Recorded(Call::execv, -1, 0, [=] { return real.execve(path, argv, environment); });
}

int wrap::execvp(const char* file, char* const argv[]) {
  LASTACK_WITH_AGENT(environment, environ);
  return Recorded(Call::execvp, -1, 0, [=] { return real.execvpe(file, argv, environment); });
}

int wrap::execvpe(const char* file, char* const argv[], char* const envp[]) {
  LASTACK_WITH_AGENT(environment, envp);
  return Recorded(Call::execvpe, -1, 0, [=] { return real.execvpe(file, argv, environment); });
}

int wrap::execl(const char* path, const char* first, ...) {
  LASTACK_COLLECT(first, list)
  va_end(list);
  return wrap::execv(path, argv);
}

int wrap::execlp(const char* file, const char* first, ...) {
  LASTACK_COLLECT(first, list)
  va_end(list);
  return wrap::execvp(file, argv);
}

int wrap::execle(const char* path, const char* first, ...) {
  LASTACK_COLLECT(first, list)
  char* const* envp = va_arg(list, char* const*);
  va_end(list);
  return wrap::execve(path, argv, envp);
}

int wrap::posix_spawn(pid_t* pid, const char* path, const posix_spawn_file_actions_t* actions,
                      const posix_spawnattr_t* attributes, char* const argv[], char* const envp[]) {
  LASTACK_WITH_AGENT(environment, envp);
  return Recorded(Call::posix_spawn, -1, 0,
                  [=] { return real.posix_spawn(pid, path, actions, attributes, argv, environment); });
}

int wrap::posix_spawnp(pid_t* pid, const char* file, const posix_spawn_file_actions_t* actions,
                       const posix_spawnattr_t* attributes, char* const argv[], char* const envp[]) {
  LASTACK_WITH_AGENT(environment, envp);
  return Recorded(Call::posix_spawnp, -1, 0,
                  [=] { return real.posix_spawnp(pid, file, actions, attributes, argv, environment); });
}

int wrap::unshare(int flags) {
  return Recorded(Call::unshare, -1, static_cast<uint64_t>(flags), [=] { return real.unshare(flags); });
}

// Handlers run after this, and may still close what is open: the comparison comes in a destructor.
void wrap::exit(int status) {
  if (Recording()) End(Begin(Call::exit, -1, 0, 0, static_cast<uint64_t>(status), 0), 0);
  real.exit(status);
}

void wrap::quick_exit(int status) {
  if (Recording()) End(Begin(Call::quick_exit, -1, 0, 0, static_cast<uint64_t>(status), 0), 0);
  CompareAtExit();
  real.quick_exit(status);
}

void wrap::_exit(int status) {
  if (Recording()) End(Begin(Call::_exit, -1, 0, 0, static_cast<uint64_t>(status), 0), 0);
  CompareAtExit();
  real._exit(status);
}

void wrap::_Exit(int status) {
  if (Recording()) End(Begin(Call::_Exit, -1, 0, 0, static_cast<uint64_t>(status), 0), 0);
  CompareAtExit();
  real._Exit(status);
}

namespace {
__attribute__((destructor(101))) void CompareLast() {
  if (Recording()) CompareAtExit();
}
}  // namespace

}  // namespace lastack
