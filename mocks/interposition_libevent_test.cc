// libevent, as the system has it, on the fake network.
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <sys/socket.h>

#include <string>

#include "cases/drivers/cpp/address.h"
#include "gtest/gtest.h"
#include "mocks/interposition.h"

namespace lastack {
namespace {

constexpr uint16_t kPort = 8080;

class LibeventTest : public ::testing::Test {
 public:
  LibeventTest() : scope_(network_), base_(event_base_new()) {}
  ~LibeventTest() override {
    event_base_free(base_);
    EXPECT_EQ(network_.open_descriptors(), 0) << network_.Timeline();
  }

  // What happens to a bufferevent.
  struct Seen {
    short events = 0;
    int error = 0;
    std::string received;
  };

  bufferevent* New(int fd, Seen& seen) {
    bufferevent* event = bufferevent_socket_new(base_, fd, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(event, Read, nullptr, Happened, &seen);
    bufferevent_enable(event, EV_READ | EV_WRITE);
    return event;
  }
  bufferevent* Connect(Seen& seen) {
    bufferevent* event = New(-1, seen);
    const Address to("127.0.0.1", kPort);
    EXPECT_EQ(bufferevent_socket_connect(event, to.name(), sizeof(to.in)), 0);
    return event;
  }
  template <typename Condition>
  void RunUntil(Condition condition) {
    for (int i = 0; i < 100 && !condition(); ++i) ASSERT_EQ(event_base_loop(base_, EVLOOP_ONCE), 0);
    ASSERT_TRUE(condition()) << network_.Timeline();
  }

  static void Read(bufferevent* event, void* seen) {
    char data[4096];
    static_cast<Seen*>(seen)->received.append(data, bufferevent_read(event, data, sizeof(data)));
  }
  static void Happened(bufferevent*, short events, void* seen) {
    if ((events & BEV_EVENT_ERROR) != 0) static_cast<Seen*>(seen)->error = EVUTIL_SOCKET_ERROR();
    static_cast<Seen*>(seen)->events |= events;
  }

  FakeNetwork network_;
  ScopedInterposition scope_;
  event_base* base_;
};

TEST_F(LibeventTest, EchoAndHalfClose) {
  network_.OnConnect(kPort, [](FakePeer& peer) {
    peer.OnData([](FakePeer& peer, const std::string& data) { peer.Send(data); });
    peer.OnEnd([](FakePeer& peer) { peer.Close(); });
  });
  Seen seen;
  bufferevent* event = Connect(seen);
  RunUntil([&] { return (seen.events & BEV_EVENT_CONNECTED) != 0; });
  bufferevent_write(event, "hello", 5);
  RunUntil([&] { return seen.received == "hello"; });
  EXPECT_EQ(::shutdown(bufferevent_getfd(event), SHUT_WR), 0);
  RunUntil([&] { return (seen.events & BEV_EVENT_EOF) != 0; });
  bufferevent_free(event);
}

TEST_F(LibeventTest, AResetIsReported) {
  network_.OnConnect(kPort,
                     [](FakePeer& peer) { peer.OnData([](FakePeer& peer, const std::string&) { peer.Reset(); }); });
  Seen seen;
  bufferevent* event = Connect(seen);
  bufferevent_write(event, "hello", 5);
  RunUntil([&] { return (seen.events & BEV_EVENT_ERROR) != 0; });
  EXPECT_EQ(seen.error, ECONNRESET);
  bufferevent_free(event);
}

TEST_F(LibeventTest, AListenerMeetsItsCaller) {
  struct Server {
    LibeventTest& test;
    Seen seen;
    bufferevent* event = nullptr;
  } server = {*this, {}};
  const Address at("127.0.0.1", kPort);
  evconnlistener* listener = evconnlistener_new_bind(
      base_,
      [](evconnlistener*, evutil_socket_t fd, sockaddr*, int, void* argument) {
        auto& server = *static_cast<Server*>(argument);
        server.event = server.test.New(fd, server.seen);
      },
      &server, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, -1, at.name(), sizeof(at.in));
  ASSERT_NE(listener, nullptr);
  FakePeer& caller = network_.ConnectTo(kPort);
  caller.Send("hello");
  caller.Finish();
  RunUntil([&] { return (server.seen.events & BEV_EVENT_EOF) != 0; });
  EXPECT_EQ(server.seen.received, "hello");
  bufferevent_free(server.event);
  evconnlistener_free(listener);
}

TEST_F(LibeventTest, AnHourOfTimersPassesInNoTime) {
  struct Ticks {
    event* timer = nullptr;
    int count = 0;
  } ticks;
  const timeval minute = {60, 0};
  ticks.timer = event_new(
      base_, -1, EV_PERSIST,
      [](evutil_socket_t, short, void* argument) {
        auto& ticks = *static_cast<Ticks*>(argument);
        if (++ticks.count == 60) event_del(ticks.timer);
      },
      &ticks);
  event_add(ticks.timer, &minute);
  const int64_t before = network_.now_ns();
  event_base_dispatch(base_);
  EXPECT_EQ(ticks.count, 60);
  EXPECT_NEAR(static_cast<double>(network_.now_ns() - before), 3.6e12, 1e9);
  event_free(ticks.timer);
}

TEST_F(LibeventTest, AReadTimeoutComesInNoTime) {
  network_.OnConnect(kPort, [](FakePeer&) {});
  Seen seen;
  bufferevent* event = Connect(seen);
  const timeval hour = {3600, 0};
  bufferevent_set_timeouts(event, &hour, nullptr);
  RunUntil([&] { return (seen.events & BEV_EVENT_TIMEOUT) != 0; });
  EXPECT_GE(network_.now_ns(), 3'600'000'000'000);
  bufferevent_free(event);
}

}  // namespace
}  // namespace lastack
