#include "mocks/fake_peer.h"

#include <errno.h>

#include <utility>

namespace lastack {

FakePeer::FakePeer(FakeStack& stack, FakeProcess& process, int fd) : stack_(stack), process_(process), fd_(fd) {
  process_.FindSocket(fd)->reaction = static_cast<FakeReactor*>(this);
}

FakePeer::~FakePeer() {
  *alive_ = false;
  Close();
}

// What has arrived before the reaction was set is seen, too.
void FakePeer::ReactSoon() {
  if (open()) stack_.Notify(*process_.FindSocket(fd_), 0);
}

void FakePeer::OnData(DataAction action) {
  on_data_ = std::move(action);
  ReactSoon();
}

void FakePeer::OnEnd(Action action) {
  on_end_ = std::move(action);
  ReactSoon();
}

void FakePeer::OnReset(Action action) {
  on_reset_ = std::move(action);
  ReactSoon();
}

void FakePeer::After(absl::Duration delay, Action action) {
  stack_.ScheduleAction(stack_.events.now_ns() + absl::ToInt64Nanoseconds(delay),
                        [this, alive = alive_, action = std::move(action)] {
                          if (*alive) action(*this);
                        });
}

void FakePeer::Send(absl::string_view data) {
  unsent_.append(data.data(), data.size());
  Flush();
}

void FakePeer::Finish() {
  finishing_ = true;
  Flush();
}

void FakePeer::Close() {
  if (open()) (void)process_.close(std::exchange(fd_, -1));
}

void FakePeer::Reset() {
  if (!open()) return;
  const linger at_once = {1, 0};
  (void)process_.setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  Close();
}

void FakePeer::Flush() {
  while (open() && !unsent_.empty()) {
    const SysResult sent = process_.send(fd_, unsent_.data(), unsent_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (!sent.ok() && sent.error != EAGAIN) unsent_.clear();  // nobody will take it
    if (!sent.ok()) break;
    unsent_.erase(0, static_cast<size_t>(sent.value));
  }
  if (open() && finishing_ && unsent_.empty()) {
    finishing_ = false;
    (void)process_.shutdown(fd_, SHUT_WR);
  }
}

void FakePeer::React() {
  const FakeSocket* socket = process_.FindSocket(fd_);
  was_reset_ = was_reset_ || (socket->state == TcpState::kClose && socket->error != 0);  // before a call takes it
  Flush();
  while (open() && reads_) {
    char buffer[16 * 1024];
    const SysResult got = process_.recv(fd_, buffer, sizeof(buffer), MSG_DONTWAIT);
    if (!got.ok() || got.value == 0) break;
    const std::string data(buffer, static_cast<size_t>(got.value));
    received_ += data;
    const DataAction action = on_data_;  // it may set another
    if (action != nullptr) action(*this, data);
  }
  if (!open()) return;
  ended_ = socket->at_end;
  if (ended_ && !told_end_ && on_end_ != nullptr) {
    told_end_ = true;
    const Action action = on_end_;
    action(*this);
  }
  if (open() && was_reset_ && !told_reset_ && on_reset_ != nullptr) {
    told_reset_ = true;
    const Action action = on_reset_;
    action(*this);
  }
}

}  // namespace lastack
