#include "mocks/sys_contract.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cases/os/kernel_witness.h"
#include "harness/peer/socket_row.h"
#include "harness/sys/errno_names.h"
#include "harness/sys/kernel_sys.h"
#include "mocks/fake_witness.h"

namespace lastack {
namespace {

constexpr int kPatienceMs = 3000;

volatile sig_atomic_t sigpipes_seen = 0;

}  // namespace

std::string ContractName(const ::testing::TestParamInfo<ContractParam>& info) {
  const int family = info.param.family;
  return absl::StrCat(info.param.world == World::kKernel ? "Kernel" : "Fake", family == AF_INET    ? "Ipv4"
                                                                              : family == AF_INET6 ? "Ipv6"
                                                                                                   : "Unix");
}

std::vector<ContractParam> TcpParams() {
  return {{World::kKernel, AF_INET}, {World::kKernel, AF_INET6}, {World::kFake, AF_INET}, {World::kFake, AF_INET6}};
}

std::vector<ContractParam> AllParams() {
  std::vector<ContractParam> params = TcpParams();
  params.push_back({World::kKernel, AF_UNIX});
  params.push_back({World::kFake, AF_UNIX});
  return params;
}

SysContract::SysContract() : sys_(&KernelSys::Instance()) {
  if (GetParam().world == World::kFake) {
    network_ = std::make_unique<FakeNetwork>();
    witness_ = std::make_unique<FakeWitness>(*network_);
    sys_ = network_.get();
  } else {
    witness_ = std::make_unique<os::KernelWitness>(os::KernelWitness::Network::kMachine);
  }
  sigpipes_seen = 0;
  signal(SIGPIPE, [](int) { sigpipes_seen = sigpipes_seen + 1; });
}

SysContract::~SysContract() {
  for (const int fd : owned_) (void)sys().close(fd);
  if (HasFailure() && network_ != nullptr) GTEST_LOG_(INFO) << "The fake's timeline:\n" << network_->Timeline();
  signal(SIGPIPE, SIG_DFL);
}

int SysContract::sigpipes() { return sigpipes_seen; }

int SysContract::Own(int fd) {
  if (fd >= 0) owned_.push_back(fd);
  return fd;
}

SysContract::Name SysContract::Loopback() {
  Name name;
  if (family() == AF_INET6) {
    auto& six = reinterpret_cast<sockaddr_in6&>(name.bytes);
    six.sin6_family = AF_INET6;
    six.sin6_addr = in6addr_loopback;
    name.length = sizeof(six);
  } else {
    auto& four = reinterpret_cast<sockaddr_in&>(name.bytes);
    four.sin_family = AF_INET;
    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    name.length = sizeof(four);
  }
  return name;
}

SysContract::Name SysContract::NameOf(int fd) {
  Name name;
  EXPECT_TRUE(sys().getsockname(fd, name.get(), &name.length).ok());
  return name;
}

int SysContract::TcpSocket(int flags) {
  return Own(static_cast<int>(sys().socket(family(), SOCK_STREAM | SOCK_CLOEXEC | flags, 0).value));
}

int SysContract::Listener(int backlog, Name* name) {
  const int fd = TcpSocket();
  *name = Loopback();
  EXPECT_EQ(Word(sys().bind(fd, name->get(), name->length)), "0");
  EXPECT_EQ(Word(sys().listen(fd, backlog)), "0");
  *name = NameOf(fd);
  return fd;
}

SysContract::Pair SysContract::Connect() {
  Pair pair;
  if (!is_tcp()) {
    int fds[2] = {-1, -1};
    EXPECT_EQ(Word(sys().socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds)), "0");
    pair.here = Own(fds[0]);
    pair.peer = Own(fds[1]);
    return pair;
  }
  Name name;
  pair.listener = Listener(16, &name);
  pair.here = TcpSocket();
  EXPECT_EQ(Word(sys().connect(pair.here, name.get(), name.length)), "0");
  pair.peer = Own(static_cast<int>(sys().accept4(pair.listener, nullptr, nullptr, SOCK_CLOEXEC).value));
  EXPECT_GE(pair.peer, 0);
  return pair;
}

std::string SysContract::Word(const SysResult& result) {
  return result.ok() ? absl::StrCat(result.value) : ErrnoName(result.error);
}

std::string SysContract::Send(int fd, const std::string& data, int flags) {
  return Word(sys().send(fd, data.data(), data.size(), flags));
}

std::string SysContract::Recv(int fd, size_t size, int flags) {
  std::string data(size, '\0');
  const SysResult got = sys().recv(fd, data.data(), size, flags);
  if (!got.ok()) return ErrnoName(got.error);
  return got.value == 0 ? "EOF" : data.substr(0, static_cast<size_t>(got.value));
}

std::string SysContract::Close(int fd) {
  owned_.erase(std::remove(owned_.begin(), owned_.end(), fd), owned_.end());
  return Word(sys().close(fd));
}

std::string SysContract::Abort(int fd) {
  SetLinger(fd, 1, 0);
  return Close(fd);
}

void SysContract::SetLinger(int fd, int on, int seconds) {
  const linger value = {on, seconds};
  EXPECT_EQ(Word(sys().setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, sizeof(value))), "0");
}

void SysContract::SetNonBlocking(int fd) { EXPECT_EQ(Word(sys().fcntl(fd, F_SETFL, O_NONBLOCK)), "0"); }

int SysContract::Option(int fd, int level, int option) {
  int value = -1;
  socklen_t length = sizeof(value);
  return sys().getsockopt(fd, level, option, &value, &length).ok() ? value : -1;
}

std::string SysContract::Error(int fd) {
  const int error = Option(fd, SOL_SOCKET, SO_ERROR);
  return error == 0 ? "0" : ErrnoName(error);
}

std::string SysContract::State(int fd) {
  tcp_info info{};
  socklen_t length = sizeof(info);
  const SysResult got = sys().getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length);
  return got.ok() ? TcpStateName(static_cast<TcpState>(info.tcpi_state)) : ErrnoName(got.error);
}

size_t SysContract::Fill(int fd) {
  const std::string data(4096, 'x');
  size_t total = 0;
  while (total < 64 * 1024 * 1024) {
    const SysResult sent = sys().send(fd, data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (!sent.ok()) break;
    total += static_cast<size_t>(sent.value);
  }
  return total;
}

void SysContract::FillForGood(int fd) {
  const auto under_way = [&] {
    tcp_info info{};
    socklen_t length = sizeof(info);
    return sys().getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length).ok() && info.tcpi_unacked > 0;
  };
  (void)Fill(fd);
  for (int i = 0; i < kPatienceMs && (under_way() || Fill(fd) > 0); ++i) (void)sys().poll(nullptr, 0, 1);
}

short SysContract::Await(int fd, short events) {
  pollfd entry = {fd, events, 0};
  EXPECT_EQ(Word(sys().poll(&entry, 1, kPatienceMs)), "1");
  return entry.revents;
}

short SysContract::Now(int fd, short events) {
  pollfd entry = {fd, events, 0};
  (void)sys().poll(&entry, 1, 0);
  return entry.revents;
}

std::string SysContract::AwaitState(int fd, const std::string& state) {
  for (int i = 0; i < kPatienceMs && State(fd) != state; ++i) (void)sys().poll(nullptr, 0, 1);
  return State(fd);
}

std::string SysContract::ReadToEnd(int fd) {
  std::string all;
  while (Await(fd, POLLIN) != 0) {
    const std::string got = Recv(fd);
    const bool over = got == "EOF" || (got.size() > 1 && got.size() < 20 && got[0] == 'E');
    all += over && !all.empty() ? " " + got : got;
    if (over) return all;
  }
  return all + " nothing";
}

int SysContract::Pending(int fd) {
  int bytes = -1;
  (void)sys().ioctl(fd, SIOCOUTQ, &bytes);
  return bytes;
}

std::string SysContract::Meanwhile(const std::function<SysResult()>& call, const std::function<void()>& act) {
  const os::WaitedCall made = witness_->Meanwhile(call, act, [] {});
  EXPECT_TRUE(made.waited) << "it did not wait";
  return Word(made.timed.result);
}

std::unique_ptr<ForkedProcess> SysContract::Fork(const CallOfChild& call) {
  if (network_ != nullptr) return ForkOf(*network_, call);
  return ForkOfThisProcess(call);
}

void SysContract::AwaitPending(int fd, int bytes) {
  for (int i = 0; i < kPatienceMs && Pending(fd) != bytes; ++i) (void)sys().poll(nullptr, 0, 1);
  EXPECT_EQ(Pending(fd), bytes);
}

}  // namespace lastack
