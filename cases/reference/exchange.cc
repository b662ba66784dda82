#include "cases/reference/exchange.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "cases/reference/http_answer.h"

namespace lastack {

bool Exchange::Run(const std::vector<Address>& servers, std::string_view request) {
  if (!Connect(servers)) return false;
  if (Send(request)) Receive();
  Close();
  return errors_.empty();
}

bool Exchange::Connect(const std::vector<Address>& servers) {
  for (const Address& server : servers) {
    if (!ConnectTo(server)) continue;
    errors_.clear();
    return true;
  }
  return false;
}

bool Exchange::Send(std::string_view request) {
  while (!request.empty()) {
    const SysResult sent =
        Persist(POLLOUT, [&] { return sys_.send(fd_, request.data(), request.size(), MSG_NOSIGNAL); });
    if (!sent.ok()) return Fail("send", sent.error);
    request.remove_prefix(static_cast<size_t>(sent.value));
  }
  if (!options_.half_close) return true;
  const SysResult finished = Persist(POLLOUT, [&] { return sys_.shutdown(fd_, SHUT_WR); });
  // Not connected: the peer has reset the connection. Whether that came after its answer is for the receive to say.
  return finished.ok() || finished.error == ENOTCONN || Fail("shutdown", finished.error);
}

void Exchange::Receive() {
  std::string received;
  const SysResult end = ReceiveToEnd(received);
  Conclude(end, received);
}

void Exchange::Close() {
  const SysResult closed = sys_.close(fd_);
  fd_ = -1;
  if (!closed.ok() && closed.error != EINTR && closed.error != ECONNRESET) Fail("close", closed.error);
}

bool Exchange::ConnectTo(const Address& server) {
  const SysResult made = sys_.socket(server.get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (!made.ok()) return Fail("socket", made.error);
  fd_ = static_cast<int>(made.value);

  const int on = 1;
  const SysResult set = sys_.setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (!set.ok()) {
    Fail("setsockopt", set.error);
    Close();
    return false;
  }
  SysResult connected = sys_.connect(fd_, server.get(), server.length);
  // An interrupted connect goes on by itself; calling it again would fail with EALREADY.
  if (connected.error == EINTR || connected.error == EINPROGRESS) connected = AwaitConnected();
  if (connected.ok()) return true;
  Fail("connect", connected.error);
  Close();
  return false;
}

SysResult Exchange::AwaitConnected() {
  const SysResult ready = Await(POLLOUT);
  if (!ready.ok()) return ready;
  int error = 0;
  socklen_t length = sizeof(error);
  const SysResult asked = sys_.getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length);
  if (!asked.ok()) return asked;
  return error == 0 ? SysResult{0, 0} : SysResult{-1, error};
}

// Waits until the socket is ready, or in error: the next call on it then says in which.
SysResult Exchange::Await(short readiness) {
  SysResult ready = {-1, EINTR};
  for (int attempt = 0; ready.error == EINTR && attempt < kMaxAttempts; ++attempt) {
    pollfd socket = {fd_, readiness, 0};
    ready = sys_.poll(&socket, 1, options_.patience_ms);
  }
  return ready.value == 0 ? SysResult{-1, ETIMEDOUT} : ready;
}

// Makes a call again while it is interrupted, and after a wait while it would block.
template <typename Attempt>
SysResult Exchange::Persist(short readiness, Attempt attempt) {
  SysResult result = attempt();
  for (int repeats = 1; repeats < kMaxAttempts; ++repeats) {
    if (result.error != EINTR && result.error != EAGAIN) break;
    if (result.error == EAGAIN) {
      const SysResult ready = Await(readiness);
      if (!ready.ok()) return ready;
    }
    result = attempt();
  }
  return result;
}

// Returns what ended it: 0 for the peer's FIN, or the error.
SysResult Exchange::ReceiveToEnd(std::string& received) {
  char chunk[16 * 1024];
  while (received.size() < kMaxAnswerBytes) {
    const SysResult ready = Await(POLLIN);
    if (!ready.ok()) return ready;
    const SysResult got = Persist(POLLIN, [&] { return sys_.recv(fd_, chunk, sizeof(chunk), 0); });
    if (got.value <= 0) return got;
    received.append(chunk, static_cast<size_t>(got.value));
  }
  return {-1, EMSGSIZE};
}

void Exchange::Conclude(const SysResult& end, const std::string& received) {
  const HttpAnswer answer = ParseAnswer(received);
  body_ = answer.body;
  if (!answer.problem.empty()) errors_.emplace_back(answer.problem);
  if (answer.complete()) return;
  if (!end.ok()) {
    Fail("recv", end.error);
  } else if (!answer.has_head) {
    errors_.push_back("the answer ended within its head");
  } else if (answer.promised_bytes.has_value()) {
    errors_.push_back("the answer ended after " + std::to_string(body_.size()) + " of " +
                      std::to_string(*answer.promised_bytes) + " bytes");
  }
}

// Returns false, for the caller to return.
bool Exchange::Fail(const char* call, int error) {
  const char* name = strerrorname_np(error);
  errors_.push_back(std::string(call) + ": " + (name == nullptr ? "unknown error" : name) + " (" + strerror(error) +
                    ")");
  return false;
}

}  // namespace lastack
