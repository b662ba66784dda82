#include "mocks/fake_network.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace lastack {
namespace {

FakeAddress AddressOf(const sockaddr& address) {
  return address.sa_family == AF_INET6 ? FakeAddress::Of(reinterpret_cast<const sockaddr_in6&>(address))
                                       : FakeAddress::Of(reinterpret_cast<const sockaddr_in&>(address));
}

}  // namespace

// Accepts for a scripted peer.
class FakeNetwork::Listener : public FakeReactor {
 public:
  Listener(FakeNetwork& network, uint16_t port, std::function<void(FakePeer&)> accepted)
      : network_(network), accepted_(std::move(accepted)) {
    FakeProcess& process = network.peers_process_;
    sockaddr_in6 any{};
    any.sin6_family = AF_INET6;
    any.sin6_port = htons(port);
    fd_ = static_cast<int>(process.socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0).value);
    bound_ =
        process.bind(fd_, reinterpret_cast<const sockaddr*>(&any), sizeof(any)).ok() && process.listen(fd_, 4096).ok();
    process.FindSocket(fd_)->reaction = static_cast<FakeReactor*>(this);
  }

  bool bound() const { return bound_; }

  void React() override {
    while (true) {
      const SysResult got = network_.peers_process_.accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK);
      if (!got.ok()) return;
      accepted_(network_.AddPeer(static_cast<int>(got.value)));
    }
  }

 private:
  FakeNetwork& network_;
  std::function<void(FakePeer&)> accepted_;
  int fd_;
  bool bound_;
};

FakeNetwork::FakeNetwork(const FakeOptions& options)
    : FakeNetworkStack(options), FakeProcess(own_stack), peers_process_(own_stack) {
  stack_.react = [](FakeSocket& socket) { static_cast<FakeReactor*>(socket.reaction)->React(); };
}

FakeNetwork::~FakeNetwork() {
  peers_.clear();
  peers_process_.Exit();
}

FakePeer& FakeNetwork::AddPeer(int fd) {
  peers_.erase(std::remove_if(peers_.begin(), peers_.end(), [](const auto& peer) { return !peer->open(); }),
               peers_.end());
  peers_.push_back(std::make_unique<FakePeer>(stack_, peers_process_, fd));
  return *peers_.back();
}

void FakeNetwork::OnConnect(uint16_t port, std::function<void(FakePeer& peer)> accepted) {
  listeners_.push_back(std::make_unique<Listener>(*this, port, std::move(accepted)));
}

FakePeer& FakeNetwork::ConnectTo(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = static_cast<int>(peers_process_.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0).value);
  FakePeer& peer = AddPeer(fd);
  (void)peers_process_.connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  return peer;
}

void FakeNetwork::ResetPeerOf(int fd) {
  const FakeSocket* socket = FindSocket(fd);
  if (socket != nullptr && socket->is_tcp() && socket->peer != nullptr) stack_.tcp.Abort(*socket->peer);
  stack_.Settle();
}

void FakeNetwork::After(absl::Duration delay, std::function<void()> action) {
  stack_.ScheduleAction(now_ns() + absl::ToInt64Nanoseconds(delay), std::move(action));
}

TcpState FakeNetwork::State(int fd) const {
  const FakeSocket* socket = FindSocket(fd);
  if (socket == nullptr) return TcpState::kClose;
  return socket->time_wait_until_ns > now_ns() ? TcpState::kTimeWait : socket->state;
}

FakeSegments FakeNetwork::Sent(int fd) const {
  const FakeSocket* socket = FindSocket(fd);
  return socket != nullptr ? socket->segments : FakeSegments();
}

absl::optional<SocketRow> FakeNetwork::Row(const sockaddr& local, const sockaddr& remote) {
  return stack_.Row(AddressOf(local), AddressOf(remote));
}

absl::optional<FakeSegments> FakeNetwork::Sent(const sockaddr& local, const sockaddr& remote) {
  return stack_.Sent(AddressOf(local), AddressOf(remote));
}

void FakeNetwork::Settle(absl::Duration patience) {
  const int64_t until_ns = now_ns() + absl::ToInt64Nanoseconds(patience);
  while (next_event_ns() <= until_ns && Advance(until_ns)) {
  }
  stack_.Settle();
}

}  // namespace lastack
