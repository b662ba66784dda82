// One request and its answer on a TCP connection of its own, which is closed properly whatever happens: the reference
// for how a client ends a connection.
//
//   Exchange exchange(KernelSys::Instance(), {});
//   exchange.Run(addresses, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
//   Use(exchange.body());                                   // what came, even if not all of it
//   for (const std::string& error : exchange.errors()) ...  // "recv: ECONNRESET (Connection reset by peer)"
//
// The rules that it keeps:
//   - every socket that was opened is closed, exactly once, on every path;
//   - close is called once and its result looked at. Linux has released the number even where close fails, so a second
//     call could close another thread's descriptor. EINTR and ECONNRESET from close take nothing from an answer that
//     has come; any other error is reported;
//   - the first error stays the first: what the cleanup says comes after it;
//   - interrupted and partial calls are continued, with a bound, and no wait lasts longer than the patience;
//   - the peer's end is awaited before the close, so that no unread data turns it into a reset;
//   - a reset is never taken for the end of the answer; after ENOTCONN from shutdown the receive tells what happened;
//   - SIGPIPE is never raised.
//
// The steps are public so that a program can go wrong between them on purpose.
//
// Threads: one owner. Allocates. SysApi: socket, setsockopt, connect, poll, getsockopt, send, shutdown, recv, close.
// Sources: close(2) "Dealing with error returns from close()", connect(2) EINTR and EINPROGRESS, RFC 9293 section 3.6.
#ifndef LASTACK_CASES_REFERENCE_EXCHANGE_H_
#define LASTACK_CASES_REFERENCE_EXCHANGE_H_

#include <string>
#include <string_view>
#include <vector>

#include "cases/reference/resolve.h"
#include "harness/sys/sys_api.h"

namespace lastack {

struct ExchangeOptions {
  bool half_close = false;  // send FIN after the request, and receive on
  int patience_ms = 5000;   // bounds each wait for the peer
};

class Exchange {
 public:
  static constexpr size_t kMaxAnswerBytes = 64 << 20;
  static constexpr int kMaxAttempts = 32;  // of one call that is interrupted, or not ready, time and again

  Exchange(SysApi& sys, const ExchangeOptions& options) : sys_(sys), options_(options) {}

  // All of the steps below: returns whether there were no errors.
  bool Run(const std::vector<Address>& servers, std::string_view request);

  // Connects to the first server that lets it; the attempts that lost are closed, and their errors forgotten.
  [[nodiscard]] bool Connect(const std::vector<Address>& servers);
  // Takes over a socket that is connected already, and has to be closed from here on.
  void Adopt(int fd) { fd_ = fd; }
  // Sends it all, and FIN behind it with `half_close`.
  [[nodiscard]] bool Send(std::string_view request);
  // Receives to the end of the stream.
  void Receive();
  void Close();

  int fd() const { return fd_; }  // -1 if none is open
  const std::string& body() const { return body_; }
  const std::vector<std::string>& errors() const { return errors_; }

 private:
  bool ConnectTo(const Address& server);
  SysResult AwaitConnected();
  SysResult Await(short readiness);
  template <typename Attempt>
  SysResult Persist(short readiness, Attempt attempt);
  SysResult ReceiveToEnd(std::string& received);
  void Conclude(const SysResult& end, const std::string& received);
  bool Fail(const char* call, int error);

  SysApi& sys_;
  const ExchangeOptions options_;
  int fd_ = -1;
  std::string body_;
  std::vector<std::string> errors_;
};

}  // namespace lastack

#endif  // LASTACK_CASES_REFERENCE_EXCHANGE_H_
