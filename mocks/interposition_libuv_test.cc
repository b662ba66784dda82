// libuv, as the system has it, on the fake network.
#include <uv.h>

#include <string>

#include "cases/drivers/cpp/address.h"
#include "gmock/gmock.h"
#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"
#include "mocks/interposition.h"
#include "mocks/mock_sys.h"

namespace lastack {
namespace {

using ::testing::_;
using ::testing::AtLeast;
using ::testing::NiceMock;

constexpr uint16_t kPort = 8080;

void Echo(FakePeer& peer) {
  peer.OnData([](FakePeer& peer, const std::string& data) { peer.Send(data); });
  peer.OnEnd([](FakePeer& peer) { peer.Close(); });
}

// A connection of libuv that keeps what happens to it.
class Connection {
 public:
  explicit Connection(uv_loop_t* loop) {
    uv_tcp_init(loop, &tcp_);
    tcp_.data = this;
  }

  void Connect() {
    const Address to("127.0.0.1", kPort);
    ASSERT_EQ(uv_tcp_connect(&connect_, &tcp_, to.name(),
                             [](uv_connect_t* request, int status) { From(request->handle).connected = status; }),
              0);
  }
  void Accept(uv_stream_t* listener) { ASSERT_EQ(uv_accept(listener, stream()), 0); }
  void Read() {
    ASSERT_EQ(uv_read_start(
                  stream(),
                  [](uv_handle_t* handle, size_t, uv_buf_t* buffer) {
                    Connection& self = From(handle);
                    *buffer = uv_buf_init(self.buffer_, sizeof(self.buffer_));
                  },
                  [](uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
                    if (count > 0) From(stream).received.append(buffer->base, static_cast<size_t>(count));
                    if (count >= 0) return;
                    From(stream).ended = static_cast<int>(count);
                    From(stream).Close();
                  }),
              0);
  }
  void Write(const std::string& data) {
    written_ = data;
    const uv_buf_t buffer = uv_buf_init(written_.data(), static_cast<unsigned>(written_.size()));
    ASSERT_EQ(uv_write(&write_, stream(), &buffer, 1, nullptr), 0);
  }
  void Finish() { ASSERT_EQ(uv_shutdown(&shutdown_, stream(), nullptr), 0); }
  void Close() {
    if (uv_is_closing(reinterpret_cast<uv_handle_t*>(&tcp_)) == 0) {
      uv_close(reinterpret_cast<uv_handle_t*>(&tcp_), nullptr);
    }
  }
  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&tcp_); }

  int connected = 1;
  int ended = 0;
  std::string received;

 private:
  template <typename Handle>
  static Connection& From(Handle* handle) {
    return *static_cast<Connection*>(handle->data);
  }

  uv_tcp_t tcp_;
  uv_connect_t connect_;
  uv_write_t write_;
  uv_shutdown_t shutdown_;
  std::string written_;
  char buffer_[4096];
};

class LibuvTest : public ::testing::Test {
 protected:
  LibuvTest() : scope_(network_) { uv_loop_init(&loop_); }
  ~LibuvTest() override {
    EXPECT_EQ(uv_loop_close(&loop_), 0);
    EXPECT_EQ(network_.open_descriptors(), 0) << network_.Timeline();
  }

  void Run() { EXPECT_EQ(uv_run(&loop_, UV_RUN_DEFAULT), 0) << network_.Timeline(); }

  FakeNetwork network_;
  ScopedInterposition scope_;
  uv_loop_t loop_;
};

TEST_F(LibuvTest, EchoAndHalfClose) {
  network_.OnConnect(kPort, Echo);
  Connection connection(&loop_);
  connection.Connect();
  connection.Read();
  connection.Write("hello");
  connection.Finish();
  Run();
  EXPECT_EQ(connection.connected, 0);
  EXPECT_EQ(connection.received, "hello");
  EXPECT_EQ(connection.ended, UV_EOF);
}

TEST_F(LibuvTest, AResetAfterOurFinIsReported) {
  network_.OnConnect(kPort, [](FakePeer& peer) { peer.OnEnd([](FakePeer& peer) { peer.Reset(); }); });
  Connection connection(&loop_);
  connection.Connect();
  while (connection.connected == 1) uv_run(&loop_, UV_RUN_ONCE);
  connection.Read();
  connection.Finish();
  Run();
  EXPECT_EQ(connection.ended, UV_ECONNRESET) << network_.Timeline();
}

TEST_F(LibuvTest, NobodyListens) {
  Connection connection(&loop_);
  connection.Connect();
  while (connection.connected == 1) uv_run(&loop_, UV_RUN_ONCE);
  EXPECT_EQ(connection.connected, UV_ECONNREFUSED);
  connection.Close();
  Run();
}

TEST_F(LibuvTest, AServerMeetsItsCaller) {
  struct Server {
    uv_tcp_t listener;
    Connection connection;
  } server = {{}, Connection(&loop_)};
  uv_tcp_init(&loop_, &server.listener);
  server.listener.data = &server;
  const Address at("127.0.0.1", kPort);
  ASSERT_EQ(uv_tcp_bind(&server.listener, at.name(), 0), 0);
  ASSERT_EQ(uv_listen(reinterpret_cast<uv_stream_t*>(&server.listener), 10,
                      [](uv_stream_t* listener, int status) {
                        EXPECT_EQ(status, 0);
                        auto& server = *static_cast<Server*>(listener->data);
                        server.connection.Accept(listener);
                        server.connection.Read();
                        uv_close(reinterpret_cast<uv_handle_t*>(listener), nullptr);
                      }),
            0);
  FakePeer& caller = network_.ConnectTo(kPort);
  caller.Send("hello");
  caller.Finish();
  Run();
  EXPECT_EQ(server.connection.received, "hello");
  EXPECT_EQ(server.connection.ended, UV_EOF);
}

TEST_F(LibuvTest, AnHourOfTimersPassesInNoTime) {
  uv_timer_t timer;
  uv_timer_init(&loop_, &timer);
  int fired = 0;
  timer.data = &fired;
  const uint64_t start = uv_now(&loop_);
  uv_timer_start(
      &timer,
      [](uv_timer_t* timer) {
        if (++*static_cast<int*>(timer->data) == 60) uv_close(reinterpret_cast<uv_handle_t*>(timer), nullptr);
      },
      60'000, 60'000);
  Run();
  EXPECT_EQ(fired, 60);
  EXPECT_EQ(uv_now(&loop_) - start, 3'600'000u);
}

TEST_F(LibuvTest, ALoopThatCannotEndFailsTheTestAtOnce) {
  network_.OnConnect(kPort, [](FakePeer&) {});  // silent
  Connection connection(&loop_);
  connection.Connect();
  connection.Read();
  EXPECT_NONFATAL_FAILURE(EXPECT_THROW((void)uv_run(&loop_, UV_RUN_DEFAULT), WaitsForEver),
                          "epoll_wait waits for ever");
  connection.Close();
  Run();
}

TEST_F(LibuvTest, AThreadsWorkEndsAWait) {
  uv_work_t work;
  int done = 0;
  work.data = &done;
  ASSERT_EQ(uv_queue_work(
                &loop_, &work, [](uv_work_t*) {},
                [](uv_work_t* work, int status) { *static_cast<int*>(work->data) = status == 0 ? 1 : -1; }),
            0);
  Run();
  EXPECT_EQ(done, 1);
}

TEST(LibuvMockTest, AnInterruptedCloseIsNotRepeated) {
  FakeNetwork network;
  network.OnConnect(kPort, Echo);
  NiceMock<MockSys> sys(network);
  ScopedInterposition scope(sys, network);
  uv_loop_t loop;
  uv_loop_init(&loop);
  Connection connection(&loop);
  connection.Connect();
  while (connection.connected == 1) uv_run(&loop, UV_RUN_ONCE);
  EXPECT_CALL(sys, close(_)).WillOnce([&](int fd) {
    EXPECT_TRUE(network.close(fd).ok());
    return SysResult{-1, EINTR};
  });
  connection.Close();
  uv_run(&loop, UV_RUN_DEFAULT);
  ::testing::Mock::VerifyAndClearExpectations(&sys);
  EXPECT_EQ(uv_loop_close(&loop), 0);
}

}  // namespace
}  // namespace lastack
