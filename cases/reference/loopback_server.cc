#include "cases/reference/loopback_server.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <string_view>
#include <utility>

#include "gtest/gtest.h"

namespace lastack {
namespace {

constexpr char kHead[] = "HTTP/1.1 200 OK\r\n";

// Receives until `end` has come, or to the end of the stream if it is empty. Returns 0, or the error.
int ReceiveUntil(int fd, std::string_view end, std::string& received) {
  while (end.empty() || received.find(end) == std::string::npos) {
    char chunk[4096];
    const ssize_t count = recv(fd, chunk, sizeof(chunk), 0);
    if (count <= 0) return count == 0 ? 0 : errno;
    received.append(chunk, static_cast<size_t>(count));
  }
  return 0;
}

void Send(int fd, const std::string& text) {
  EXPECT_EQ(send(fd, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
}

void Reset(int fd) {
  const linger abort = {.l_onoff = 1, .l_linger = 0};
  EXPECT_EQ(setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort)), 0);
  EXPECT_EQ(close(fd), 0);
}

LoopbackServer::Ending EndingOf(int fd) {
  std::string rest;
  const int error = ReceiveUntil(fd, "", rest);
  if (error == 0) return LoopbackServer::Ending::kFin;
  return error == ECONNRESET ? LoopbackServer::Ending::kReset : LoopbackServer::Ending::kNothing;
}

}  // namespace

LoopbackServer::LoopbackServer(Manner manner) : manner_(manner) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), length), 0);
  EXPECT_EQ(listen(listener_, SOMAXCONN), 0);
  EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length), 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread(&LoopbackServer::Serve, this);
}

LoopbackServer::~LoopbackServer() { Stop(); }

std::vector<LoopbackServer::Connection> LoopbackServer::Stop() {
  if (listener_ == -1) return {};
  shutdown(listener_, SHUT_RDWR);  // wakes the accept
  thread_.join();
  close(std::exchange(listener_, -1));
  std::vector<Connection> connections;
  for (Accepted& accepted : accepted_) {
    // A connection that we have reset has no ending of the client's.
    const Ending ending = accepted.fd == -1 ? Ending::kNothing : EndingOf(accepted.fd);
    connections.push_back({std::move(accepted.request), accepted.open_before, ending});
    if (accepted.fd != -1) close(accepted.fd);
  }
  return connections;
}

void LoopbackServer::Serve() {
  for (int fd; (fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) != -1;) Converse(fd);
}

int LoopbackServer::CountOpen() const {
  int open = 0;
  for (const Accepted& accepted : accepted_) {
    char byte;
    if (accepted.fd != -1 && recv(accepted.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == -1 && errno == EAGAIN) ++open;
  }
  return open;
}

// Leaves the connection open, for Stop to see how the client ends it.
void LoopbackServer::Converse(int fd) {
  const timeval patience = {.tv_sec = 10, .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  Accepted& accepted = accepted_.emplace_back(Accepted{fd, CountOpen(), {}});
  ReceiveUntil(fd, manner_ == Manner::kAnswersAfterClientsFin ? "" : "\r\n\r\n", accepted.request);
  switch (manner_) {
    case Manner::kAnswersAtOnce:
    case Manner::kAnswersAfterClientsFin:
      Send(fd, std::string(kHead) + "Content-Length: 5\r\n\r\n" + kBody);
      shutdown(fd, SHUT_WR);
      break;
    case Manner::kResetsWithinAnswer:
      Send(fd, std::string(kHead) + "\r\n" + kBody);
      Reset(std::exchange(accepted.fd, -1));
      break;
    case Manner::kEndsWithinAnswer:
      Send(fd, std::string(kHead) + "Content-Length: 100\r\n\r\n" + kBody);
      shutdown(fd, SHUT_WR);
      break;
    case Manner::kStaysSilent:
      break;
  }
}

}  // namespace lastack
