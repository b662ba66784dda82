// A driver for GLib's GIO: socket clients, listeners and streams, blocking.
#include <errno.h>
#include <gio/gio.h>

#include "cases/drivers/driver_main.h"
#include "cases/drivers/spawn.h"

namespace lastack {
namespace {

// GIO tells no errno: its own code, and that there was an error at all.
int Errno(GError* error) {
  constexpr struct {
    GIOErrorEnum code;
    int error;
  } kNearest[] = {
      {G_IO_ERROR_CONNECTION_REFUSED, ECONNREFUSED},
      {G_IO_ERROR_CONNECTION_CLOSED, ECONNRESET},
      {G_IO_ERROR_NOT_CONNECTED, ENOTCONN},
      {G_IO_ERROR_CLOSED, EBADF},
      {G_IO_ERROR_TIMED_OUT, ETIMEDOUT},
      {G_IO_ERROR_WOULD_BLOCK, EAGAIN},
      {G_IO_ERROR_ADDRESS_IN_USE, EADDRINUSE},
      {G_IO_ERROR_HOST_UNREACHABLE, EHOSTUNREACH},
      {G_IO_ERROR_NETWORK_UNREACHABLE, ENETUNREACH},
      {G_IO_ERROR_TOO_MANY_OPEN_FILES, EMFILE},
      {G_IO_ERROR_NO_SPACE, ENOSPC},
      {G_IO_ERROR_PERMISSION_DENIED, EACCES},
      {G_IO_ERROR_INVALID_ARGUMENT, EINVAL},
      {G_IO_ERROR_PENDING, EBUSY},
  };
  int nearest = EIO;
  for (const auto& [code, number] : kNearest) {
    if (g_error_matches(error, G_IO_ERROR, code)) nearest = number;
  }
  g_error_free(error);
  return nearest;
}

int Outcome(gboolean done, GError* error) { return done ? 0 : Errno(error); }

class GioConnection : public LibraryConnection {
 public:
  explicit GioConnection(GSocketConnection* connection) : connection_(connection) {}
  ~GioConnection() override { g_object_unref(connection_); }

  int Send(const std::string& data) override {
    GError* error = nullptr;
    GOutputStream* const out = g_io_stream_get_output_stream(G_IO_STREAM(connection_));
    const gboolean done = g_output_stream_write_all(out, data.data(), data.size(), nullptr, nullptr, &error);
    return Outcome(done, error);
  }

  int Receive(size_t most, std::string* data) override {
    GError* error = nullptr;
    data->resize(most);
    GInputStream* const in = g_io_stream_get_input_stream(G_IO_STREAM(connection_));
    const gssize count = g_input_stream_read(in, data->data(), most, nullptr, &error);
    data->resize(static_cast<size_t>(count > 0 ? count : 0));
    return Outcome(count >= 0, error);
  }

  int Finish() override { return Shutdown(FALSE, TRUE); }
  int ShutdownReceive() override { return Shutdown(TRUE, FALSE); }
  int ShutdownBoth() override { return Shutdown(TRUE, TRUE); }

  int Close() override {
    GError* error = nullptr;
    const gboolean done = g_io_stream_close(G_IO_STREAM(connection_), nullptr, &error);
    return Outcome(done, error);
  }

 private:
  int Shutdown(gboolean receiving, gboolean sending) {
    GError* error = nullptr;
    const gboolean done = g_socket_shutdown(g_socket_connection_get_socket(connection_), receiving, sending, &error);
    return Outcome(done, error);
  }

  GSocketConnection* const connection_;
};

class GioListener : public LibraryListener {
 public:
  GioListener() : listener_(g_socket_listener_new()) {}
  ~GioListener() override { g_object_unref(listener_); }

  int Listen(const std::string& host, int* port) {
    GError* error = nullptr;
    GSocketAddress* const asked = g_inet_socket_address_new_from_string(host.c_str(), static_cast<guint>(*port));
    GSocketAddress* given = nullptr;
    const gboolean done = g_socket_listener_add_address(listener_, asked, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP,
                                                        nullptr, &given, &error);
    if (done) *port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(given));
    g_clear_object(&given);
    g_object_unref(asked);
    return Outcome(done, error);
  }

  int Accept(std::unique_ptr<LibraryConnection>* connection) override {
    GError* error = nullptr;
    GSocketConnection* const accepted = g_socket_listener_accept(listener_, nullptr, nullptr, &error);
    if (accepted != nullptr) *connection = std::make_unique<GioConnection>(accepted);
    return Outcome(accepted != nullptr, error);
  }

  int Stop() override {
    g_socket_listener_close(listener_);
    return 0;
  }

 private:
  GSocketListener* const listener_;
};

class Gio : public SocketLibrary {
 public:
  std::string Name() const override { return "gio"; }

  int Connect(const std::string& host, int port, std::unique_ptr<LibraryConnection>* connection) override {
    GError* error = nullptr;
    GSocketClient* const client = g_socket_client_new();
    GSocketConnection* const made =
        g_socket_client_connect_to_host(client, host.c_str(), static_cast<guint16>(port), nullptr, &error);
    g_object_unref(client);
    if (made != nullptr) *connection = std::make_unique<GioConnection>(made);
    return Outcome(made != nullptr, error);
  }

  int Listen(const std::string& host, int* port, std::unique_ptr<LibraryListener>* listener) override {
    auto made = std::make_unique<GioListener>();
    const int error = made->Listen(host, port);
    if (error == 0) *listener = std::move(made);
    return error;
  }

  int Spawn(const std::vector<std::string>& words, int* pid) override {
    constexpr auto kFlags = static_cast<GSpawnFlags>(G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD);
    GError* error = nullptr;
    const gboolean done = g_spawn_async(nullptr, Argv(words).data(), nullptr, kFlags, nullptr, nullptr, pid, &error);
    return Outcome(done, error);
  }
};

}  // namespace
}  // namespace lastack

int main() {
  lastack::Gio library;
  return lastack::DriverMain(library);
}
