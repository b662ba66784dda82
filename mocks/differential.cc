#include "mocks/differential.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>

#include <algorithm>
#include <random>

#include "absl/strings/str_cat.h"
#include "harness/peer/socket_row.h"
#include "harness/sys/errno_names.h"
#include "harness/sys/kernel_sys.h"
#include "mocks/fake_network.h"

namespace lastack {
namespace {

constexpr size_t kStepsMax = 30;
constexpr int kSizeMax = 1200;  // kStepsMax of these fill no queue to its half

const char* Name(Step::Call call) {
  static const char* const names[] = {"connect",      "accept",     "send",       "recv",          "recv(MSG_PEEK)",
                                      "send nothing", "SHUT_RD",    "SHUT_WR",    "SHUT_RDWR",     "close",
                                      "abort",        "dup",        "close copy", "SO_ERROR",      "getpeername",
                                      "linger {1,0}", "linger off", "epoll_wait", "close listener"};
  return names[static_cast<int>(call)];
}

// Two ends on one system.
class Scene {
 public:
  Scene(SysApi& sys, uint32_t where) : sys_(sys) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK + where % 60000);
    listener_ = Made(sys_.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    (void)sys_.bind(listener_, name(), sizeof(address_));
    (void)sys_.listen(listener_, 4);
    socklen_t length = sizeof(address_);
    (void)sys_.getsockname(listener_, name(), &length);
    ends_[0] = Made(sys_.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    epoll_ = Made(sys_.epoll_create1(EPOLL_CLOEXEC));
  }

  ~Scene() {
    for (int side = 0; side < 2; ++side) {
      if (ends_[side] >= 0) (void)SetLinger(side, 1);  // leaves no TIME_WAIT
      if (copies_[side] >= 0) (void)sys_.close(copies_[side]);
      if (ends_[side] >= 0) (void)sys_.close(ends_[side]);
    }
    if (listener_ >= 0) (void)sys_.close(listener_);
    (void)sys_.close(epoll_);
  }

  Observation Do(const Step& step) {
    Observation seen;
    const SysResult result = Call(step, &seen);
    seen.value = result.value;
    seen.error = result.error;
    Settle();
    for (int side = 0; side < 2; ++side) {
      pollfd entry = {ends_[side], POLLIN | POLLOUT | POLLRDHUP | POLLPRI, 0};
      (void)sys_.poll(&entry, 1, 0);
      seen.revents[side] = entry.revents;
      seen.state[side] = StateOf(side);
      (void)sys_.ioctl(ends_[side], FIONREAD, &seen.unread[side]);
    }
    return seen;
  }

 private:
  static int Made(const SysResult& result) { return static_cast<int>(result.value); }
  sockaddr* name() { return reinterpret_cast<sockaddr*>(&address_); }

  SysResult SetLinger(int side, int on) {
    const linger value = {on, 0};
    return sys_.setsockopt(ends_[side], SOL_SOCKET, SO_LINGER, &value, sizeof(value));
  }

  int StateOf(int side) {
    tcp_info info{};
    socklen_t length = sizeof(info);
    return sys_.getsockopt(ends_[side], IPPROTO_TCP, TCP_INFO, &info, &length).ok() ? info.tcpi_state : 0;
  }

  int Unacknowledged(int side) {
    int bytes = 0;
    if (StateOf(side) != static_cast<int>(TcpState::kClose)) (void)sys_.ioctl(ends_[side], SIOCOUTQ, &bytes);
    return bytes;
  }

  // On loopback all has arrived when a call returns; but an ACK may be late, unless one insists.
  void Settle() {
    const int on = 1;
    for (int tries = 0; tries < 100000; ++tries) {
      if (Unacknowledged(0) == 0 && Unacknowledged(1) == 0) return;
      for (const int fd : ends_) (void)sys_.setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
      if (tries > 10) sched_yield();
    }
  }

  SysResult Send(int fd, int size) {
    std::string data(static_cast<size_t>(size), '\0');
    for (char& byte : data) byte = static_cast<char>(next_byte_++ % 251);
    return sys_.send(fd, data.data(), data.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  SysResult Receive(int fd, int size, int flags, Observation* seen) {
    char buffer[4 * kSizeMax];
    const SysResult got = sys_.recv(fd, buffer, std::min<size_t>(static_cast<size_t>(size), sizeof(buffer)), flags);
    for (ssize_t i = 0; i < got.value; ++i) seen->data = seen->data * 1099511628211U + static_cast<uint8_t>(buffer[i]);
    return got;
  }

  void Watch(int side) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.u32 = static_cast<uint32_t>(side);
    (void)sys_.epoll_ctl(epoll_, EPOLL_CTL_ADD, ends_[side], &event);
  }

  SysResult EpollWait(Observation* seen) {
    epoll_event events[2];
    const SysResult told = sys_.epoll_wait(epoll_, events, 2, 0);
    uint32_t of_side[2] = {};
    for (ssize_t i = 0; i < told.value; ++i) of_side[events[i].data.u32] = events[i].events;
    seen->data = of_side[0] + (uint64_t{of_side[1]} << 32);
    return told;
  }

  SysResult Call(const Step& step, Observation* seen) {
    int& fd = ends_[step.side];
    switch (step.call) {
      case Step::Call::kConnect: {
        const SysResult result = sys_.connect(fd, name(), sizeof(address_));
        if (result.ok()) Watch(step.side);
        return result;
      }
      case Step::Call::kAccept: {
        if (ends_[1] >= 0) return {0, 0};
        const SysResult result = sys_.accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (!result.ok()) return result;
        ends_[1] = Made(result);
        Watch(1);
        return {0, 0};
      }
      case Step::Call::kSend:
        return Send(fd, step.size);
      case Step::Call::kSendNothing:
        return Send(fd, 0);
      case Step::Call::kReceive:
        return Receive(fd, step.size, MSG_DONTWAIT, seen);
      case Step::Call::kPeek:
        return Receive(fd, step.size, MSG_DONTWAIT | MSG_PEEK, seen);
      case Step::Call::kShutRd:
        return sys_.shutdown(fd, SHUT_RD);
      case Step::Call::kShutWr:
        return sys_.shutdown(fd, SHUT_WR);
      case Step::Call::kShutRdwr:
        return sys_.shutdown(fd, SHUT_RDWR);
      case Step::Call::kAbort:
        (void)SetLinger(step.side, 1);
        return sys_.close(std::exchange(fd, -1));
      case Step::Call::kClose:
        return sys_.close(std::exchange(fd, -1));
      case Step::Call::kDup: {
        if (copies_[step.side] >= 0) return {0, 0};
        const SysResult copy = sys_.dup(fd);
        copies_[step.side] = Made(copy);
        return copy.ok() ? SysResult{0, 0} : copy;
      }
      case Step::Call::kCloseCopy:
        return sys_.close(std::exchange(copies_[step.side], -1));
      case Step::Call::kTakeError: {
        int error = 0;
        socklen_t length = sizeof(error);
        const SysResult result = sys_.getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
        seen->data = static_cast<uint64_t>(error);
        return result;
      }
      case Step::Call::kPeerName: {
        sockaddr_storage peer;
        socklen_t length = sizeof(peer);
        return sys_.getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &length);
      }
      case Step::Call::kLingerZero:
        return SetLinger(step.side, 1);
      case Step::Call::kLingerOff:
        return SetLinger(step.side, 0);
      case Step::Call::kEpollWait:
        return EpollWait(seen);
      case Step::Call::kCloseListener:
        return sys_.close(std::exchange(listener_, -1));
      case Step::Call::kCount:
        break;
    }
    return {0, 0};
  }

  SysApi& sys_;
  sockaddr_in address_{};
  int listener_ = -1, epoll_ = -1;
  int ends_[2] = {-1, -1}, copies_[2] = {-1, -1};
  unsigned next_byte_ = 0;
};

std::string StateName(int state) { return state == 0 ? "closed" : TcpStateName(static_cast<TcpState>(state)); }

// The first step that differs; the number of steps if none does.
size_t FirstDifference(const std::vector<Observation>& a, const std::vector<Observation>& b) {
  size_t i = 0;
  while (i < a.size() && a[i] == b[i]) ++i;
  return i;
}

uint32_t NextPlace() {
  static uint32_t place = 0;
  return ++place;
}

struct Played {
  std::vector<Step> steps;
  std::vector<Observation> kernel, fake;
  size_t differs_at = 0;
  bool differs() const { return differs_at < steps.size(); }
};

Played PlayBoth(const std::vector<uint8_t>& bytes) {
  // A network for each: a fresh stack is part of what is compared.
  static FakeNetwork* network = nullptr;
  static int uses = 0;
  if (network == nullptr || ++uses % 256 == 0) {
    delete network;
    FakeOptions options;
    options.signals = FakeSignals::kRecord;
    network = new FakeNetwork(options);
  }
  Played played;
  played.steps = StepsOf(bytes);
  const uint32_t where = NextPlace();
  played.kernel = Play(KernelSys::Instance(), played.steps, where);
  played.fake = Play(*network, played.steps, where);
  played.differs_at = FirstDifference(played.kernel, played.fake);
  return played;
}

// Leaves out what is not needed for a difference.
std::vector<uint8_t> Shrunk(std::vector<uint8_t> bytes) {
  for (bool shorter = true; shorter;) {
    shorter = false;
    for (size_t at = 0; at + 2 <= bytes.size(); at += 2) {
      std::vector<uint8_t> fewer = bytes;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(at), fewer.begin() + static_cast<std::ptrdiff_t>(at) + 2);
      if (!PlayBoth(fewer).differs()) continue;
      bytes = fewer;
      shorter = true;
      break;
    }
  }
  return bytes;
}

std::string Explain(const Played& played) {
  std::string text;
  for (size_t i = 0; i <= std::min(played.differs_at, played.steps.size() - 1); ++i) {
    absl::StrAppend(&text, "  ", Text(played.steps[i]), "\n      kernel: ", Text(played.kernel[i]), "\n");
    if (i == played.differs_at) absl::StrAppend(&text, "      fake:   ", Text(played.fake[i]), "\n");
  }
  return text;
}

}  // namespace

std::vector<Step> StepsOf(const std::vector<uint8_t>& bytes) {
  std::vector<Step> steps;
  for (size_t at = 0; at + 2 <= bytes.size() && steps.size() < kStepsMax; at += 2) {
    Step step;
    step.call = static_cast<Step::Call>(bytes[at] % static_cast<int>(Step::Call::kCount));
    step.side = bytes[at + 1] & 1;
    step.size = 1 + (bytes[at + 1] >> 1) * (kSizeMax - 1) / 127;
    if (step.call == Step::Call::kReceive || step.call == Step::Call::kPeek) step.size *= 3;
    if (step.call == Step::Call::kConnect && step.side == 1) step.call = Step::Call::kAccept;
    steps.push_back(step);
  }
  return steps;
}

std::vector<uint8_t> RandomSequence(uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<uint8_t> bytes;
  if (random() % 16 != 0) bytes = {static_cast<uint8_t>(Step::Call::kConnect), 0};
  if (random() % 16 != 0) bytes.insert(bytes.end(), {static_cast<uint8_t>(Step::Call::kAccept), 0});
  const size_t steps = 4 + random() % 16;
  for (size_t i = 0; i < 2 * steps; ++i) bytes.push_back(static_cast<uint8_t>(random()));
  return bytes;
}

std::string Text(const Step& step) {
  const bool sized =
      step.call == Step::Call::kSend || step.call == Step::Call::kReceive || step.call == Step::Call::kPeek;
  return absl::StrCat(step.side == 0 ? "client: " : "server: ", Name(step.call),
                      sized ? absl::StrCat(" ", step.size) : "");
}

std::string Text(const Observation& seen) {
  std::string text = seen.value == -1 ? ErrnoName(seen.error) : absl::StrCat(seen.value);
  if (seen.data != 0) absl::StrAppend(&text, " (", absl::Hex(seen.data), ")");
  for (int side = 0; side < 2; ++side) {
    absl::StrAppend(&text, side == 0 ? "; client " : "; server ", StateName(seen.state[side]), " poll ",
                    absl::Hex(seen.revents[side]), " unread ", seen.unread[side]);
  }
  return text;
}

std::vector<Observation> Play(SysApi& sys, const std::vector<Step>& steps, uint32_t where) {
  Scene scene(sys, where);
  std::vector<Observation> seen;
  seen.reserve(steps.size());
  for (const Step& step : steps) seen.push_back(scene.Do(step));
  return seen;
}

absl::optional<Difference> Compare(const std::vector<uint8_t>& bytes, Coverage* coverage) {
  const Played played = PlayBoth(bytes);
  for (size_t i = 0; coverage != nullptr && i < played.steps.size(); ++i) {
    const Step& step = played.steps[i];
    const std::string before = i == 0 ? "CLOSE" : StateName(played.kernel[i - 1].state[step.side]);
    ++coverage->pairs[{before, Name(step.call)}];
  }
  if (!played.differs()) return absl::nullopt;
  if (!PlayBoth(bytes).differs() || !PlayBoth(bytes).differs()) {
    if (coverage != nullptr) ++coverage->unsettled;
    return absl::nullopt;
  }
  Difference difference;
  difference.bytes = Shrunk(bytes);
  difference.text = Explain(PlayBoth(difference.bytes));
  return difference;
}

}  // namespace lastack
