// Standalone Asio on the fake network.
#include <asio.hpp>
#include <chrono>
#include <string>

#include "gtest/gtest.h"
#include "mocks/interposition.h"

namespace lastack {
namespace {

using asio::ip::tcp;

constexpr uint16_t kPort = 8080;

class AsioTest : public ::testing::Test {
 protected:
  AsioTest() : scope_(network_), loop_(std::make_unique<asio::io_context>()) {}
  ~AsioTest() override {
    loop_.reset();
    EXPECT_EQ(network_.open_descriptors(), 0) << network_.Timeline();
  }

  static tcp::endpoint Server() { return {asio::ip::address_v4::loopback(), kPort}; }

  // Reads to the end.
  void ReadAll(tcp::socket& socket) {
    asio::async_read(socket, asio::dynamic_buffer(received_),
                     [this](std::error_code error, size_t) { ended_ = error; });
  }
  void Run() {
    loop_->restart();
    loop_->run();
  }

  FakeNetwork network_;
  ScopedInterposition scope_;
  std::unique_ptr<asio::io_context> loop_;
  std::string received_;
  std::error_code ended_;
};

TEST_F(AsioTest, EchoAndHalfClose) {
  network_.OnConnect(kPort, [](FakePeer& peer) {
    peer.OnData([](FakePeer& peer, const std::string& data) { peer.Send(data); });
    peer.OnEnd([](FakePeer& peer) { peer.Close(); });
  });
  tcp::socket socket(*loop_);
  socket.async_connect(Server(), [&](std::error_code error) {
    ASSERT_FALSE(error) << error.message();
    asio::async_write(socket, asio::buffer("hello", 5), [&](std::error_code error, size_t) {
      ASSERT_FALSE(error) << error.message();
      socket.shutdown(tcp::socket::shutdown_send);
      ReadAll(socket);
    });
  });
  Run();
  EXPECT_EQ(received_, "hello");
  EXPECT_EQ(ended_, asio::error::eof);
}

TEST_F(AsioTest, AResetAfterOurFinIsReported) {
  network_.OnConnect(kPort, [](FakePeer& peer) { peer.OnEnd([](FakePeer& peer) { peer.Reset(); }); });
  tcp::socket socket(*loop_);
  socket.connect(Server());
  socket.shutdown(tcp::socket::shutdown_send);
  ReadAll(socket);
  Run();
  EXPECT_EQ(ended_, asio::error::connection_reset);
}

TEST_F(AsioTest, AnAcceptorMeetsItsCaller) {
  tcp::acceptor acceptor(*loop_, Server());
  tcp::socket socket(*loop_);
  acceptor.async_accept(socket, [&](std::error_code error) {
    ASSERT_FALSE(error) << error.message();
    ReadAll(socket);
  });
  FakePeer& caller = network_.ConnectTo(kPort);
  caller.Send("hello");
  caller.Finish();
  Run();
  EXPECT_EQ(received_, "hello");
  EXPECT_EQ(ended_, asio::error::eof);
}

TEST_F(AsioTest, AnHourOfTimersPassesInNoTime) {
  asio::steady_timer timer(*loop_);
  int fired = 0;
  std::function<void(std::error_code)> tick = [&](std::error_code error) {
    ASSERT_FALSE(error);
    if (++fired == 60) return;
    timer.expires_after(std::chrono::minutes(1));
    timer.async_wait(tick);
  };
  timer.expires_after(std::chrono::minutes(1));
  timer.async_wait(tick);
  const auto start = std::chrono::steady_clock::now();
  Run();
  EXPECT_EQ(fired, 60);
  EXPECT_EQ(std::chrono::steady_clock::now() - start, std::chrono::hours(1));
}

TEST_F(AsioTest, ASilentPeerIsGivenUpAfterAMinute) {
  network_.OnConnect(kPort, [](FakePeer&) {});
  tcp::socket socket(*loop_);
  socket.connect(Server());
  ReadAll(socket);
  asio::steady_timer timer(*loop_, std::chrono::minutes(1));
  timer.async_wait([&](std::error_code) { socket.close(); });
  Run();
  EXPECT_EQ(ended_, asio::error::operation_aborted);
}

}  // namespace
}  // namespace lastack
