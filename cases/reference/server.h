// A small server, as the reference for how a server ends its connections: HTTP (one answer and the end), or echo.
//
//   Server server(KernelSys::Instance(), {.port = 8080});
//   if (!server.Listen()) ...
//   server.Run(stopped, mask);
//
// The rules that it keeps:
//   - every accepted socket is closed exactly once on every path, and so is the listener;
//   - an answer is followed by FIN, and the close by the client's FIN or the end of the patience, so that no unread
//     data turns it into a reset;
//   - a client's FIN ends what it sends, and not what it is sent: a request that came before it is answered;
//   - a reset ends one connection and no other; SIGPIPE is never raised;
//   - an accept that fails is no end: ECONNABORTED and EINTR concern one client; without descriptors it waits a little;
//   - close is called once, whatever it reports; SO_LINGER is left alone; SO_REUSEADDR lets it start again at once.
//
// Threads: one owner. Allocates. SysApi: socket, setsockopt, bind, listen, accept4, ppoll, recv, send, shutdown, close.
// Sources: accept(2) "Error handling", close(2), RFC 9112 section 9.6 (closing), RFC 9293 section 3.6.
#ifndef LASTACK_CASES_REFERENCE_SERVER_H_
#define LASTACK_CASES_REFERENCE_SERVER_H_

#include <netinet/in.h>
#include <signal.h>

#include <cstdint>
#include <string>
#include <vector>

#include "harness/sys/sys_api.h"

namespace lastack {

struct ServerOptions {
  uint32_t address = INADDR_LOOPBACK;  // in host order
  uint16_t port = 0;
  bool echo = false;
  size_t answer_bytes = 6;  // of the body of each answer
  int patience_ms = 5000;   // bounds each wait for a client
  int pause_ms = 5;         // between attempts to accept where no descriptors are left
};

class Server {
 public:
  static constexpr size_t kMaxRequestBytes = 64 << 10;

  Server(SysApi& sys, const ServerOptions& options) : sys_(sys), options_(options) {}
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  // False, with a line on stderr, if it cannot.
  [[nodiscard]] bool Listen();

  // Serves until `stopped`, which a signal handler may set; `mask` is in force only while it waits.
  void Run(const volatile sig_atomic_t& stopped, const sigset_t& mask);

 private:
  struct Client {
    int fd;
    std::string in;
    std::string out;        // what is still to be sent
    bool answered = false;  // nothing will be added to `out`
    bool finished = false;  // our FIN has gone
    bool saw_end = false;   // the client's FIN has come
    bool over = false;      // to be closed
    int64_t deadline_ms = 0;
  };

  bool Fail(const char* call, int error);
  int Timeout() const;
  void Accept();
  void Serve(Client& client, short ready);
  void Receive(Client& client);
  void Answer(Client& client);
  void Send(Client& client);
  void CloseWhatIsOver();

  SysApi& sys_;
  const ServerOptions options_;
  int listener_ = -1;
  int64_t accept_again_ms_ = 0;
  std::vector<Client> clients_;
};

}  // namespace lastack

#endif  // LASTACK_CASES_REFERENCE_SERVER_H_
