#include "cases/drivers/cpp/asio_library.h"

#include <asio.hpp>
#include <utility>

#include "cases/drivers/spawn.h"

namespace lastack {
namespace {

using asio::ip::tcp;

// Starts an operation, and runs the loop until its handler was called.
template <typename Start>
int Complete(asio::io_context& loop, Start start) {
  std::error_code result;
  start([&result](const std::error_code& error, auto...) { result = error; });
  loop.restart();
  loop.run();
  return result.value();
}

class AsioConnection : public LibraryConnection {
 public:
  AsioConnection(asio::io_context& loop, tcp::socket socket) : loop_(loop), socket_(std::move(socket)) {}

  int Send(const std::string& data) override {
    return Complete(loop_, [&](auto handler) { asio::async_write(socket_, asio::buffer(data), handler); });
  }

  int Receive(size_t most, std::string* data) override {
    data->resize(most);
    std::error_code result;
    size_t count = 0;
    socket_.async_read_some(asio::buffer(*data), [&](const std::error_code& error, size_t received) {
      result = error;
      count = received;
    });
    loop_.restart();
    loop_.run();
    data->resize(count);
    return result == asio::error::eof ? 0 : result.value();
  }

  int Finish() override { return Shutdown(tcp::socket::shutdown_send); }
  int ShutdownReceive() override { return Shutdown(tcp::socket::shutdown_receive); }
  int ShutdownBoth() override { return Shutdown(tcp::socket::shutdown_both); }

  int SetLinger(int seconds) override {
    std::error_code error;
    socket_.set_option(asio::socket_base::linger(true, seconds), error);
    return error.value();
  }

  int Close() override {
    std::error_code error;
    socket_.close(error);
    return error.value();
  }

  int Abort() override {
    const int set = SetLinger(0);
    const int closed = Close();
    return set != 0 ? set : closed;
  }

 private:
  int Shutdown(tcp::socket::shutdown_type how) {
    std::error_code error;
    socket_.shutdown(how, error);
    return error.value();
  }

  asio::io_context& loop_;
  tcp::socket socket_;
};

class AsioListener : public LibraryListener {
 public:
  AsioListener(asio::io_context& loop, tcp::acceptor acceptor) : loop_(loop), acceptor_(std::move(acceptor)) {}

  int Accept(std::unique_ptr<LibraryConnection>* connection) override {
    tcp::socket socket(loop_);
    const int error = Complete(loop_, [&](auto handler) { acceptor_.async_accept(socket, handler); });
    if (error == 0) *connection = std::make_unique<AsioConnection>(loop_, std::move(socket));
    return error;
  }

  int Stop() override {
    std::error_code error;
    acceptor_.close(error);
    return error.value();
  }

 private:
  asio::io_context& loop_;
  tcp::acceptor acceptor_;
};

class Asio : public SocketLibrary {
 public:
  std::string Name() const override { return "asio"; }
  std::vector<std::string> Capabilities() const override { return {"abort"}; }

  int Connect(const std::string& host, int port, std::unique_ptr<LibraryConnection>* connection) override {
    std::error_code unknown;
    const tcp::resolver::results_type found = tcp::resolver(loop_).resolve(host, std::to_string(port), unknown);
    if (unknown) return EHOSTUNREACH;
    tcp::socket socket(loop_);
    const int error = Complete(loop_, [&](auto handler) { asio::async_connect(socket, found, handler); });
    if (error == 0) *connection = std::make_unique<AsioConnection>(loop_, std::move(socket));
    return error;
  }

  int Listen(const std::string& host, int* port, std::unique_ptr<LibraryListener>* listener) override {
    try {
      tcp::acceptor acceptor(loop_, {asio::ip::make_address(host), static_cast<asio::ip::port_type>(*port)});
      *port = acceptor.local_endpoint().port();
      *listener = std::make_unique<AsioListener>(loop_, std::move(acceptor));
      return 0;
    } catch (const std::system_error& error) {
      return error.code().value();
    }
  }

  int Spawn(const std::vector<std::string>& words, int* pid) override { return SpawnProgram(words, pid); }

 private:
  asio::io_context loop_;
};

}  // namespace

std::unique_ptr<SocketLibrary> MakeAsio() { return std::make_unique<Asio>(); }

}  // namespace lastack
