// A small client for the peer's tests: what a subject would do, step by step, with blocking calls.
//
// Threads: one owner. Allocates.
#ifndef LASTACK_HARNESS_PEER_TEST_CLIENT_H_
#define LASTACK_HARNESS_PEER_TEST_CLIENT_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "harness/peer/socket_row.h"

namespace lastack {

class TestClient {
 public:
  // Connects at once. Its receive queue is small, and no call blocks for more than 20 seconds. `mapped`: by an IPv6
  // socket, to the IPv4-mapped address.
  TestClient(const std::string& address, uint16_t port, bool mapped = false);
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;
  ~TestClient() { Close(); }

  bool connected() const { return connected_; }
  const Endpoint& endpoint() const { return endpoint_; }  // our own: the peer's far side
  uint16_t port() const { return endpoint_.port; }

  // 0, or the errno.
  int Send(absl::string_view bytes);
  // Exactly `size` bytes; fewer if the connection ends before.
  std::string Receive(size_t size);
  // "EOF" or the name of the error that ends the connection; bytes before it are passed over.
  std::string AwaitEnd();
  // Sends until nothing more fits; the number of bytes.
  size_t Fill();

  void HalfClose();  // FIN
  void Reset();      // RST, by SO_LINGER {1, 0} and close
  void Close();      // FIN, or RST where data was not read

 private:
  int socket_ = -1;
  Endpoint endpoint_;
  bool connected_ = false;
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_PEER_TEST_CLIENT_H_
