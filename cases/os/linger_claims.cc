// What the document says of SO_LINGER.
#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "cases/os/background_call.h"
#include "cases/os/claim_tables.h"
#include "cases/os/forked_copy.h"

namespace lastack::os {
namespace {

constexpr int kLingerSeconds = 1;
// The kernel's timer is coarser than the clock: a little less is the whole time, too.
constexpr double kLingerMs = 1000.0 * kLingerSeconds - 50;

Finding AbortReturnsAtOnce(Pair& pair) {
  (void)pair.here.SetLinger(1, 0);
  const size_t written = pair.here.Fill();
  const Timed closed = pair.here.Close();
  return Finding(closed.result.ok() && closed.ms < kAtOnceMs)
      .Bytes("written, and not read by the peer", written)
      .Word("close returned", closed.result)
      .Ms("after", closed.ms);
}

Finding AbortDiscards(Pair& pair) {
  (void)pair.here.SetLinger(1, 0);
  const size_t written = pair.here.Fill();
  pair.here.Close();
  const Reading read = pair.peer.ReadToEnd();
  return Finding(read.bytes < written)
      .Bytes("written before close", written)
      .Bytes("read by the peer", read.bytes)
      .Word("then", read.end);
}

Finding AbortSendsReset(Pair& pair) {
  (void)pair.here.SetLinger(1, 0);
  pair.here.Close();
  const std::string end = pair.peer.ReadToEnd().end;
  const std::string sent = pair.is_tcp() ? pair.HereSent() : "not seen";
  Finding finding(end == "ECONNRESET" && (sent == "RST" || sent == "not seen"));
  if (pair.is_tcp()) finding.Word("sent", sent);
  return finding.Word("the peer received", end);
}

Finding AbortSkipsTimeWait(Pair& pair) {
  (void)pair.here.SetLinger(1, 0);
  pair.here.Close();
  pair.peer.AwaitHangUp();
  const std::string here = pair.HereState(), peer = pair.PeerState();
  return Finding(here == "none" && peer != "TIME_WAIT").Word("our state", here).Word("the peer's", peer);
}

// Whether the port of our end can be bound again, without SO_REUSEADDR.
SysResult BindAgain(Pair& pair) {
  const SysResult made = pair.sys.socket(pair.here.address.any().sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (!made.ok()) return made;
  const SysResult bound =
      pair.sys.bind(static_cast<int>(made.value), &pair.here.address.any(), pair.here.address.length);
  (void)pair.sys.close(static_cast<int>(made.value));
  return bound;
}

Finding AbortRecyclesPort(Pair& pair) {
  auto other = pair.Another();
  if (!other.ok()) return Finding(other.status());
  (void)pair.here.SetLinger(1, 0);
  pair.here.Close();
  const SysResult after_abort = BindAgain(pair);
  (*other)->here.Close();
  (*other)->peer.ReadToEnd();
  (*other)->peer.Close();
  (void)(*other)->AwaitHereState("TIME_WAIT");
  return Finding(after_abort.ok())
      .Word("bind of the port again", after_abort)
      .Word("after a default close", BindAgain(**other));
}

// A lingering close, with both queues full and a peer that then reads everything.
struct Lingered {
  size_t written = 0;
  bool waited = false;
  Timed closed;
  Reading read;
};

Lingered LingerToTheEnd(Pair& pair) {
  Lingered run;
  (void)pair.here.SetLinger(1, 30);
  run.written = pair.here.Fill();
  const WaitedCall closed = pair.witness.Meanwhile([&] { return pair.here.Close().result; },
                                                   [&] { run.read = pair.peer.ReadToEnd(); }, [] {});
  run.waited = closed.waited;
  run.closed = closed.timed;
  return run;
}

Finding LingerWaits(Pair& pair) {
  const Lingered run = LingerToTheEnd(pair);
  return Finding(run.waited && run.closed.result.ok() && run.read.bytes == run.written)
      .Word("close", run.waited ? "waited until the peer read" : "did not wait")
      .Word("returned", run.closed.result)
      .Bytes("written before close", run.written)
      .Bytes("read by the peer", run.read.bytes);
}

Finding LingerEndsWithFin(Pair& pair) {
  const Lingered run = LingerToTheEnd(pair);
  const std::string sent = pair.HereSent();
  return Finding(run.read.end == "EOF" && (sent == "FIN" || sent == "not seen"))
      .Word("sent", sent)
      .Word("the peer received", run.read.end)
      .Ms("close returned after", run.closed.ms);
}

// A lingering close of full queues, whose peer does not read.
Timed LingerInVain(Pair& pair, size_t* written) {
  (void)pair.here.SetLinger(1, kLingerSeconds);
  *written = pair.here.Fill();
  return pair.here.Close();
}

Finding ExpiryEndsClose(Pair& pair) {
  size_t written;
  const Timed closed = LingerInVain(pair, &written);
  return Finding(closed.ms >= kLingerMs && closed.ms < 2000.0 * kLingerSeconds)
      .Word("close returned", closed.result)
      .Ms("after", closed.ms);
}

Finding ExpiryDiscards(Pair& pair) {
  size_t written;
  LingerInVain(pair, &written);
  const size_t held = pair.HereUnsent();
  const Reading read = pair.peer.ReadToEnd();
  return Finding(read.bytes < written)
      .Bytes("written before close", written)
      .Bytes("held by the kernel after the timeout", held)
      .Bytes("then read by the peer", read.bytes);
}

Finding ExpiryResets(Pair& pair) {
  size_t written;
  LingerInVain(pair, &written);
  const std::string state = pair.HereState(), at_expiry = pair.HereSent();
  const Reading read = pair.peer.ReadToEnd();
  return Finding(read.end == "ECONNRESET")
      .Word("state after the timeout", state)
      .Word("sent by then", at_expiry)
      .Word("the peer received", read.end)
      .Word("sent in the end", pair.HereSent());
}

Finding NonBlockingWaits(Pair& pair) {
  (void)pair.here.SetNonBlocking();
  size_t written;
  const Timed closed = LingerInVain(pair, &written);
  return Finding(closed.ms >= kLingerMs).Word("close returned", closed.result).Ms("after", closed.ms);
}

Finding SignalDoesNotEnd(Pair& pair) {
  struct sigaction action {
  }, before;
  action.sa_handler = [](int) {};
  sigaction(SIGUSR1, &action, &before);
  (void)pair.here.SetLinger(1, kLingerSeconds);
  const size_t written = pair.here.Fill();
  BackgroundCall closing(pair.witness, [&] { return pair.here.Close().result; });
  const bool waited = closing.SeenWaiting();
  if (waited) pthread_kill(closing.thread(), SIGUSR1);
  const Timed closed = closing.Join();
  sigaction(SIGUSR1, &before, nullptr);
  const Reading read = pair.peer.ReadToEnd();
  return Finding(waited && closed.ms >= kLingerMs)
      .Word("close returned", closed.result)
      .Ms("after", closed.ms)
      .Bytes("written before close", written)
      .Bytes("then read by the peer", read.bytes);
}

// A process that exits with the only descriptor of our end.
double ExitWith(Pair& pair) {
  ForkedCopy owner([] {});
  pair.here.Close();  // of our copy: the connection lives on in the child
  const uint64_t start_ns = pair.witness.NowNs();
  owner.Act();
  owner.Wait();
  return static_cast<double>(pair.witness.NowNs() - start_ns) / 1e6;
}

Finding ExitDelivers(Pair& pair) {
  const size_t written = pair.here.Fill();
  const double ms = ExitWith(pair);
  const Reading read = pair.peer.ReadToEnd();
  return Finding(read.bytes == written && read.end == "EOF")
      .Ms("the process was gone after", ms)
      .Bytes("written before", written)
      .Bytes("then read by the peer", read.bytes)
      .Word("then", read.end);
}

Finding ExitLingers(Pair& pair) {
  (void)pair.here.SetLinger(1, kLingerSeconds);
  const size_t written = pair.here.Fill();
  const double ms = ExitWith(pair);
  const Reading read = pair.peer.ReadToEnd();
  return Finding(ms >= kLingerMs)
      .Ms("the process was gone after", ms)
      .Bytes("written before", written)
      .Bytes("then read by the peer", read.bytes)
      .Word("then", read.end);
}

Finding ExitAborts(Pair& pair) {
  (void)pair.here.SetLinger(1, 0);
  const size_t written = pair.here.Fill();
  ExitWith(pair);
  const Reading read = pair.peer.ReadToEnd();
  return Finding(read.end == "ECONNRESET")
      .Bytes("written before", written)
      .Bytes("read by the peer", read.bytes)
      .Word("then", read.end);
}

}  // namespace

std::vector<Claim> LingerClaims() {
  return {
      {.id = "os/abort-sends-reset",
       .section = "Abrupt Closure (Hard Close)",
       .text = "close with SO_LINGER {1, 0} sends RST instead of FIN.",
       .measured = "What was sent, and what the peer received.",
       .sockets = Sockets::kAll,
       .on_process = false,
       .measure = AbortSendsReset,
       .explanation = "SO_LINGER has no effect on AF_UNIX: there is no RST, and the peer gets end of file.",
       .source = "Linux unix_release_sock(), which does not look at SO_LINGER"},
      {.id = "os/abort-discards-unsent",
       .section = "Abrupt Closure (Hard Close)",
       .text = "close with SO_LINGER {1, 0} throws away what is not yet sent.",
       .measured = "Both queues are filled, then close; the peer reads to the end.",
       .sockets = Sockets::kAll,
       .on_process = false,
       .measure = AbortDiscards,
       .explanation = "On AF_UNIX what is written stands in the peer's queue at once: nothing is unsent, and SO_LINGER "
                      "has no effect.",
       .source = "Linux unix_stream_sendmsg(), unix_release_sock()"},
      {.id = "os/abort-returns-at-once",
       .section = "SO_LINGER: l_onoff = 1, l_linger = 0",
       .text = "close with SO_LINGER {1, 0} returns at once.",
       .measured = "Both queues are filled, then close is timed.",
       .sockets = Sockets::kTcp,
       .on_process = false,
       .measure = AbortReturnsAtOnce,
       .explanation = "",
       .source = ""},
      {.id = "os/abort-skips-time-wait",
       .section = "SO_LINGER: l_onoff = 1, l_linger = 0",
       .text = "After close with SO_LINGER {1, 0} there is no TIME_WAIT.",
       .measured = "The states of both ends.",
       .sockets = Sockets::kTcp,
       .on_process = false,
       .measure = AbortSkipsTimeWait,
       .explanation = "",
       .source = ""},
      {.id = "os/abort-recycles-port",
       .section = "SO_LINGER: l_onoff = 1, l_linger = 0",
       .text = "After close with SO_LINGER {1, 0} the port can be used again at once.",
       .measured = "bind of the same address without SO_REUSEADDR; for comparison after a default close.",
       .sockets = Sockets::kTcp,
       .on_process = false,
       .measure = AbortRecyclesPort,
       .explanation = "",
       .source = ""},
      {.id = "os/abort-at-exit",
       .section = "SO_LINGER: l_onoff = 1, l_linger = 0",
       .text = "SO_LINGER {1, 0} makes RST also of a socket that the end of its process closes.",
       .measured = "Both queues are filled, and the process that owns the socket exits; the peer reads.",
       .sockets = Sockets::kTcp,
       .on_process = true,
       .measure = ExitAborts,
       .explanation = "",
       .source = ""},
      {.id = "os/exit-delivers-pending",
       .section = "SO_LINGER: l_onoff = 0",
       .text = "The operating system sends pending data in the background, also when the process is gone.",
       .measured = "Both queues are filled, and the process that owns the socket exits; the peer reads.",
       .sockets = Sockets::kAll,
       .on_process = true,
       .measure = ExitDelivers,
       .explanation = "",
       .source = ""},
      {.id = "os/linger-waits-until-sent",
       .section = "SO_LINGER: l_onoff = 1, l_linger > 0",
       .text = "close with SO_LINGER {1, n} waits until all data are sent.",
       .measured = "Both queues are filled; close is seen to wait; then the peer reads everything, and close returns.",
       .sockets = Sockets::kAll,
       .on_process = false,
       .measure = LingerWaits,
       .explanation =
           "SO_LINGER has no effect on AF_UNIX, where nothing is unsent: what is written stands in the peer's queue.",
       .source = "Linux unix_stream_sendmsg(), unix_release_sock()"},
      {.id = "os/linger-ends-with-fin",
       .section = "SO_LINGER: l_onoff = 1, l_linger > 0",
       .text = "If all data are sent within n seconds, the connection ends with FIN.",
       .measured = "The same; what was sent, and what the peer received after the data.",
       .sockets = Sockets::kTcp,
       .on_process = false,
       .measure = LingerEndsWithFin,
       .explanation = "",
       .source = ""},
      {.id = "os/linger-ends-at-timeout",
       .section = "SO_LINGER: l_onoff = 1, l_linger > 0",
       .text = "close with SO_LINGER {1, n} waits n seconds at most.",
       .measured = "{1, 1}, both queues full, and a peer that does not read; close is timed.",
       .sockets = Sockets::kTcp,
       .on_process = false,
       .measure = ExpiryEndsClose,
       .explanation = "",
       .source = ""},
      {.id = "os/linger-timeout-discards-unsent",
       .section = "SO_LINGER: l_onoff = 1, l_linger > 0",
       .text = "At the timeout what is not sent is thrown away.",
       .measured = "The same; after the timeout the peer reads everything that comes.",
       .sockets = Sockets::kTcp,
       .on_process = false,
       .measure = ExpiryDiscards,
       .explanation = "At the timeout close only stops waiting, and returns 0: the kernel goes on sending in the "
                      "background, as after a default close.",
       .source = "Linux __tcp_close() and sk_stream_wait_close(); POSIX.1-2024 close() says only that close blocks up "
                 "to the time"},
      {.id = "os/linger-timeout-resets",
       .section = "SO_LINGER: l_onoff = 1, l_linger > 0",
       .text = "At the timeout RST is sent.",
       .measured = "The same; the state, what was sent, and how the peer's reading ends.",
       .sockets = Sockets::kTcp,
       .on_process = false,
       .measure = ExpiryResets,
       .explanation = "Nothing is sent at the timeout: the connection stays in FIN_WAIT1 until the peer takes the "
                      "rest, and ends with FIN.",
       .source = "Linux __tcp_close(); tcp(7) tcp_orphan_retries"},
      {.id = "os/linger-waits-on-non-blocking",
       .section = "SO_LINGER: l_onoff = 1, l_linger > 0",
       .text = "close with SO_LINGER {1, n} waits on a non-blocking socket, too.",
       .measured = "O_NONBLOCK, {1, 1}, both queues full, and a peer that does not read; close is timed.",
       .sockets = Sockets::kTcp,
       .on_process = false,
       .measure = NonBlockingWaits,
       .explanation = "",
       .source = ""},
      {.id = "os/linger-waits-through-signal",
       .section = "SO_LINGER: l_onoff = 1, l_linger > 0",
       .text = "close with SO_LINGER {1, n} waits until all is sent or the time is over, whatever signal comes.",
       .measured = "{1, 1}, both queues full; close is seen to wait, and its thread gets a signal that has a handler.",
       .sockets = Sockets::kTcp,
       .on_process = true,
       .measure = SignalDoesNotEnd,
       .explanation = "A signal ends the wait, and close returns 0, not EINTR: who lingers to be sure cannot tell. The "
                      "data are still sent.",
       .source = "Linux sk_stream_wait_close(), which stops at a pending signal"},
      {.id = "os/linger-waits-at-exit",
       .section = "SO_LINGER: l_onoff = 1, l_linger > 0",
       .text = "A socket with SO_LINGER {1, n} is waited for also when the end of its process closes it.",
       .measured = "{1, 1}, both queues full; the process that owns the socket exits, which is timed.",
       .sockets = Sockets::kTcp,
       .on_process = true,
       .measure = ExitLingers,
       .explanation = "A process that ends does not linger: its sockets are closed as if SO_LINGER were off, and the "
                      "data are sent in the background.",
       .source = "socket(7), SO_LINGER: closed as part of exit(2), it always lingers in the background"},
  };
}

}  // namespace lastack::os
