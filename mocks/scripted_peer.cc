#include "mocks/scripted_peer.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "mocks/scripted_connection.h"

namespace lastack {
namespace {

// As of Peer and of Caller.
constexpr absl::Duration kStepTimeout = absl::Seconds(5);
constexpr absl::Duration kStepTimeoutOfCall = absl::Seconds(2);
constexpr absl::Duration kEndTimeoutOfCall = absl::Seconds(1);
constexpr absl::Duration kPatience = absl::Seconds(2);

sockaddr_in AddressOf(uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

}  // namespace

ScriptedPeer::ScriptedPeer(FakeNetwork& network, std::function<uint64_t()> now)
    : network_(network), now_(std::move(now)), process_(network.stack()) {}

ScriptedPeer::~ScriptedPeer() = default;

int ScriptedPeer::NewSocket() {
  return static_cast<int>(process_.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0).value);
}

uint16_t ScriptedPeer::Refuse() {
  listener_ = NewSocket();
  const sockaddr_in any = AddressOf(0);
  (void)process_.bind(listener_, reinterpret_cast<const sockaddr*>(&any), sizeof(any));
  return process_.FindSocket(listener_)->local.port;
}

uint16_t ScriptedPeer::Listen(std::vector<Script> scripts) {
  constexpr int kBacklog = 4096;
  const uint16_t port = Refuse();
  const int smallest = 1;
  const bool narrow = std::any_of(scripts.begin(), scripts.end(), IsNarrow);
  if (narrow) (void)process_.setsockopt(listener_, SOL_SOCKET, SO_RCVBUF, &smallest, sizeof(smallest));
  (void)process_.listen(listener_, kBacklog);
  scripts_ = std::move(scripts);
  return port;
}

void ScriptedPeer::Add(int fd, const Script& script, bool called) {
  ScriptedConnection::Setting setting;
  setting.script = script;
  setting.index = called ? connections_.size() : std::min(connections_.size(), scripts_.size() - 1);
  setting.called = called;
  setting.step_timeout = called ? kStepTimeoutOfCall : kStepTimeout;
  if (called) setting.end_timeout = kEndTimeoutOfCall;
  setting.now = now_;
  connections_.push_back(std::make_unique<ScriptedConnection>(network_, process_, fd, std::move(setting)));
}

size_t ScriptedPeer::Call(uint16_t port, const Script& script) {
  const int fd = NewSocket();
  const sockaddr_in to = AddressOf(port);
  (void)process_.connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to));
  Add(fd, script, true);
  Act();
  return connections_.size() - 1;
}

bool ScriptedPeer::over(size_t call) const { return connections_[call]->over(); }

bool ScriptedPeer::AcceptAll() {
  bool any = false;
  while (!scripts_.empty() && listener_ >= 0) {
    const SysResult accepted = process_.accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
    if (!accepted.ok()) break;
    Add(static_cast<int>(accepted.value), scripts_[std::min(connections_.size(), scripts_.size() - 1)], false);
    any = true;
  }
  return any;
}

bool ScriptedPeer::Act() {
  bool any = AcceptAll();
  for (const auto& connection : connections_) any = connection->Act() || any;
  return any;
}

int64_t ScriptedPeer::next_ns() const {
  int64_t next = FakeEvents::kNever;
  for (const auto& connection : connections_) next = std::min(next, connection->next_ns());
  return next;
}

ScriptedConnection* ScriptedPeer::Find(uint16_t subject_port, uint16_t peer_port) const {
  for (const auto& connection : connections_) {
    const ConnectionRecord& record = connection->record();
    if (record.far_port == subject_port && record.near_port == peer_port) return connection.get();
  }
  return nullptr;
}

bool ScriptedPeer::Reset(uint16_t subject_port, uint16_t peer_port) {
  ScriptedConnection* connection = Find(subject_port, peer_port);
  return connection != nullptr && connection->Reset();
}

std::vector<ConnectionRecord> ScriptedPeer::Stop() {
  AcceptAll();
  for (const auto& connection : connections_) connection->Stop();
  const int64_t until_ns = network_.now_ns() + absl::ToInt64Nanoseconds(kPatience);
  while (Act() || network_.Advance(std::min(until_ns, std::max(next_ns(), network_.now_ns())))) {
  }
  std::vector<ConnectionRecord> records;
  for (const auto& connection : connections_) {
    connection->Close();
    records.push_back(connection->record());
  }
  connections_.clear();
  return records;
}

}  // namespace lastack
