// How fast sockets are closed in process: a connection made, used, half-closed, drained and closed, in 20 calls, on
//   loopback TCP, a fake of std::functions with a little state, a bare GoogleMock object, FakeNetwork, and FakeNetwork
//   behind a MockSys that is used again and again.
// Medians of interleaved rounds. Then a million exchanges on one FakeNetwork, whose memory must not grow.
//
//   bazel run -c opt //tools/bench:fake_bench
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include <functional>
#include <vector>

#include "gmock/gmock.h"
#include "harness/sys/kernel_sys.h"
#include "harness/sys/sys_api.h"
#include "mocks/fake_network.h"
#include "mocks/mock_sys.h"
#include "tools/bench/measure.h"

namespace lastack {
namespace {

constexpr int kCalls = 20;
constexpr int kRounds = 9;
constexpr double kDirectFloor = 500'000, kMockFloor = 150'000;  // exchanges a second

// Of the processor: nothing here waits, and others may be at work on the machine.
double Seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void Must(bool holds) {
  if (!holds) Die("an exchange went wrong");
}

struct Listener {
  int fd;
  sockaddr_in address;
};

Listener Listen(SysApi& sys) {
  Listener listener;
  listener.address = Loopback(0);
  listener.address.sin_addr.s_addr = htonl(INADDR_ANY);
  listener.fd = static_cast<int>(sys.socket(AF_INET, SOCK_STREAM, 0).value);
  Must(sys.bind(listener.fd, reinterpret_cast<sockaddr*>(&listener.address), sizeof(sockaddr_in)).ok());
  Must(sys.listen(listener.fd, 16).ok());
  socklen_t length = sizeof(sockaddr_in);
  Must(sys.getsockname(listener.fd, reinterpret_cast<sockaddr*>(&listener.address), &length).ok());
  return listener;
}

void Exchange(SysApi& sys, const Listener& listener, uint32_t host) {
  char buffer[64];
  const char request[] = "GET / HTTP/1.0\r\n\r\n", answer[] = "HTTP/1.0 200 OK\r\n\r\n";
  const int on = 1;
  int error = 0;
  socklen_t length = sizeof(error);
  sockaddr_in address = Loopback(ntohs(listener.address.sin_port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + host);  // so that the kernel's ports do not run out
  const int client = static_cast<int>(sys.socket(AF_INET, SOCK_STREAM, 0).value);
  Must(sys.setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)).ok());
  Must(sys.connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof(address)).ok());
  const int server = static_cast<int>(sys.accept4(listener.fd, nullptr, nullptr, 0).value);
  pollfd to_client = {client, POLLIN, 0}, to_server = {server, POLLIN, 0};
  Must(sys.send(client, request, sizeof(request), MSG_NOSIGNAL).ok());
  Must(sys.poll(&to_server, 1, -1).value == 1);
  Must(sys.recv(server, buffer, sizeof(buffer), 0).value == sizeof(request));
  Must(sys.send(server, answer, sizeof(answer), MSG_NOSIGNAL).ok());
  Must(sys.poll(&to_client, 1, -1).value == 1);
  Must(sys.recv(client, buffer, sizeof(buffer), 0).value == sizeof(answer));
  Must(sys.shutdown(client, SHUT_WR).ok());
  Must(sys.poll(&to_server, 1, -1).value == 1);
  Must(sys.recv(server, buffer, sizeof(buffer), 0).value == 0);
  Must(sys.send(server, "bye", 3, MSG_NOSIGNAL).ok());
  Must(sys.shutdown(server, SHUT_WR).ok());
  Must(sys.recv(client, buffer, sizeof(buffer), 0).value == 3);
  Must(sys.recv(client, buffer, sizeof(buffer), 0).value == 0);
  Must(sys.getsockopt(client, SOL_SOCKET, SO_ERROR, &error, &length).ok());
  Must(sys.close(client).ok());
  Must(sys.close(server).ok());
}

// The least that a hand-written fake does: a function a call, a state, an event recorded.
class FunctionFake {
 public:
  FunctionFake() : events_(512) {
    call_ = [this](int fd, size_t size) {
      state_ = state_ * 31 + fd;
      events_[next_++ % events_.size()] = {fd, size, state_};
      return SysResult{static_cast<ssize_t>(size), 0};
    };
  }
  void Exchange() {
    for (int i = 0; i < kCalls; ++i) Must(call_(3, 5).value == 5);
  }

 private:
  struct Event {
    int fd;
    size_t size;
    int state;
  };
  std::function<SysResult(int, size_t)> call_;
  std::vector<Event> events_;
  size_t next_ = 0;
  int state_ = 0;
};

class BareMock {
 public:
  BareMock() { ON_CALL(*this, Call).WillByDefault(::testing::Return(SysResult{5, 0})); }
  MOCK_METHOD(SysResult, Call, (int fd, size_t size));
  void Exchange() {
    for (int i = 0; i < kCalls; ++i) Must(Call(3, 5).value == 5);
  }
};

class Subject {
 public:
  Subject(const char* name, int exchanges, std::function<void(uint32_t)> exchange)
      : name_(name), exchanges_(exchanges), exchange_(std::move(exchange)) {}

  void Round() {
    const double start = Seconds();
    for (int i = 0; i < exchanges_; ++i) exchange_(static_cast<uint32_t>(++done_ % 60'000));
    rates_.push_back(exchanges_ / (Seconds() - start));
  }
  double Rate() const { return Median(rates_); }
  void Print() const { printf("  %-32s %12.0f\n", name_, Rate()); }

 private:
  const char* name_;
  const int exchanges_;
  const std::function<void(uint32_t)> exchange_;
  int64_t done_ = 0;
  std::vector<double> rates_;
};

long ResidentKb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

// Whether the peak stayed where it was.
bool MemoryIsFlat() {
  FakeNetwork network;
  const Listener listener = Listen(network);
  for (int i = 0; i < 50'000; ++i) Exchange(network, listener, 0);
  const long before_kb = ResidentKb();
  for (int i = 0; i < 1'000'000; ++i) Exchange(network, listener, 0);
  const long after_kb = ResidentKb();
  printf("\nmemory at its peak, KiB: %ld after 50,000 exchanges, %ld after 1,000,000 more\n", before_kb, after_kb);
  return after_kb - before_kb < 256;
}

int Run() {
  KernelSys& kernel = KernelSys::Instance();
  const Listener kernel_listener = Listen(kernel);
  FakeNetwork direct, behind;
  const Listener direct_listener = Listen(direct), behind_listener = Listen(behind);
  ::testing::NiceMock<MockSys> mock(behind);
  FunctionFake functions;
  ::testing::NiceMock<BareMock> bare;
  std::vector<Subject> subjects;
  subjects.emplace_back("loopback TCP", 1'000, [&](uint32_t host) { Exchange(kernel, kernel_listener, host); });
  subjects.emplace_back("std::function with state", 50'000, [&](uint32_t) { functions.Exchange(); });
  subjects.emplace_back("bare GoogleMock object", 20'000, [&](uint32_t) { bare.Exchange(); });
  subjects.emplace_back("FakeNetwork", 50'000, [&](uint32_t) { Exchange(direct, direct_listener, 0); });
  subjects.emplace_back("FakeNetwork behind MockSys", 20'000, [&](uint32_t) { Exchange(mock, behind_listener, 0); });
  for (int round = 0; round < kRounds; ++round) {
    for (Subject& subject : subjects) subject.Round();
  }
  printf("exchanges of %d calls a second of one processor, medians of %d interleaved rounds:\n", kCalls, kRounds);
  for (const Subject& subject : subjects) subject.Print();
  const bool fast = subjects[3].Rate() >= kDirectFloor && subjects[4].Rate() >= kMockFloor;
  const bool flat = MemoryIsFlat();
  if (!fast) printf("too slow: %.0f and %.0f are wanted\n", kDirectFloor, kMockFloor);
  if (!flat) printf("the memory grows\n");
  return fast && flat ? 0 : 1;
}

}  // namespace
}  // namespace lastack

int main(int argc, char** argv) {
  ::testing::InitGoogleMock(&argc, argv);
  return lastack::Run();
}
