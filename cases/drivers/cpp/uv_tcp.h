// libuv's callbacks as functions that wait: the loop runs until the callback has come.
#ifndef LASTACK_CASES_DRIVERS_CPP_UV_TCP_H_
#define LASTACK_CASES_DRIVERS_CPP_UV_TCP_H_

#include <uv.h>

namespace lastack {

// What a callback leaves for the verb that waits for it.
struct Waiting {
  bool done = false;
  int status = 0;

  // libuv's errors are negated errnos.
  int Run(uv_loop_t* loop) {
    while (!done) uv_run(loop, UV_RUN_ONCE);
    return -status;
  }
};

// The callback of any request: its verb is in its data.
template <typename Request>
void Done(Request* request, int status) {
  *static_cast<Waiting*>(request->data) = {true, status};
}

// What connections and listeners have in common: a uv_tcp_t, and its end.
class UvTcp {
 public:
  explicit UvTcp(uv_loop_t* loop) : loop_(loop), tcp_(new uv_tcp_t) { uv_tcp_init(loop, tcp_); }
  // One that nobody closed is closed by the loop, when it runs next.
  ~UvTcp() {
    if (!closed_) uv_close(handle(), [](uv_handle_t* handle) { delete reinterpret_cast<uv_tcp_t*>(handle); });
    if (closed_) delete tcp_;
  }
  UvTcp(const UvTcp&) = delete;
  UvTcp& operator=(const UvTcp&) = delete;

  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(tcp_); }

  int Close() {
    Waiting closing;
    tcp_->data = &closing;
    uv_close(handle(), Closed);
    closed_ = true;
    return closing.Run(loop_);
  }

  int Reset() {
    Waiting closing;
    tcp_->data = &closing;
    const int error = uv_tcp_close_reset(tcp_, Closed);
    closed_ = error == 0;
    return error != 0 ? -error : closing.Run(loop_);
  }

 protected:
  // `start` makes the request, with Done as its callback.
  template <typename Request, typename Start>
  int Await(Request* request, Start start) {
    Waiting waiting;
    request->data = &waiting;
    const int error = start();
    return error != 0 ? -error : waiting.Run(loop_);
  }

  static void Closed(uv_handle_t* handle) { static_cast<Waiting*>(handle->data)->done = true; }

  uv_handle_t* handle() { return reinterpret_cast<uv_handle_t*>(tcp_); }

  uv_loop_t* const loop_;
  uv_tcp_t* const tcp_;
  bool closed_ = false;
};

}  // namespace lastack

#endif  // LASTACK_CASES_DRIVERS_CPP_UV_TCP_H_
