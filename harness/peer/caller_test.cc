// The peer as a client: what it plays on connections that it makes, and what its records say of a server.
#include "harness/peer/caller.h"

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "harness/peer/deadline.h"
#include "harness/peer/loopback.h"

namespace lastack {
namespace {

constexpr char kAddress[] = "127.0.0.2";

std::string ReceiveToEnd(int fd) {
  std::string received;
  char chunk[256];
  for (ssize_t size; (size = recv(fd, chunk, sizeof(chunk), 0)) > 0;) received.append(chunk, static_cast<size_t>(size));
  return received;
}

// A server that serves one connection after the other, by a function, on a thread of its own.
class Server {
 public:
  explicit Server(std::function<void(int fd)> serve) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = *LoopbackAddress(kAddress);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 16), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    endpoint_ = EndpointOf(address);
    thread_ = std::thread([this, serve = std::move(serve)] {
      sockaddr_in far = {};
      socklen_t far_size = sizeof(far);
      for (int fd; (fd = accept(listener_, reinterpret_cast<sockaddr*>(&far), &far_size)) >= 0;) {
        ports_.push_back(ntohs(far.sin_port));
        serve(fd);
        close(fd);
      }
    });
  }
  ~Server() { Stop(); }
  void Stop() {
    if (!thread_.joinable()) return;
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

  const Endpoint& endpoint() const { return endpoint_; }
  const std::vector<uint16_t>& ports() const { return ports_; }  // after Stop: where the connections came from

 private:
  int listener_ = -1;
  Endpoint endpoint_;
  std::vector<uint16_t> ports_;
  std::thread thread_;
};

void Echo(int fd) {
  const std::string received = ReceiveToEnd(fd);
  send(fd, received.data(), received.size(), MSG_NOSIGNAL);
}

TEST(CallerTest, PlaysOneScriptAfterTheOtherFromPortsOfTheirOwn) {
  Server server(Echo);
  Caller caller(server.endpoint(), {.start_ns = MonotonicNs()});
  const Script script = {Step::Send("hello"), Step::HalfClose(), Step::ExpectBytes(5), Step::ExpectEnd()};
  const std::vector<ConnectionRecord> records = caller.Play({script, script, script});
  server.Stop();
  ASSERT_EQ(records.size(), 3u);
  ASSERT_EQ(server.ports().size(), 3u);
  for (size_t i = 0; i < records.size(); ++i) {
    EXPECT_TRUE(records[i].script_done) << records[i].trouble;
    EXPECT_EQ(records[i].received, "hello");
    EXPECT_EQ(records[i].ending, Ending::kFin);
    EXPECT_EQ(records[i].near_port, server.ports()[i]);
    EXPECT_EQ(records[i].far_port, server.endpoint().port);
    EXPECT_EQ(records[i].script, i);
    EXPECT_TRUE(i == 0 || records[i].accepted_ns > records[i - 1].fin_ns) << i;
  }
}

TEST(CallerTest, PlaysUntilAScriptFailsOnRequest) {
  Server server(Echo);
  const Script good = {Step::Send("hello"), Step::HalfClose(), Step::ExpectBytes(5), Step::ExpectEnd()};
  const Script bad = {Step::Send("hello"), Step::HalfClose(), Step::ExpectUntil("good-bye")};
  Caller patient(server.endpoint(), {.start_ns = MonotonicNs()});
  EXPECT_EQ(patient.Play({good, bad, good}).size(), 3u);
  Caller caller(server.endpoint(), {.until_unserved = true, .start_ns = MonotonicNs()});
  const std::vector<ConnectionRecord> records = caller.Play({good, bad, good});
  ASSERT_EQ(records.size(), 2u);
  EXPECT_NE(records.back().trouble, "");
}

TEST(CallerTest, TheLastBytesAndOurFinComeInOneSegment) {
  bool ended_with_the_bytes = false;
  Server server([&](int fd) {
    char bytes[64];
    const ssize_t size = recv(fd, bytes, sizeof(bytes), 0);
    char more;
    ended_with_the_bytes = size == 5 && recv(fd, &more, 1, MSG_DONTWAIT) == 0;
  });
  Caller caller(server.endpoint(), {.start_ns = MonotonicNs()});
  const std::vector<ConnectionRecord> records = caller.Play({{Step::SendLast("hello"), Step::ExpectEnd()}});
  server.Stop();
  EXPECT_TRUE(records[0].script_done) << records[0].trouble;
  EXPECT_TRUE(ended_with_the_bytes);
}

TEST(CallerTest, AServerThatKeepsTheConnectionIsToldByOurFin) {
  std::string received;
  Server server([&](int fd) { received = ReceiveToEnd(fd); });
  Caller caller(server.endpoint(), {.end_timeout = absl::Milliseconds(20), .start_ns = MonotonicNs()});
  const std::vector<ConnectionRecord> records = caller.Play({{Step::Send("hello"), Step::ExpectEnd(), Step::Finish()}});
  server.Stop();
  EXPECT_TRUE(records[0].script_done) << records[0].trouble;
  EXPECT_GT(records[0].fin_ns, records[0].our_fin_ns);
  EXPECT_EQ(received, "hello");
}

TEST(CallerTest, ACallerStallsOnlyAsLongAsItWaitsForTheEnd) {
  std::string received;
  Server server([&](int fd) { received = ReceiveToEnd(fd); });
  Caller caller(server.endpoint(), {.end_timeout = absl::Milliseconds(20), .start_ns = MonotonicNs()});
  const std::vector<ConnectionRecord> records = caller.Play({{Step::Send("hello"), Step::Stall(), Step::Finish()}});
  server.Stop();
  EXPECT_TRUE(records[0].script_done) << records[0].trouble;
  EXPECT_EQ(records[0].trouble, "");
  EXPECT_GE(records[0].our_fin_ns - records[0].accepted_ns, 20'000'000u) << "it did stall";
  EXPECT_GT(records[0].fin_ns, records[0].our_fin_ns);
  EXPECT_EQ(received, "hello");
}

TEST(CallerTest, AStalledCallerReadsNothing) {
  ssize_t left = 0;
  Server server([&](int fd) {
    EXPECT_EQ(send(fd, "hello", 5, MSG_NOSIGNAL), 5);
    char byte;
    left = recv(fd, &byte, 1, 0);
  });
  Caller caller(server.endpoint(), {.end_timeout = absl::Milliseconds(20), .start_ns = MonotonicNs()});
  const std::vector<ConnectionRecord> records = caller.Play({{Step::Stall(), Step::Reset()}});
  server.Stop();
  EXPECT_TRUE(records[0].script_done) << records[0].trouble;
  EXPECT_EQ(records[0].received, "");
  EXPECT_EQ(left, -1) << "the reset";
}

TEST(CallerTest, AServerThatNeverEndsIsLeftWhenTheConnectionsTimeIsUp) {
  int held = -1;
  Server server([&](int fd) { held = dup(fd); });
  Caller caller(server.endpoint(), {.connection_timeout = absl::Milliseconds(50), .start_ns = MonotonicNs()});
  const std::vector<ConnectionRecord> records = caller.Play({{Step::Send("hello"), Step::Finish()}});
  server.Stop();
  close(held);
  EXPECT_TRUE(records[0].script_done) << "the client has done its part";
  EXPECT_EQ(records[0].ending, Ending::kNothing);
  EXPECT_TRUE(absl::StrContains(records[0].trouble, "its time of 50ms was up")) << records[0].trouble;
}

TEST(CallerTest, AClientIsLeftBehindThatWaitsForTheServersEndOnly) {
  std::vector<int> kept;
  std::atomic<int> served{0};
  Server server([&](int fd) {
    (void)ReceiveToEnd(fd);
    kept.push_back(dup(fd));  // closed by the server, and not released: no FIN goes
    ++served;
  });
  Caller caller(
      server.endpoint(),
      {.end_timeout = absl::Milliseconds(100), .leave_after = absl::Milliseconds(1), .start_ns = MonotonicNs()});
  const Script script = {Step::Send("hello"), Step::Finish()};
  const std::vector<Script> scripts = {script, script, {Step::SendLast("hello")}};
  std::vector<ConnectionRecord> records = caller.Play(scripts);
  ASSERT_EQ(records.size(), 3u);
  while (served < 3) std::this_thread::yield();  // the later ones come beside the first
  server.Stop();
  close(kept[1]);
  caller.EndHeld(&records);
  for (const int i : {0, 1, 2}) {
    EXPECT_EQ(records[i].script, static_cast<uint64_t>(i));
    EXPECT_NE(records[i].our_fin_ns, 0u) << i;
    EXPECT_EQ(records[i].ending, i == 1 ? Ending::kFin : Ending::kNothing) << i << ": " << records[i].trouble;
  }
  close(kept[0]);
  close(kept[2]);
}

TEST(CallerTest, AClientThatWasNotServedIsNotLeftBehind) {
  Server server([](int fd) { (void)ReceiveToEnd(fd); });
  Caller caller(server.endpoint(),
                {.step_timeout = absl::Milliseconds(1), .leave_after = absl::ZeroDuration(), .until_unserved = true});
  const std::vector<Script> scripts = {{Step::Send("hello"), Step::ExpectUntil("hello")}, {Step::Send("hello")}};
  const std::vector<ConnectionRecord> records = caller.Play(scripts);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_NE(records.front().trouble, "");
}

TEST(CallerTest, ARefusedConnectionIsARecordWithTrouble) {
  Endpoint nobody;
  {
    Server server(Echo);
    nobody = server.endpoint();
  }
  Caller caller(nobody, {});
  const std::vector<ConnectionRecord> records = caller.Play({{Step::Send("hello")}});
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].near_port, 0);
  EXPECT_EQ(records[0].trouble, "the peer could not connect to the subject: Connection refused");
}

TEST(CallerTest, AConnectionThatIsHeldLastsUntilTheOthersAreOver) {
  std::vector<int> open;
  Server server([&](int fd) {
    open.push_back(dup(fd));
    if (open.size() == 2) shutdown(fd, SHUT_WR);
  });
  Caller caller(server.endpoint(), {.end_timeout = absl::Milliseconds(100), .start_ns = MonotonicNs()});
  const std::vector<Script> scripts = {{Step::Send("held"), Step::Hold(), Step::Finish()}, {Step::ExpectEnd()}};
  std::vector<ConnectionRecord> records = caller.Play(scripts);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].our_fin_ns, 0u) << "it is held";
  caller.EndHeld(&records);
  server.Stop();
  for (const int fd : open) close(fd);
  EXPECT_GT(records[0].our_fin_ns, records[1].fin_ns);
  EXPECT_LT(records[0].accepted_ns, records[1].accepted_ns);
  EXPECT_EQ(records[0].bytes_sent, 4u);
}

// What the agent does: orders a reset through the shared header, and waits for the answer.
uint32_t Order(ResetOrder& order, uint16_t port, uint16_t peer_port) {
  order.port = port;
  order.peer_port = peer_port;
  __atomic_store_n(&order.state, ResetOrder::kRequested, __ATOMIC_RELEASE);
  uint32_t answer;
  while ((answer = __atomic_load_n(&order.state, __ATOMIC_ACQUIRE)) == ResetOrder::kRequested) {
    std::this_thread::yield();
  }
  __atomic_store_n(&order.state, ResetOrder::kIdle, __ATOMIC_RELEASE);
  return answer;
}

uint16_t PortBy(int (*name_of)(int, sockaddr*, socklen_t*), int fd) {
  sockaddr_in name = {};
  socklen_t size = sizeof(name);
  name_of(fd, reinterpret_cast<sockaddr*>(&name), &size);
  return ntohs(name.sin_port);
}

TEST(CallerTest, AnOrderForAnEarlierConnectionSparesTheOneThatIsPlayed) {
  TraceHeader header = {};
  std::vector<uint32_t> answers;
  uint16_t first = 0;
  Server server([&](int fd) {
    if (first == 0) {
      first = PortBy(getpeername, fd);
    } else {
      answers.push_back(Order(header.reset_order, PortBy(getsockname, fd), first));
      answers.push_back(Order(header.reset_order, PortBy(getsockname, fd), 0));
    }
    EXPECT_EQ(send(fd, "x", 1, MSG_NOSIGNAL), 1);
    ReceiveToEnd(fd);
  });
  Caller caller(server.endpoint(), {.start_ns = MonotonicNs(), .orders = &header});
  const std::vector<ConnectionRecord> records =
      caller.Play({{Step::ExpectBytes(1), Step::Finish()}, {Step::ExpectBytes(1), Step::Finish()}});
  server.Stop();
  EXPECT_EQ(answers, (std::vector<uint32_t>{ResetOrder::kRefused, ResetOrder::kRefused}));
  EXPECT_TRUE(records[1].script_done) << records[1].trouble;
}

TEST(CallerTest, AnOrderBehindTheLastScriptIsAnswered) {
  TraceHeader header = {};
  Server server([](int fd) { ReceiveToEnd(fd); });
  Caller caller(server.endpoint(), {.start_ns = MonotonicNs(), .orders = &header});
  ASSERT_EQ(caller.Play({{Step::Finish()}}).size(), 1u);
  EXPECT_EQ(Order(header.reset_order, server.endpoint().port, 1), ResetOrder::kRefused);
}

TEST(CallerTest, OnlyAScriptThatAwaitsAResetObeysTheOrder) {
  TraceHeader header = {};
  std::vector<uint32_t> answers;
  std::vector<int> errors;
  Server server([&](int fd) {
    ReceiveToEnd(fd);
    answers.push_back(Order(header.reset_order, PortBy(getsockname, fd), PortBy(getpeername, fd)));
    errors.push_back(send(fd, "x", 1, MSG_NOSIGNAL) < 0 ? errno : 0);
  });
  Caller caller(server.endpoint(), {.start_ns = MonotonicNs(), .orders = &header});
  const std::vector<ConnectionRecord> records =
      caller.Play({{Step::SendLast("1"), Step::AwaitReset()}, {Step::SendLast("2"), Step::ExpectBytes(1)}});
  server.Stop();
  EXPECT_EQ(answers, (std::vector<uint32_t>{ResetOrder::kDone, ResetOrder::kRefused}));
  EXPECT_EQ(errors, (std::vector<int>{EPIPE, 0})) << "RST after FIN is a broken pipe";
  EXPECT_NE(records[0].our_reset_ns, 0u);
  EXPECT_TRUE(records[1].script_done) << records[1].trouble;
}

// As libuv does, short of descriptors: it sends away who waits, and looks for more.
TEST(CallerTest, AServerThatFailedAClientComesToRest) {
  const absl::Duration kAtIt = absl::Milliseconds(50);
  std::atomic<uint64_t> first_ns{0};
  Server server([&](int fd) {
    uint64_t none = 0;
    first_ns.compare_exchange_strong(none, MonotonicNs());
    if (absl::Nanoseconds(MonotonicNs() - first_ns) > kAtIt) Echo(fd);
  });
  Caller caller(server.endpoint(), {.start_ns = MonotonicNs()});
  const Script script = {Step::Send("hello"), Step::HalfClose(), Step::ExpectBytes(5), Step::ExpectEnd()};
  const std::vector<ConnectionRecord> records = caller.Play({script, script});
  server.Stop();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_NE(records[0].trouble, "");
  EXPECT_EQ(records[1].trouble, "");
}

}  // namespace
}  // namespace lastack
