#include "harness/peer/peer_socket.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "harness/peer/deadline.h"

namespace lastack {
namespace {

constexpr size_t kBufferSize = 64 * 1024;

}  // namespace

PeerSocket::PeerSocket(int socket, uint64_t start_ns, std::atomic<int64_t>* keep_left)
    : socket_(socket), start_ns_(start_ns), keep_left_(keep_left) {
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));  // each Send goes at once
  record_.accepted_ns = Now();
}

PeerSocket::~PeerSocket() { Close(); }

uint64_t PeerSocket::Now() const { return MonotonicNs() - start_ns_; }

void PeerSocket::SetEnding() {
  if (fin_) {
    record_.ending = reset_ ? Ending::kFinThenReset : Ending::kFin;
  } else if (reset_) {
    record_.ending = Ending::kReset;
  }
}

void PeerSocket::NoteFin() {
  if (fin_ || reset_ || !error_.empty()) return;
  fin_ = true;
  record_.fin_ns = Now();
  SetEnding();
}

void PeerSocket::NoteReset() {
  if (reset_) return;
  reset_ = true;
  record_.reset_ns = Now();
  SetEnding();
}

// Linux says EPIPE where the RST found the connection in CLOSE_WAIT, after the FIN, and ECONNRESET elsewhere.
void PeerSocket::NoteError(int error) {
  if (error == EPIPE) NoteFin();
  if (error == EPIPE || error == ECONNRESET) {
    NoteReset();
  } else {
    error_ = strerror(error);
  }
}

PeerSocket::Got PeerSocket::Note(ssize_t result, int error) {
  received_ = result > 0 ? static_cast<size_t>(result) : 0;
  if (result > 0) return Got::kBytes;
  if (result == 0) {
    NoteFin();
    return Got::kEnd;
  }
  if (error == EAGAIN || error == EINTR) return Got::kNothingYet;
  NoteError(error);
  return Got::kEnd;
}

void PeerSocket::Keep() {
  record_.bytes_received += received_;
  const size_t room = ConnectionRecord::kMaxKeptBytes - record_.received.size();
  const auto wanted = static_cast<int64_t>(std::min(room, received_));
  if (full_) return;
  if (keep_left_->fetch_sub(wanted) >= wanted) {
    record_.received.append(buffer_.data(), static_cast<size_t>(wanted));
  } else {
    keep_left_->fetch_add(wanted);
    full_ = true;  // for good: what is kept has no holes
  }
}

PeerSocket::Got PeerSocket::Receive(size_t limit) {
  if (socket_ < 0) return Got::kEnd;
  buffer_.resize(kBufferSize);
  const ssize_t size = recv(socket_, buffer_.data(), std::min(limit, buffer_.size()), MSG_DONTWAIT);
  const Got got = Note(size, errno);
  if (got == Got::kBytes) Keep();
  return got;
}

PeerSocket::Got PeerSocket::Peek() {
  if (socket_ < 0) return Got::kEnd;
  buffer_.resize(kBufferSize);
  const ssize_t size = recv(socket_, buffer_.data(), buffer_.size(), MSG_PEEK | MSG_DONTWAIT);
  return Note(size, errno);
}

bool PeerSocket::Send(absl::string_view bytes, size_t* sent) {
  *sent = 0;
  if (socket_ < 0) return false;
  const ssize_t size = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (size < 0) {
    if (errno == EAGAIN || errno == EINTR) return true;
    NoteError(errno);
    return false;
  }
  *sent = static_cast<size_t>(size);
  record_.bytes_sent += *sent;
  return true;
}

void PeerSocket::HoldBack() {
  const int on = 1;
  if (socket_ >= 0) setsockopt(socket_, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

void PeerSocket::Widen() {
  const int wide = 1 << 20;
  if (socket_ < 0) return;
  setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &wide, sizeof(wide));
  setsockopt(socket_, IPPROTO_TCP, TCP_WINDOW_CLAMP, &wide, sizeof(wide));
}

uint32_t PeerSocket::Untaken() const {
  int bytes = 0;
  if (socket_ < 0 || ioctl(socket_, SIOCINQ, &bytes) != 0) return 0;
  return static_cast<uint32_t>(bytes);
}

bool PeerSocket::SendFin() {
  if (record_.our_fin_ns != 0) return true;
  const uint64_t now = Now();
  if (socket_ < 0 || shutdown(socket_, SHUT_WR) != 0) {
    LookForEnd();
    return false;
  }
  record_.our_fin_ns = now;
  return true;
}

bool PeerSocket::SendReset() {
  const TcpState state = LookForEnd();
  // Linux sends a RST from these states only (tcp_need_reset).
  if (state != TcpState::kEstablished && state != TcpState::kCloseWait && state != TcpState::kFinWait1 &&
      state != TcpState::kFinWait2) {
    return false;
  }
  const linger abortive = {1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &abortive, sizeof(abortive));
  record_.our_reset_ns = Now();
  Release();
  return true;
}

void PeerSocket::Close() {
  if (socket_ < 0) return;
  int unread = 0;
  ioctl(socket_, SIOCINQ, &unread);
  const TcpState state = State();
  const uint64_t now = Now();
  if (unread > 0 && state != TcpState::kClose) {
    record_.our_reset_ns = now;
  } else if (state == TcpState::kEstablished || state == TcpState::kCloseWait) {
    record_.our_fin_ns = now;
  }
  Release();
}

void PeerSocket::Release() {
  record_.left_ns = Now();
  close(socket_);
  socket_ = -1;
  buffer_ = std::vector<char>();  // a finished connection keeps its record only
}

TcpState PeerSocket::State() const {
  tcp_info info = {};
  socklen_t size = sizeof(info);
  if (socket_ < 0 || getsockopt(socket_, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return TcpState::kClose;
  return static_cast<TcpState>(info.tcpi_state);
}

uint32_t PeerSocket::Unacknowledged() const {
  int bytes = 0;
  if (socket_ < 0 || ioctl(socket_, SIOCOUTQ, &bytes) != 0) return 0;
  return static_cast<uint32_t>(bytes);
}

// The state is read first: a connection that is over by then has its RST, if that was the reason, on record.
TcpState PeerSocket::LookForEnd() {
  const TcpState state = State();
  int error = 0;
  socklen_t size = sizeof(error);
  if (socket_ >= 0 && getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error != 0) NoteError(error);
  const bool fin_came = state == TcpState::kCloseWait || state == TcpState::kLastAck || state == TcpState::kClosing ||
                        state == TcpState::kClose;
  if (socket_ >= 0 && fin_came) NoteFin();
  return state;
}

std::string PeerSocket::WhyEnded() const {
  if (!error_.empty()) return absl::StrCat("the connection failed: ", error_);
  if (reset_) return fin_ ? "the subject sent FIN, then RST" : "the subject sent RST";
  if (fin_) return "the subject sent FIN";
  return "the connection is closed";
}

}  // namespace lastack
