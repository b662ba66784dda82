// Forks, threads, sockets and signals, all at once, from a seed. Whatever fails, it goes on. At its end it prints how
// many calls of close and send on sockets it has made.
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

namespace {

struct Counts {
  std::atomic<uint64_t> closes;
  std::atomic<uint64_t> sends;
};
Counts* counts;

void Close(int fd) {
  ++counts->closes;
  (void)close(fd);
}

void Send(int fd, size_t size) {
  char bytes[512] = {};
  ++counts->sends;
  (void)send(fd, bytes, size % sizeof(bytes) + 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Receive(int fd) {
  char bytes[512];
  (void)recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
}

void OverTcp(std::minstd_rand& random) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (listener < 0) return;
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  const bool listens = bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
                       listen(listener, 4) == 0 &&
                       getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  // Nothing blocks, whatever fails.
  const timeval soon = {0, 20'000};
  (void)setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
  if (listens && client >= 0 && connect(client, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
    const int accepted = accept(listener, nullptr, nullptr);
    for (int i = 0; i < 4; ++i) {
      Send(client, random());
      if (accepted >= 0) Receive(accepted);
    }
    (void)shutdown(client, SHUT_WR);
    if (accepted >= 0) Close(accepted);
  }
  if (client >= 0) Close(client);
  Close(listener);
}

void OverPair(std::minstd_rand& random) {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) return;
  for (int i = 0; i < 4; ++i) {
    Send(fds[0], random());
    Receive(fds[1]);
  }
  const int copy = dup(fds[0]);
  if (copy >= 0) Close(copy);
  Close(fds[0]);
  Close(fds[1]);
}

void Work(unsigned seed, int rounds) {
  std::minstd_rand random(seed);
  for (int i = 0; i < rounds; ++i) random() % 2 == 0 ? OverTcp(random) : OverPair(random);
}

// Counts nothing: it is killed at any moment.
[[noreturn]] void Doomed() {
  int fds[2];
  for (;;) {
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) continue;
    (void)send(fds[0], "x", 1, MSG_DONTWAIT);
    (void)close(fds[0]);
    (void)close(fds[1]);
  }
}

void InThreads(unsigned seed, int threads) {
  std::vector<std::thread> all;
  for (int i = 0; i < threads; ++i) all.emplace_back(Work, seed * 31 + static_cast<unsigned>(i), 3);
  for (std::thread& thread : all) thread.join();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto seed = static_cast<unsigned>(atoi(argv[1]));
  std::minstd_rand random(seed);
  counts =
      static_cast<Counts*>(mmap(nullptr, sizeof(Counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  struct sigaction action = {};
  action.sa_handler = [](int) {};
  action.sa_flags = random() % 2 == 0 ? SA_RESTART : 0;
  sigaction(SIGUSR1, &action, nullptr);
  signal(SIGPIPE, SIG_IGN);

  const pid_t doomed = fork();
  if (doomed == 0) Doomed();
  std::vector<pid_t> children;
  for (unsigned i = 0; i < 2 + random() % 3; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      InThreads(seed * 7 + i, 3);
      _exit(0);
    }
    if (child > 0) children.push_back(child);
  }
  for (const pid_t child : children) kill(child, SIGUSR1);
  InThreads(seed, 3);
  if (doomed > 0) kill(doomed, SIGKILL);
  for (const pid_t child : children) {
    while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  if (doomed > 0) waitpid(doomed, nullptr, 0);
  printf("%d %llu %llu\n", doomed, static_cast<unsigned long long>(counts->closes),
         static_cast<unsigned long long>(counts->sends));
  return 0;
}
