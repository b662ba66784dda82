#include "harness/peer/test_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"

namespace lastack {
namespace {

sockaddr_storage AddressOf(const std::string& address, uint16_t port, bool mapped) {
  sockaddr_storage storage = {};
  if (mapped) {
    auto* const ipv6 = reinterpret_cast<sockaddr_in6*>(&storage);
    ipv6->sin6_family = AF_INET6;
    ipv6->sin6_port = htons(port);
    inet_pton(AF_INET6, absl::StrCat("::ffff:", address).c_str(), &ipv6->sin6_addr);
  } else {
    auto* const ipv4 = reinterpret_cast<sockaddr_in*>(&storage);
    ipv4->sin_family = AF_INET;
    ipv4->sin_port = htons(port);
    inet_pton(AF_INET, address.c_str(), &ipv4->sin_addr);
  }
  return storage;
}

}  // namespace

TestClient::TestClient(const std::string& address, uint16_t port, bool mapped) {
  socket_ = socket(mapped ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int small = 128 * 1024;  // so that a peer that sends more has to wait for us
  setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
  const timeval patience = {20, 0};  // a test that would hang fails
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  sockaddr_storage name = AddressOf(address, port, mapped);
  socklen_t size = mapped ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  connected_ = connect(socket_, reinterpret_cast<const sockaddr*>(&name), size) == 0;
  size = sizeof(name);
  getsockname(socket_, reinterpret_cast<sockaddr*>(&name), &size);
  const auto* const ipv4 = reinterpret_cast<const sockaddr_in*>(&name);  // the port is at the same place in both
  const auto* const ipv6 = reinterpret_cast<const sockaddr_in6*>(&name);
  uint32_t own = ipv4->sin_addr.s_addr;
  if (mapped) memcpy(&own, &ipv6->sin6_addr.s6_addr[12], sizeof(own));
  endpoint_ = {ntohl(own), ntohs(ipv4->sin_port)};
}

int TestClient::Send(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return 0;
}

std::string TestClient::Receive(size_t size) {
  std::string text(size, '\0');
  const ssize_t got = recv(socket_, text.data(), size, MSG_WAITALL);
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return text;
}

std::string TestClient::AwaitEnd() {
  std::vector<char> buffer(64 * 1024);
  ssize_t got;
  while ((got = recv(socket_, buffer.data(), buffer.size(), 0)) > 0) {
  }
  if (got == 0) return "EOF";
  return errno == ECONNRESET ? "ECONNRESET" : strerror(errno);
}

size_t TestClient::Fill() {
  const std::string block(64 * 1024, 'f');
  size_t total = 0;
  ssize_t sent;
  while ((sent = send(socket_, block.data(), block.size(), MSG_NOSIGNAL | MSG_DONTWAIT)) > 0) {
    total += static_cast<size_t>(sent);
  }
  return total;
}

void TestClient::HalfClose() { shutdown(socket_, SHUT_WR); }

void TestClient::Reset() {
  const linger abortive = {1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &abortive, sizeof(abortive));
  Close();
}

void TestClient::Close() {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
}

}  // namespace lastack
