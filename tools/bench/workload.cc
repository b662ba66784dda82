// What the benchmark measures: a thousand live sockets, and calls on some of them in functions of their own, so that
// callgrind can count them apart.
//
//   workload count        each Measured function makes kCalls calls
//   workload time CALL N  prints the nanoseconds that N calls took
//   workload start        kills itself as soon as main is reached
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <vector>

#include "harness/testing/loopback_pair.h"

namespace {

constexpr int kLiveSockets = 1000;
constexpr int kCalls = 1000;

std::vector<int> MakeSockets(int count) {
  std::vector<int> sockets;
  for (int i = 0; i < count; ++i) {
    sockets.push_back(socket(AF_INET, SOCK_STREAM, 0));
    if (sockets.back() < 0) abort();
  }
  return sockets;
}

}  // namespace

extern "C" __attribute__((noinline)) void MeasuredSend(int fd, int count) {
  const char byte = 'x';
  for (int i = 0; i < count; ++i) send(fd, &byte, 1, MSG_NOSIGNAL);
}

extern "C" __attribute__((noinline)) void MeasuredRecv(int fd, int count) {
  char byte;
  for (int i = 0; i < count; ++i) recv(fd, &byte, 1, 0);
}

extern "C" __attribute__((noinline)) void MeasuredClose(const int* fds, int count) {
  for (int i = 0; i < count; ++i) close(fds[i]);
}

namespace {

uint64_t Now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

template <typename Function>
uint64_t Timed(Function function) {
  const uint64_t start = Now();
  function();
  return Now() - start;
}

uint64_t Time(const char* call, int count) {
  const lastack::LoopbackPair pair = lastack::ConnectLoopback();
  MakeSockets(kLiveSockets);
  uint64_t ns = 0;
  for (int done = 0; done < count; done += kCalls) {
    if (strcmp(call, "close") == 0) {
      const std::vector<int> sockets = MakeSockets(kCalls);
      ns += Timed([&] { MeasuredClose(sockets.data(), kCalls); });
      continue;
    }
    const uint64_t sending = Timed([&] { MeasuredSend(pair.near, kCalls); });
    const uint64_t receiving = Timed([&] { MeasuredRecv(pair.far, kCalls); });
    ns += strcmp(call, "send") == 0 ? sending : receiving;
  }
  return ns;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && strcmp(argv[1], "time") == 0) {
    printf("%llu\n", static_cast<unsigned long long>(Time(argv[2], atoi(argv[3]))));
    return 0;
  }
  if (argc == 2 && strcmp(argv[1], "start") == 0) kill(getpid(), SIGKILL);
  const lastack::LoopbackPair pair = lastack::ConnectLoopback();
  const std::vector<int> sockets = MakeSockets(kLiveSockets);
  MeasuredSend(pair.near, kCalls);
  MeasuredRecv(pair.far, kCalls);
  MeasuredClose(sockets.data(), kCalls);
  return 0;
}
