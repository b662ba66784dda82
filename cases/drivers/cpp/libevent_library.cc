#include "cases/drivers/cpp/libevent_library.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include <deque>
#include <utility>

#include "cases/drivers/cpp/address.h"
#include "cases/drivers/spawn.h"

namespace lastack {
namespace {

class EventConnection : public LibraryConnection {
 public:
  // `fd`: of one that was accepted.
  EventConnection(event_base* base, evutil_socket_t fd)
      : base_(base), event_(bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE)) {
    bufferevent_setcb(event_, nullptr, nullptr, Happened, this);
    bufferevent_enable(event_, EV_READ | EV_WRITE);
  }
  ~EventConnection() override {
    if (event_ != nullptr) bufferevent_free(event_);
  }

  int Connect(const std::string& host, int port) {
    const int failed = bufferevent_socket_connect_hostname(event_, nullptr, AF_UNSPEC, host.c_str(), port);
    if (failed && bufferevent_socket_get_dns_error(event_) != 0) return EHOSTUNREACH;
    if (failed && error_ == 0) return EVUTIL_SOCKET_ERROR();
    RunUntil([this] { return connected_; });
    return error_;
  }

  // Handed over, and sent on: nothing else would keep what is unsent from being lost with the bufferevent.
  int Send(const std::string& data) override {
    if (error_ != 0) return error_;
    if (bufferevent_write(event_, data.data(), data.size()) != 0) return ENOBUFS;
    RunUntil([this] { return evbuffer_get_length(bufferevent_get_output(event_)) == 0; });
    return error_;
  }

  int Receive(size_t most, std::string* data) override {
    RunUntil([this] { return eof_ || evbuffer_get_length(bufferevent_get_input(event_)) > 0; });
    data->resize(most);
    data->resize(bufferevent_read(event_, data->data(), most));
    return data->empty() && !eof_ ? error_ : 0;
  }

  // It closes when the loop runs next.
  int Close() override {
    bufferevent_free(std::exchange(event_, nullptr));
    event_base_loop(base_, EVLOOP_NONBLOCK);
    return 0;
  }

 private:
  static void Happened(bufferevent*, short what, void* argument) {
    auto* const self = static_cast<EventConnection*>(argument);
    if (what & BEV_EVENT_CONNECTED) self->connected_ = true;
    if (what & BEV_EVENT_EOF) self->eof_ = true;
    if (what & BEV_EVENT_ERROR) self->error_ = EVUTIL_SOCKET_ERROR();
  }

  template <typename Condition>
  void RunUntil(Condition condition) {
    while (!condition() && error_ == 0) event_base_loop(base_, EVLOOP_ONCE);
  }

  event_base* const base_;
  bufferevent* event_;
  bool connected_ = false;
  bool eof_ = false;
  int error_ = 0;
};

class EventListener : public LibraryListener {
 public:
  explicit EventListener(event_base* base) : base_(base) {}
  ~EventListener() override {
    if (listener_ != nullptr) evconnlistener_free(listener_);
  }

  int Listen(const Address& address, int* port) {
    constexpr unsigned kUsual = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE;
    listener_ = evconnlistener_new_bind(base_, Come, this, kUsual, -1, address.name(), sizeof(address.in));
    if (listener_ == nullptr) return EVUTIL_SOCKET_ERROR();
    evconnlistener_set_error_cb(listener_, Failed);
    *port = PortOf(evconnlistener_get_fd(listener_));
    return 0;
  }

  int Accept(std::unique_ptr<LibraryConnection>* connection) override {
    while (come_.empty() && error_ == 0) event_base_loop(base_, EVLOOP_ONCE);
    if (come_.empty()) return std::exchange(error_, 0);
    *connection = std::move(come_.front());
    come_.pop_front();
    return 0;
  }

  int Stop() override {
    evconnlistener_free(std::exchange(listener_, nullptr));
    return 0;
  }

 private:
  static void Come(evconnlistener*, evutil_socket_t fd, sockaddr*, int, void* argument) {
    auto* const self = static_cast<EventListener*>(argument);
    self->come_.push_back(std::make_unique<EventConnection>(self->base_, fd));
  }

  static void Failed(evconnlistener*, void* self) { static_cast<EventListener*>(self)->error_ = EVUTIL_SOCKET_ERROR(); }

  event_base* const base_;
  evconnlistener* listener_ = nullptr;
  std::deque<std::unique_ptr<EventConnection>> come_;
  int error_ = 0;
};

class Libevent : public SocketLibrary {
 public:
  ~Libevent() override { event_base_free(base_); }

  std::string Name() const override { return "libevent"; }

  int Connect(const std::string& host, int port, std::unique_ptr<LibraryConnection>* connection) override {
    auto made = std::make_unique<EventConnection>(base_, -1);
    const int error = made->Connect(host, port);
    if (error != 0) (void)made->Close();
    if (error == 0) *connection = std::move(made);
    return error;
  }

  int Listen(const std::string& host, int* port, std::unique_ptr<LibraryListener>* listener) override {
    auto made = std::make_unique<EventListener>(base_);
    const int error = made->Listen(Address(host, *port), port);
    if (error == 0) *listener = std::move(made);
    return error;
  }

  int Spawn(const std::vector<std::string>& words, int* pid) override { return SpawnProgram(words, pid); }

 private:
  event_base* const base_ = event_base_new();
};

}  // namespace

std::unique_ptr<SocketLibrary> MakeLibevent() { return std::make_unique<Libevent>(); }

}  // namespace lastack
