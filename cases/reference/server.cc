#include "cases/reference/server.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <algorithm>

namespace lastack {
namespace {

constexpr int kBacklog = 128;

std::string AnswerOf(size_t body_bytes) {
  std::string answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body_bytes) +
                       "\r\nConnection: close\r\n\r\n";
  const size_t whole = answer.size() + body_bytes;
  while (answer.size() < whole) answer += "hello\n";
  answer.resize(whole);
  return answer;
}

int64_t NowMs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

bool IsTransient(int error) { return error == EAGAIN || error == EINTR; }

}  // namespace

Server::~Server() {
  for (Client& client : clients_) client.over = true;
  CloseWhatIsOver();
  if (listener_ != -1) (void)sys_.close(listener_);
}

bool Server::Fail(const char* call, int error) {
  fprintf(stderr, "%s: %s\n", call, strerror(error));
  return false;
}

bool Server::Listen() {
  const SysResult made = sys_.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (!made.ok()) return Fail("socket", made.error);
  listener_ = static_cast<int>(made.value);
  const int on = 1;
  (void)sys_.setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(options_.address);
  address.sin_port = htons(options_.port);
  const SysResult bound = sys_.bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  if (!bound.ok()) return Fail("bind", bound.error);
  const SysResult listening = sys_.listen(listener_, kBacklog);
  return listening.ok() || Fail("listen", listening.error);
}

void Server::Run(const volatile sig_atomic_t& stopped, const sigset_t& mask) {
  while (stopped == 0) {
    const bool accepts = NowMs() >= accept_again_ms_;
    std::vector<pollfd> entries = {{accepts ? listener_ : -1, POLLIN, 0}};
    for (const Client& client : clients_) {
      const int events = (client.saw_end ? 0 : POLLIN) | (client.out.empty() ? 0 : POLLOUT);
      entries.push_back({client.fd, static_cast<short>(events), 0});
    }
    const int timeout_ms = Timeout();
    const timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1'000'000};
    if (const SysResult ready = sys_.ppoll(entries.data(), entries.size(), timeout_ms < 0 ? nullptr : &timeout, &mask);
        !ready.ok()) {
      continue;  // a signal, or no memory for the moment
    }
    for (size_t i = 0; i < clients_.size(); ++i) Serve(clients_[i], entries[i + 1].revents);
    CloseWhatIsOver();
    if (entries[0].revents != 0) Accept();
  }
}

// Milliseconds to the next deadline; -1 for none.
int Server::Timeout() const {
  int64_t next = INT64_MAX;
  for (const Client& client : clients_) next = std::min(next, client.deadline_ms);
  if (const int64_t now = NowMs(); accept_again_ms_ > now) next = std::min(next, accept_again_ms_);
  return next == INT64_MAX ? -1 : static_cast<int>(std::max<int64_t>(next - NowMs(), 0));
}

// One at a time: who waits longer is reported again.
void Server::Accept() {
  const SysResult accepted = sys_.accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (accepted.ok()) {
    clients_.push_back({.fd = static_cast<int>(accepted.value), .in = {}, .out = {}});
    clients_.back().deadline_ms = NowMs() + options_.patience_ms;
    return;
  }
  const bool exhausted =
      accepted.error == EMFILE || accepted.error == ENFILE || accepted.error == ENOBUFS || accepted.error == ENOMEM;
  if (exhausted) accept_again_ms_ = NowMs() + options_.pause_ms;
}

void Server::Serve(Client& client, short ready) {
  if (ready == 0) {
    client.over = client.over || NowMs() >= client.deadline_ms;
    return;
  }
  client.deadline_ms = NowMs() + options_.patience_ms;
  if ((ready & (POLLIN | POLLHUP | POLLERR)) != 0 && !client.saw_end) Receive(client);
  if (!client.over) Answer(client);
  if (!client.over) Send(client);
}

void Server::Receive(Client& client) {
  char chunk[4096];
  const SysResult got = sys_.recv(client.fd, chunk, sizeof(chunk), 0);
  if (!got.ok()) {
    client.over = !IsTransient(got.error);
  } else if (got.value == 0) {
    client.saw_end = true;
  } else if (!client.answered) {
    client.in.append(chunk, static_cast<size_t>(got.value));
    client.over = client.in.size() > kMaxRequestBytes;
  }
}

void Server::Answer(Client& client) {
  if (client.answered) return;
  if (options_.echo) {
    client.out += client.in;
    client.in.clear();
    client.answered = client.saw_end;
  } else if (client.in.find("\r\n\r\n") != std::string::npos) {
    client.out = AnswerOf(options_.answer_bytes);
    client.answered = true;
  } else {
    client.over = client.saw_end;  // half a request
  }
}

void Server::Send(Client& client) {
  while (!client.out.empty()) {
    const SysResult sent = sys_.send(client.fd, client.out.data(), client.out.size(), MSG_NOSIGNAL);
    if (!sent.ok()) {
      client.over = !IsTransient(sent.error);
      return;
    }
    client.out.erase(0, static_cast<size_t>(sent.value));
  }
  if (client.answered && !client.finished) {
    client.finished = true;
    (void)sys_.shutdown(client.fd, SHUT_WR);  // where it fails the client is gone, and the receive says so
  }
  client.over = client.finished && client.saw_end;
}

void Server::CloseWhatIsOver() {
  for (const Client& client : clients_) {
    if (client.over) (void)sys_.close(client.fd);
  }
  std::erase_if(clients_, [](const Client& client) { return client.over; });
}

}  // namespace lastack
