// A vocabulary for tests: a trace as a backend would have written it, without a subject.
//
//   TraceBuilder run(/*pid=*/100);
//   run.Start();
//   run.Socket(5, kSocket);
//   run.Connect(5, kSocket);
//   run.Made(Call::close, 5, kSocket, -1, EINTR);
//   run.Exit();
//   Ledger ledger = Ledger::Of(run.trace());
//
// Every event is 1 us after the one before, and a call takes 100 ns. The reference that a method returns is good until
// the next event: it lets a test change what is unusual.
#ifndef LASTACK_HARNESS_TRACE_TRACE_BUILDER_H_
#define LASTACK_HARNESS_TRACE_TRACE_BUILDER_H_

#include <sys/socket.h>

#include "harness/trace/trace.h"

namespace lastack {

inline constexpr uint64_t kTcpWord = SocketWord(AF_INET, SOCK_STREAM, SocketKind::kTcp);
inline constexpr uint64_t kListenerWord = SocketWord(AF_INET, SOCK_STREAM, SocketKind::kListener);
inline constexpr uint64_t kUnixWord = SocketWord(AF_UNIX, SOCK_STREAM, SocketKind::kUnix);

// 127.0.0.1.
constexpr uint64_t LoopbackAddress(uint16_t port) {
  return uint64_t{AF_INET} << 48 | static_cast<uint64_t>(port) << 32 | 0x7f000001;
}

class TraceBuilder {
 public:
  static constexpr uint64_t kStepNs = 1000;
  static constexpr uint64_t kCallNs = 100;

  explicit TraceBuilder(int pid = 100) : pid_(pid), tid_(pid) {}

  const Trace& trace() const { return trace_; }
  Trace& trace() { return trace_; }
  uint64_t now_ns() const { return now_ns_; }

  // Whose events come next, and when.
  TraceBuilder& In(int pid, int tid = 0) {
    pid_ = pid;
    tid_ = tid == 0 ? pid : tid;
    return *this;
  }
  TraceBuilder& At(uint64_t ns) {
    now_ns_ = ns;
    return *this;
  }

  Event& Note(EventKind kind, int fd = -1, uint64_t socket = 0, uint64_t a = 0, Call call = Call::none) {
    Event event{};
    event.kind = kind;
    event.call = call;
    event.fd = fd;
    event.socket = socket;
    event.a = a;
    event.fault = kNoFaultIndex;
    trace_.events.push_back({event, pid_, tid_, now_ns_, 0});
    now_ns_ += kStepNs;
    return trace_.events.back().event;
  }

  // A call that has returned.
  Event& Made(Call call, int fd, uint64_t socket, int64_t result = 0, int error = 0) {
    Event& event = Note(EventKind::kCall, fd, socket, 0, call);
    event.result = result;
    event.error = static_cast<uint16_t>(error);
    event.duration = kCallNs;
    trace_.events.back().duration_ns = kCallNs;
    return event;
  }

  // A call that the plan's first fault has changed.
  Event& Injected(Call call, int fd, uint64_t socket, Effect effect, int error) {
    Event& event = Made(call, fd, socket, error == 0 ? 0 : -1, error);
    event.fault = 0;
    event.effect = effect;
    event.realism = Realism::kPosix;
    return event;
  }

  // A call that did not return.
  Event& InFlight(Call call, int fd, uint64_t socket) {
    Event& event = Note(EventKind::kInFlight, fd, socket, 0, call);
    trace_.events.back().duration_ns = UINT64_MAX;
    return event;
  }

  void Start() { Note(EventKind::kCheckIn).b = 1; }
  void ForkedFrom(uint64_t parent) { Note(EventKind::kCheckIn, -1, 0, parent).b = 2; }
  void Exit() { Note(EventKind::kExit); }

  // What `maker`, the event before, has opened.
  Event& Opened(Call maker, int fd, uint64_t socket, uint64_t word = kTcpWord, int from = -1) {
    Event& event = Note(EventKind::kOpen, fd, socket, word, maker);
    event.b = static_cast<uint64_t>(from);
    return event;
  }

  void Socket(int fd, uint64_t socket, uint64_t word = kTcpWord) {
    Made(Call::socket, -1, 0, fd).a = word;
    Opened(Call::socket, fd, socket, word);
  }

  // To 127.0.0.1:80 from port 40000.
  Event& Connect(int fd, uint64_t socket, int64_t result = 0, int error = 0) {
    Event& event = Made(Call::connect, fd, socket, result, error);
    event.a = LoopbackAddress(80);
    event.b = 40000;
    return event;
  }

  void Accept(int listener, uint64_t listener_socket, int fd, uint64_t socket, uint16_t remote_port = 0) {
    Made(Call::accept, listener, listener_socket, fd);
    Opened(Call::accept, fd, socket, kTcpWord, listener).result = remote_port;
  }

  void Dup(int from, int to, uint64_t socket) {
    Made(Call::dup, from, socket, to);
    Opened(Call::dup, to, socket, kTcpWord, from);
  }

  Event& SetLinger(int fd, uint64_t socket, uint32_t on, uint32_t seconds) {
    Event& event = Made(Call::setsockopt, fd, socket);
    event.a = uint64_t{SOL_SOCKET} << 32 | SO_LINGER;
    event.b = uint64_t{seconds} << 32 | on;
    return event;
  }

 private:
  Trace trace_;
  int pid_;
  int tid_;
  uint64_t now_ns_ = kStepNs;
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_TRACE_TRACE_BUILDER_H_
