// What the tracer's benchmark measures: calls that a tracer stops at, and one that it does not, each kind by itself.
//
//   stops N      makes N calls of each kind, in turns of 100, and prints for each "NAME NANOSECONDS-A-CALL"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "harness/testing/loopback_pair.h"

namespace {

constexpr int kTurn = 100;
constexpr int kUntracedForOneStopped = 10;  // it takes so little time

void Require(bool holds) {
  if (!holds) abort();
}

double Now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

class Stopwatch {
 public:
  template <typename Function>
  void Time(int calls, Function call) {
    const double start = Now();
    for (int i = 0; i < calls; ++i) call(i);
    ns_ += Now() - start;
    calls_ += calls;
  }
  void Print(const char* name) const { printf("%s %.1f\n", name, ns_ / calls_); }

 private:
  double ns_ = 0;
  double calls_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const int count = argc == 2 ? atoi(argv[1]) : 0;
  Require(count >= kTurn);
  const lastack::LoopbackPair pair = lastack::ConnectLoopback();
  Stopwatch sends, receives, sockets, closes, untraced;
  char byte = 'x';
  int fds[kTurn];
  for (int done = 0; done < count; done += kTurn) {
    sends.Time(kTurn, [&](int) { Require(send(pair.near, &byte, 1, MSG_NOSIGNAL) == 1); });
    receives.Time(kTurn, [&](int) { Require(recv(pair.far, &byte, 1, 0) == 1); });
    sockets.Time(kTurn, [&](int i) { fds[i] = socket(AF_INET, SOCK_STREAM, 0); });
    closes.Time(kTurn, [&](int i) { Require(close(fds[i]) == 0); });
    untraced.Time(kTurn * kUntracedForOneStopped, [](int) { syscall(SYS_getpid); });
  }
  sends.Print("send");
  receives.Print("recv");
  sockets.Print("socket");
  closes.Print("close");
  untraced.Print("getpid");
  return 0;
}
