// A small HTTP server on a thread of the test, for tests that start client programs.
//
//   LoopbackServer server(LoopbackServer::Manner::kAnswersAtOnce);
//   ... run the client against server.Url() ...
//   for (const LoopbackServer::Connection& connection : server.Stop()) ...
//
// Threads: one owner. Allocates.
#ifndef LASTACK_CASES_REFERENCE_LOOPBACK_SERVER_H_
#define LASTACK_CASES_REFERENCE_LOOPBACK_SERVER_H_

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace lastack {

class LoopbackServer {
 public:
  static constexpr char kBody[] = "hello";

  enum class Manner {
    kAnswersAtOnce,           // the whole answer, then FIN
    kAnswersAfterClientsFin,  // the same, but not before the client has sent its FIN
    kResetsWithinAnswer,      // an answer that only the end would end, then RST
    kEndsWithinAnswer,        // less than was promised, then FIN
    kStaysSilent,             // nothing until Stop
  };
  enum class Ending { kFin, kReset, kNothing };
  struct Connection {
    std::string request;
    int open_before;  // earlier connections that the client had not ended when it made this one
    Ending ending;    // of the client's side
  };

  explicit LoopbackServer(Manner manner);
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  uint16_t port() const { return port_; }
  std::string Url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

  // Call it when the client is gone. The connections, by order of acceptance; a second call returns nothing.
  std::vector<Connection> Stop();

 private:
  struct Accepted {
    int fd;  // -1 once we have reset it
    int open_before;
    std::string request;
  };

  void Serve();
  int CountOpen() const;
  void Converse(int fd);

  const Manner manner_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::vector<Accepted> accepted_;  // of the thread, until it is joined
  std::thread thread_;
};

}  // namespace lastack

#endif  // LASTACK_CASES_REFERENCE_LOOPBACK_SERVER_H_
