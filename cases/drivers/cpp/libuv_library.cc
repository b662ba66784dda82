#include "cases/drivers/cpp/libuv_library.h"

#include <utility>

#include "cases/drivers/cpp/address.h"
#include "cases/drivers/cpp/uv_tcp.h"
#include "cases/drivers/spawn.h"

namespace lastack {
namespace {

class UvConnection : public LibraryConnection, public UvTcp {
 public:
  using UvTcp::UvTcp;

  int Connect(const sockaddr* address) {
    uv_connect_t request;
    return Await(&request, [&] { return uv_tcp_connect(&request, tcp_, address, Done<uv_connect_t>); });
  }

  int Send(const std::string& data) override {
    uv_write_t request;
    const uv_buf_t buffer = uv_buf_init(const_cast<char*>(data.data()), static_cast<unsigned>(data.size()));
    return Await(&request, [&] { return uv_write(&request, stream(), &buffer, 1, Done<uv_write_t>); });
  }

  int Receive(size_t most, std::string* data) override {
    data->resize(most);
    reading_ = {};
    data_ = data;
    tcp_->data = this;
    const int error = uv_read_start(stream(), Allocate, Read);
    return error != 0 ? -error : reading_.Run(loop_);
  }

  int Finish() override {
    uv_shutdown_t request;
    return Await(&request, [&] { return uv_shutdown(&request, stream(), Done<uv_shutdown_t>); });
  }

  int Close() override { return UvTcp::Close(); }
  int Abort() override { return Reset(); }

 private:
  static void Allocate(uv_handle_t* handle, size_t, uv_buf_t* buffer) {
    std::string* data = static_cast<UvConnection*>(handle->data)->data_;
    *buffer = uv_buf_init(data->data(), static_cast<unsigned>(data->size()));
  }

  static void Read(uv_stream_t* stream, ssize_t count, const uv_buf_t*) {
    if (count == 0) return;  // nothing yet
    auto* const self = static_cast<UvConnection*>(stream->data);
    uv_read_stop(stream);
    self->data_->resize(static_cast<size_t>(count > 0 ? count : 0));
    self->reading_ = {true, count > 0 || count == UV_EOF ? 0 : static_cast<int>(count)};
  }

  Waiting reading_;
  std::string* data_ = nullptr;
};

class UvListener : public LibraryListener, public UvTcp {
 public:
  using UvTcp::UvTcp;

  int Listen(const Address& address, int* port) {
    sockaddr_in name = {};
    int size = sizeof(name);
    tcp_->data = this;
    int error = uv_tcp_bind(tcp_, address.name(), 0);
    if (error == 0) error = uv_listen(stream(), SOMAXCONN, Come);
    if (error == 0) error = uv_tcp_getsockname(tcp_, reinterpret_cast<sockaddr*>(&name), &size);
    *port = ntohs(name.sin_port);
    return -error;
  }

  int Accept(std::unique_ptr<LibraryConnection>* connection) override {
    while (come_ == 0 && status_ == 0) uv_run(loop_, UV_RUN_ONCE);
    if (status_ != 0) return -std::exchange(status_, 0);
    --come_;
    auto accepted = std::make_unique<UvConnection>(loop_);
    const int error = uv_accept(stream(), accepted->stream());
    if (error != 0) (void)accepted->Close();
    if (error == 0) *connection = std::move(accepted);
    return -error;
  }

  int Stop() override { return UvTcp::Close(); }

 private:
  static void Come(uv_stream_t* stream, int status) {
    auto* const self = static_cast<UvListener*>(stream->data);
    if (status == 0) ++self->come_;
    if (status != 0) self->status_ = status;
  }

  int come_ = 0;
  int status_ = 0;
};

class Libuv : public SocketLibrary {
 public:
  Libuv() { uv_loop_init(&loop_); }
  // What is closing is closed; what was spawned is not waited for.
  ~Libuv() override {
    uv_run(&loop_, UV_RUN_NOWAIT);
    (void)uv_loop_close(&loop_);
  }

  std::string Name() const override { return "libuv"; }
  std::vector<std::string> Capabilities() const override { return {"abort"}; }

  int Connect(const std::string& host, int port, std::unique_ptr<LibraryConnection>* connection) override {
    auto made = std::make_unique<UvConnection>(&loop_);
    uv_getaddrinfo_t found;
    const int unknown = uv_getaddrinfo(&loop_, &found, nullptr, host.c_str(), std::to_string(port).c_str(), nullptr);
    const int error = unknown != 0 ? EHOSTUNREACH : made->Connect(found.addrinfo->ai_addr);
    if (unknown == 0) uv_freeaddrinfo(found.addrinfo);
    if (error != 0) (void)made->Close();
    if (error == 0) *connection = std::move(made);
    return error;
  }

  int Listen(const std::string& host, int* port, std::unique_ptr<LibraryListener>* listener) override {
    auto made = std::make_unique<UvListener>(&loop_);
    const int error = made->Listen(Address(host, *port), port);
    if (error != 0) (void)made->Stop();
    if (error == 0) *listener = std::move(made);
    return error;
  }

  int Spawn(const std::vector<std::string>& words, int* pid) override {
    std::vector<char*> argv = Argv(words);
    uv_process_options_t options = {};
    options.file = argv[0];
    options.args = argv.data();
    auto* const process = new uv_process_t;  // as long as the loop
    const int error = uv_spawn(&loop_, process, &options);
    *pid = process->pid;
    return -error;
  }

 private:
  uv_loop_t loop_;
};

}  // namespace

std::unique_ptr<SocketLibrary> MakeLibuv() { return std::make_unique<Libuv>(); }

}  // namespace lastack
