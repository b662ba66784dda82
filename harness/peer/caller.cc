#include "harness/peer/caller.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "harness/peer/deadline.h"
#include "harness/peer/loopback.h"
#include "harness/peer/signals_blocked.h"

namespace lastack {
namespace {

bool AwaitsReset(const Script& script) {
  return std::any_of(script.begin(), script.end(),
                     [](const Step& step) { return step.kind == Step::Kind::kAwaitReset; });
}

sockaddr_in AddressOf(const Endpoint& endpoint) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(endpoint.address);
  address.sin_port = htons(endpoint.port);
  return address;
}

// 0, or the error with which a non-blocking connect ended.
int ConnectWithin(int socket, const sockaddr_in& address, absl::Duration timeout) {
  if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd entry = {socket, POLLOUT, 0};
  if (poll(&entry, 1, Deadline(timeout).PollMilliseconds()) <= 0) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);  // of our own socket, and before anything is played on it
  return error;
}

}  // namespace

std::vector<ConnectionRecord> Caller::Play(const std::vector<Script>& scripts) {
  const SignalsBlocked blocked;
  orders_are_awaited_ = std::any_of(scripts.begin(), scripts.end(), AwaitsReset);
  if (options_.orders != nullptr) {
    orders_ = std::make_unique<ResetOrders>(
        &options_.orders->reset_order,
        [this](uint16_t far_port, uint16_t near_port) { return Reset(far_port, near_port); });
  }
  std::vector<ConnectionRecord> records;
  for (size_t i = 0; i < scripts.size() && !stopped(); ++i) {
    records.push_back(PlayOne(scripts[i], i));
    if (records.back().trouble.empty() || i + 1 == scripts.size()) continue;
    if (options_.until_unserved) break;
    KeepCalm();
  }
  return records;
}

void Caller::KeepCalm() {
  if (calms_left_ == 0) return;
  --calms_left_;
  std::unique_lock<std::mutex> lock(mutex_);
  stopping_.wait_for(lock, absl::ToChronoNanoseconds(options_.calm), [this] { return stopped_; });
}

// Null, and the trouble in `failed`, if there is no connection.
std::unique_ptr<Connection> Caller::Begin(const Script& script, uint64_t index, ConnectionRecord* failed) {
  Connection::Setting setting;
  const int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  const int socket = wake < 0 ? -1 : Connect(IsNarrow(script), &setting.near, &failed->trouble);
  if (socket < 0) {
    if (wake >= 0) close(wake);
    return nullptr;
  }
  setting.far = server_;
  setting.script = &script;
  setting.script_index = index;
  setting.step_timeout = options_.step_timeout;
  setting.end_timeout = options_.end_timeout;
  setting.start_ns = options_.start_ns;
  setting.keep_left = &keep_left_;
  return std::make_unique<Connection>(socket, wake, setting);
}

ConnectionRecord Caller::PlayOne(const Script& script, uint64_t index) {
  ConnectionRecord failed;
  failed.script = index;
  failed.far_port = server_.port;
  std::unique_ptr<Connection> connection = Begin(script, index, &failed);
  if (connection == nullptr) return failed;
  if (Holds(script)) {
    connection->Start();
    connection->AwaitHolding(Deadline(options_.connection_timeout));
  } else if (PlayToEnd(*connection, !orders_are_awaited_ || AwaitsReset(script))) {
    return std::move(connection->record());
  }
  held_.push_back(std::move(connection));
  return failed;
}

// Whether the record is complete: the connection is over, or its time is up.
bool Caller::PlayToEnd(Connection& connection, bool obeys) {
  std::unique_lock<std::mutex> lock(mutex_);
  running_ = &connection;
  obeys_ = obeys;
  connection.Start();
  if (stopped_) connection.Stop(Deadline(absl::ZeroDuration()));
  lock.unlock();
  const bool in_time = connection.AwaitFinished(Deadline(options_.connection_timeout), options_.leave_after);
  const bool leaves = !in_time && options_.leave_after != absl::InfiniteDuration() && connection.awaits_end();
  if (!in_time && !leaves) connection.Stop(Deadline(absl::ZeroDuration()));
  lock.lock();
  running_ = nullptr;
  lock.unlock();
  if (leaves) return false;
  connection.Join();
  if (!in_time) {
    absl::StrAppend(&connection.record().trouble, " (its time of ", absl::FormatDuration(options_.connection_timeout),
                    " was up)");
  }
  return true;
}

void Caller::EndHeld(std::vector<ConnectionRecord>* records) {
  const Deadline deadline(options_.end_timeout);
  for (const std::unique_ptr<Connection>& connection : held_) connection->Stop(deadline);
  for (const std::unique_ptr<Connection>& connection : held_) {
    connection->Join();
    const uint64_t index = connection->record().script;
    if (index < records->size()) (*records)[index] = std::move(connection->record());
  }
  held_.clear();
}

int Caller::Connect(bool narrow, Endpoint* near, std::string* trouble) const {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  sockaddr_in here = AddressOf({server_.address, 0});
  socklen_t size = sizeof(here);
  int error = socket < 0 ? errno : 0;
  if (narrow && error == 0) MakeNarrow(socket);
  // The port is chosen by connect, which knows what is free toward this server.
  if (error == 0) setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
  if (error == 0 && bind(socket, reinterpret_cast<sockaddr*>(&here), size) != 0) error = errno;
  if (error == 0) error = ConnectWithin(socket, AddressOf(server_), options_.step_timeout);
  if (error == 0 && getsockname(socket, reinterpret_cast<sockaddr*>(&here), &size) != 0) error = errno;
  if (error == 0) {
    *near = EndpointOf(here);
    return socket;
  }
  *trouble = absl::StrCat("the peer could not connect to the subject: ", strerror(error));
  if (socket >= 0) close(socket);
  return -1;
}

// There is one connection at a time; a server may think of an earlier one.
bool Caller::Reset(uint16_t far_port, uint16_t near_port) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const bool is_running = running_ != nullptr && far_port == server_.port && near_port == running_->near_port();
  return is_running && obeys_ && running_->Reset();
}

bool Caller::stopped() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return stopped_;
}

void Caller::Stop() {
  const std::lock_guard<std::mutex> lock(mutex_);
  stopped_ = true;
  stopping_.notify_all();
  if (running_ != nullptr) running_->Stop(Deadline(absl::ZeroDuration()));
}

}  // namespace lastack
