#include "harness/peer/peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "harness/peer/connection.h"
#include "harness/peer/deadline.h"
#include "harness/peer/loopback.h"
#include "harness/peer/reset_orders.h"
#include "harness/peer/signals_blocked.h"

namespace lastack {
namespace {

constexpr int kBacklog = 4096;

// How long to wait for a descriptor to become free; the connections wait in the kernel meanwhile.
constexpr int kRetryAcceptMs = 10;

}  // namespace

class Peer::Impl {
 public:
  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl();

  absl::Status Bind(sockaddr_in address);
  absl::Status Listen(sockaddr_in address, bool narrow);
  uint16_t port() const { return near_.port; }
  void Start(std::vector<Script> scripts, const Options& options);
  size_t unfinished();
  std::vector<ConnectionRecord> Stop(absl::Duration patience);

 private:
  void AcceptUntilStop();
  bool AcceptPending();
  void Add(int socket, const Endpoint& far);
  void JoinFinished();
  bool Reset(uint16_t far_port);
  void StopConnections(const Deadline& patience);

  Endpoint near_;
  int listener_ = -1;
  bool listens_ = false;
  int stop_ = -1;  // an eventfd, readable when Stop was called
  std::vector<Script> scripts_;
  Options options_;
  std::atomic<int64_t> keep_left_{static_cast<int64_t>(kMaxKeptByAll)};

  std::mutex mutex_;     // of the three below
  int spare_wake_ = -1;  // an eventfd for the next connection: none is accepted that could not be played
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> running_;

  std::unique_ptr<ResetOrders> orders_;
  std::thread acceptor_;
};

Peer::Impl::~Impl() {
  Stop(absl::ZeroDuration());
  if (listener_ >= 0) close(listener_);
  if (stop_ >= 0) close(stop_);
  if (spare_wake_ >= 0) close(spare_wake_);
}

absl::Status Peer::Impl::Bind(sockaddr_in address) {
  stop_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  socklen_t size = sizeof(address);
  sockaddr* const name = reinterpret_cast<sockaddr*>(&address);
  if (stop_ < 0 || listener_ < 0 || bind(listener_, name, size) != 0 || getsockname(listener_, name, &size) != 0) {
    return absl::ErrnoToStatus(errno, "the peer cannot have a port");
  }
  near_ = EndpointOf(address);
  return absl::OkStatus();
}

absl::Status Peer::Impl::Listen(sockaddr_in address, bool narrow) {
  if (absl::Status bound = Bind(address); !bound.ok()) return bound;
  if (narrow) MakeNarrow(listener_);
  listens_ = listen(listener_, kBacklog) == 0;
  return listens_ ? absl::OkStatus() : absl::ErrnoToStatus(errno, "the peer cannot listen");
}

void Peer::Impl::Start(std::vector<Script> scripts, const Options& options) {
  if (!listens_) return;
  scripts_ = std::move(scripts);
  if (scripts_.empty()) scripts_.emplace_back();
  options_ = options;
  const SignalsBlocked blocked;
  acceptor_ = std::thread([this] { AcceptUntilStop(); });
  if (options_.orders == nullptr) return;
  orders_ = std::make_unique<ResetOrders>(&options_.orders->reset_order,
                                          [this](uint16_t far_port, uint16_t) { return Reset(far_port); });
}

void Peer::Impl::AcceptUntilStop() {
  pollfd entries[] = {{stop_, POLLIN, 0}, {listener_, POLLIN, 0}};
  do {
    const bool room = AcceptPending();
    poll(entries, room ? 2 : 1, room ? -1 : kRetryAcceptMs);
  } while (entries[0].revents == 0);
}

// Accepts all that wait. False if the next one cannot be accepted now: no descriptors are left, for example.
bool Peer::Impl::AcceptPending() {
  const std::lock_guard<std::mutex> lock(mutex_);
  JoinFinished();
  for (;;) {
    if (spare_wake_ < 0) spare_wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (spare_wake_ < 0) return false;
    sockaddr_in far = {};
    socklen_t size = sizeof(far);
    const int socket = accept4(listener_, reinterpret_cast<sockaddr*>(&far), &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket >= 0) {
      Add(socket, EndpointOf(far));
    } else if (errno != ECONNABORTED && errno != EINTR) {
      return errno == EAGAIN;
    }
  }
}

void Peer::Impl::Add(int socket, const Endpoint& far) {
  const size_t index = std::min(connections_.size(), scripts_.size() - 1);
  Connection::Setting setting;
  setting.near = near_;
  setting.far = far;
  setting.script = &scripts_[index];
  setting.script_index = index;
  setting.step_timeout = options_.step_timeout;
  setting.start_ns = options_.start_ns;
  setting.keep_left = &keep_left_;
  connections_.push_back(std::make_unique<Connection>(socket, std::exchange(spare_wake_, -1), setting));
  running_.push_back(connections_.back().get());
  connections_.back()->Start();
}

// Thousands of connections one after the other must not leave thousands of threads to be joined.
void Peer::Impl::JoinFinished() {
  const auto finished = std::partition(running_.begin(), running_.end(), [](Connection* c) { return !c->finished(); });
  std::for_each(finished, running_.end(), [](Connection* connection) { connection->Join(); });
  running_.erase(finished, running_.end());
}

bool Peer::Impl::Reset(uint16_t far_port) {
  AcceptPending();  // a connection that the subject knows is at least waiting here
  std::unique_lock<std::mutex> lock(mutex_);
  const auto found = std::find_if(running_.begin(), running_.end(), [&](Connection* connection) {
    return connection->far_port() == far_port && !connection->finished();
  });
  if (found == running_.end()) return false;
  Connection* const connection = *found;
  lock.unlock();
  return connection->Reset();
}

size_t Peer::Impl::unfinished() {
  AcceptPending();
  const std::lock_guard<std::mutex> lock(mutex_);
  return static_cast<size_t>(
      std::count_if(running_.begin(), running_.end(), [](Connection* c) { return !c->finished(); }));
}

void Peer::Impl::StopConnections(const Deadline& patience) {
  for (const std::unique_ptr<Connection>& connection : connections_) connection->Stop(patience);
  for (const std::unique_ptr<Connection>& connection : connections_) connection->Join();
}

std::vector<ConnectionRecord> Peer::Impl::Stop(absl::Duration patience) {
  if (!acceptor_.joinable()) return {};
  const Deadline deadline(patience);
  eventfd_write(stop_, 1);
  acceptor_.join();
  orders_.reset();
  StopConnections(deadline);
  // What the subject began before it was gone, and nobody has accepted yet.
  size_t before;
  do {
    before = connections_.size();
    AcceptPending();
    StopConnections(deadline);
  } while (connections_.size() > before);
  std::vector<ConnectionRecord> records;
  for (const std::unique_ptr<Connection>& connection : connections_) records.push_back(std::move(connection->record()));
  running_.clear();
  connections_.clear();
  return records;
}

Peer::Peer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Peer::~Peer() = default;

absl::StatusOr<std::unique_ptr<Peer>> Peer::Listen(const std::string& address, bool narrow) {
  const absl::StatusOr<sockaddr_in> parsed = LoopbackAddress(address);
  if (!parsed.ok()) return parsed.status();
  auto impl = std::make_unique<Impl>();
  if (absl::Status listening = impl->Listen(*parsed, narrow); !listening.ok()) return listening;
  return std::unique_ptr<Peer>(new Peer(std::move(impl)));
}

absl::StatusOr<std::unique_ptr<Peer>> Peer::Refuse(const std::string& address) {
  const absl::StatusOr<sockaddr_in> parsed = LoopbackAddress(address);
  if (!parsed.ok()) return parsed.status();
  auto impl = std::make_unique<Impl>();
  if (absl::Status bound = impl->Bind(*parsed); !bound.ok()) return bound;
  return std::unique_ptr<Peer>(new Peer(std::move(impl)));
}

uint16_t Peer::port() const { return impl_->port(); }

size_t Peer::unfinished() const { return impl_->unfinished(); }

void Peer::Start(std::vector<Script> scripts, const Options& options) { impl_->Start(std::move(scripts), options); }

std::vector<ConnectionRecord> Peer::Stop(absl::Duration patience) { return impl_->Stop(patience); }

}  // namespace lastack
