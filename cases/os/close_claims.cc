// What the document says of close().
#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cases/os/claim_tables.h"
#include "cases/os/forked_copy.h"

namespace lastack::os {
namespace {

Finding DeliversPending(Pair& pair) {
  const size_t written = pair.here.Fill();
  const Timed closed = pair.here.Close();
  const Reading read = pair.peer.ReadToEnd();
  return Finding(closed.result.ok() && read.bytes == written && read.end == "EOF")
      .Bytes("written before close", written)
      .Bytes("read by the peer", read.bytes)
      .Word("then", read.end);
}

Finding ReturnsAtOnce(Pair& pair) {
  const size_t written = pair.here.Fill();
  const Timed closed = pair.here.Close();
  return Finding(closed.result.ok() && closed.ms < kAtOnceMs)
      .Bytes("written, and not read by the peer", written)
      .Word("close returned", closed.result)
      .Ms("after", closed.ms);
}

Finding StartsTermination(Pair& pair) {
  pair.here.Close();
  const std::string end = pair.peer.ReadToEnd().end;
  const std::string state = pair.HereState(), sent = pair.HereSent();
  const std::string settled = pair.AwaitHereState("FIN_WAIT2");  // by the peer's acknowledgement
  const bool terminates = state == "FIN_WAIT1" || state == "FIN_WAIT2";
  return Finding(terminates && end == "EOF" && (sent == "FIN" || sent == "not seen"))
      .Word("state when the peer has the end", state)
      .Word("a little later", settled)
      .Word("the peer's", pair.PeerState())
      .Word("sent", sent)
      .Word("the peer received", end);
}

Finding ReleasesDescriptor(Pair& pair) {
  const int number = pair.here.fd;
  pair.here.Close();
  const SysResult again = pair.sys.close(number);
  const SysResult next = pair.sys.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (next.ok()) (void)pair.sys.close(static_cast<int>(next.value));
  return Finding(again.error == EBADF && next.value == number)
      .Word("a second close", again)
      .Word("the next socket", next.value == number ? "has the number" : "has another number");
}

Finding ReleasesBuffers(Pair& pair) {
  const size_t written = pair.here.Fill();
  pair.here.Close();
  const size_t held = pair.HereUnsent();
  const Reading read = pair.peer.ReadToEnd();
  pair.AwaitHereUnsent(0);
  return Finding(held == 0)
      .Bytes("written before close", written)
      .Bytes("held by the kernel after close", held)
      .Bytes("then read by the peer", read.bytes)
      .Bytes("held after that", pair.HereUnsent());
}

Finding Unusable(Pair& pair) {
  const int number = pair.here.fd;
  char byte = 'x';
  linger value{};
  socklen_t length = sizeof(value);
  pair.here.Close();
  const SysResult results[] = {pair.sys.send(number, &byte, 1, MSG_NOSIGNAL),
                               pair.sys.recv(number, &byte, 1, MSG_DONTWAIT), pair.sys.shutdown(number, SHUT_WR),
                               pair.sys.getsockopt(number, SOL_SOCKET, SO_LINGER, &value, &length)};
  bool all = true;
  for (const SysResult& result : results) all = all && result.error == EBADF;
  return Finding(all)
      .Word("send", results[0])
      .Word("recv", results[1])
      .Word("shutdown", results[2])
      .Word("getsockopt", results[3]);
}

Finding UnusableThroughDup(Pair& pair) {
  End copy(pair.sys, pair.witness);
  copy.fd = static_cast<int>(pair.sys.dup(pair.here.fd).value);
  pair.here.Close();
  const SysResult sent = copy.Send(5);
  const size_t arrived = sent.ok() && pair.peer.AwaitInput() ? static_cast<size_t>(pair.peer.Receive().value) : 0;
  const SysResult end_after_first = pair.peer.Receive();
  copy.Close();
  return Finding(!sent.ok())
      .Word("send through the copy", sent)
      .Bytes("read by the peer", arrived)
      .Word("the peer's next recv", end_after_first)
      .Word("after the last close", pair.peer.ReadToEnd().end);
}

Finding TerminatesForkedCopy(Pair& pair) {
  ForkedCopy copy([] {});
  pair.here.Close();
  const SysResult received = pair.peer.Receive();
  const std::string state = pair.is_tcp() ? pair.HereState() : "";
  copy.Act();
  copy.Wait();
  Finding finding(received.value == 0);
  if (pair.is_tcp()) finding.Word("state after our close", state);
  return finding.Word("the peer's recv", received).Word("after the child's exit", pair.peer.ReadToEnd().end);
}

Finding ActiveCloserWaits(Pair& pair) {
  pair.here.Close();
  pair.peer.ReadToEnd();
  pair.peer.Close();
  const std::string state = pair.AwaitHereState("TIME_WAIT");
  return Finding(state == "TIME_WAIT").Word("closed first", state).Word("closed second", pair.PeerState());
}

Finding PassiveCloserWaits(Pair& pair) {
  pair.peer.Close();
  pair.here.ReadToEnd();
  pair.here.Close();
  const std::string state = pair.AwaitHereState("none");
  return Finding(state == "TIME_WAIT").Word("closed second", state).Word("closed first", pair.PeerState());
}

Finding GracefulWithUnread(Pair& pair) {
  (void)pair.peer.Send(100);
  pair.here.AwaitInput();
  const size_t written = pair.here.Fill();
  const Timed closed = pair.here.Close();
  const Reading read = pair.peer.ReadToEnd();
  Finding finding(read.bytes == written && read.end == "EOF");
  finding.Word("close returned", closed.result).Bytes("written before close", written);
  finding.Bytes("read by the peer", read.bytes).Word("then", read.end);
  if (pair.is_tcp()) finding.Word("sent", pair.HereSent());
  return finding;
}

Finding ListenerClosesGracefully(Pair& pair) {
  absl::StatusOr<int> waiting = pair.ConnectOneMore();
  if (!waiting.ok()) return Finding(waiting.status());
  End client(pair.sys, pair.witness);
  client.fd = *waiting;
  const Timed closed = pair.listener.Close();
  const Reading read = client.ReadToEnd();
  client.Close();
  return Finding(read.end == "EOF")
      .Word("close of the listener", closed.result)
      .Word("a waiting client received", read.end);
}

Finding EndsBlockedCall(Pair& pair) {
  const auto receive = [&, fd = pair.here.fd] {
    char byte;
    return pair.sys.recv(fd, &byte, 1, 0);
  };
  SysResult before;
  const auto close_then_send = [&] {
    pair.here.Close();
    before = pair.peer.Receive();
    // What the peer sends now arrives in the call, unless close has ended it.
    (void)pair.peer.Send(1);
  };
  const WaitedCall received = pair.witness.Meanwhile(receive, close_then_send, [&] { pair.peer.Close(); });
  const SysResult& result = received.timed.result;
  Finding finding(received.waited && result.value != 1);
  finding.Word("the peer's recv after close", before).Word("the blocked recv, sent a byte later", result);
  if (received.returned) finding.Word("then the peer received", pair.peer.ReadToEnd().end);
  return finding;
}

// What close returns, and whether the number is free afterwards.
std::string ClosedWith(End& end, bool* right) {
  const int number = end.fd;
  const Timed closed = end.Close();
  const SysResult looked = end.sys.fcntl(number, F_GETFD, 0);
  *right = *right && closed.result.ok() && looked.error == EBADF;
  return Word(closed.result) + (looked.error == EBADF ? "" : ", and still open");
}

Finding ReportsNoError(Pair& pair) {
  auto reset = pair.Another(), ended = pair.Another();
  for (const auto* other : {&reset, &ended}) {
    if (!other->ok()) return Finding(other->status());
  }
  bool right = true;
  pair.here.Fill();
  const std::string with_pending = ClosedWith(pair.here, &right);
  (*reset)->here.Fill();
  (void)(*reset)->peer.SetLinger(1, 0);
  (*reset)->peer.Close();
  (*reset)->here.AwaitHangUp();
  const std::string after_reset = ClosedWith((*reset)->here, &right);
  (void)(*ended)->here.Shutdown(SHUT_RDWR);
  const std::string after_shutdown = ClosedWith((*ended)->here, &right);
  return Finding(right)
      .Word("with data pending", with_pending)
      .Word("after a reset", after_reset)
      .Word("after SHUT_RDWR", after_shutdown);
}

Finding LeakExhausts(Pair& pair) {
  rlimit usual;
  getrlimit(RLIMIT_NOFILE, &usual);
  const rlimit few = {64, usual.rlim_max};
  setrlimit(RLIMIT_NOFILE, &few);
  std::vector<int> leaked;
  SysResult made;
  while ((made = pair.sys.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)).ok()) {
    leaked.push_back(static_cast<int>(made.value));
  }
  pair.here.Close();
  const SysResult after_close = pair.sys.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (after_close.ok()) leaked.push_back(static_cast<int>(after_close.value));
  for (const int fd : leaked) (void)pair.sys.close(fd);
  setrlimit(RLIMIT_NOFILE, &usual);
  return Finding(made.error == EMFILE && after_close.ok())
      .Word("socket, with RLIMIT_NOFILE 64 used up", made)
      .Word("after one close", after_close.ok() ? "works again" : Word(after_close));
}

}  // namespace

std::vector<Claim> CloseClaims() {
  return {
      {.id = "os/close-delivers-pending",
       .section = "How do you properly close a socket?",
       .text = "close first sends what is still waiting to be sent, and then ends the connection.",
       .measured = "Both queues are filled, then close; the peer reads to the end.",
       .sockets = Sockets::kAll,
       .on_process = false,
       .measure = DeliversPending,
       .explanation = "",
       .source = ""},
      {.id = "os/close-releases-descriptor",
       .section = "close(): Resource Release",
       .text = "close gives the descriptor back.",
       .measured = "A second close of the number, and the number of the next socket.",
       .sockets = Sockets::kAll,
       .on_process = false,
       .measure = ReleasesDescriptor,
       .explanation = "",
       .source = ""},
      {.id = "os/close-releases-buffers",
       .section = "close(): Resource Release",
       .text = "close gives the socket's memory back.",
       .measured = "Both queues are filled, then close; the socket table says what the kernel still holds.",
       .sockets = Sockets::kTcp,
       .on_process = false,
       .measure = ReleasesBuffers,
       .explanation =
           "What is not yet acknowledged must be kept to be sent, and sent again: the kernel holds it, in a socket "
           "without owner, until the peer has taken it or the connection is given up.",
       .source = "tcp(7) tcp_max_orphans, tcp_orphan_retries; RFC 9293 section 3.6"},
      {.id = "os/close-starts-termination",
       .section = "close(): Connection Termination",
       .text = "close of a connected socket starts the exchange of FINs.",
       .measured = "The state of both ends after close, what was sent, and what the peer received.",
       .sockets = Sockets::kTcp,
       .on_process = false,
       .measure = StartsTermination,
       .explanation = "",
       .source = ""},
      {.id = "os/close-of-forked-copy-terminates",
       .section = "close(): Connection Termination",
       .text = "close starts the termination, also where a forked process holds a copy of the descriptor.",
       .measured = "A child holds a copy; we close ours; the state, and what the peer receives.",
       .sockets = Sockets::kAll,
       .on_process = true,
       .measure = TerminatesForkedCopy,
       .explanation = "close releases a descriptor; the connection ends with the last descriptor that refers to it, in "
                      "whichever process.",
       .source = "close(2); POSIX.1-2024 close()"},
      {.id = "os/close-ends-blocked-call",
       .section = "close(): Connection Termination",
       .text = "close ends the connection, also while another thread waits in recv on it.",
       .measured = "A thread is seen to wait in recv; close; then the peer sends a byte.",
       .sockets = Sockets::kAll,
       .on_process = false,
       .measure = EndsBlockedCall,
       .explanation = "The waiting call holds the socket open: it is not woken, it even takes what arrives after "
                      "close, and FIN goes only "
                      "when it returns. shutdown does wake it.",
       .source = "close(2), \"Multithreaded processes and close()\""},
      {.id = "os/close-default-is-graceful-with-unread-data",
       .section = "close(): Graceful Data Handling",
       .text = "close with SO_LINGER off is graceful: all that was written reaches the peer, and FIN after it.",
       .measured = "The peer's data lie unread in our queue, ours are pending; then close; the peer reads to the end.",
       .sockets = Sockets::kAll,
       .on_process = false,
       .measure = GracefulWithUnread,
       .explanation = "With unread data close resets the connection, so that the peer learns of its loss; what we had "
                      "still to send is lost "
                      "with it. An AF_UNIX peer gets all the data and then ECONNRESET.",
       .source = "RFC 1122 section 4.2.2.13; RFC 2525 section 2.17"},
      {.id = "os/close-of-listener-is-graceful",
       .section = "Graceful Closure",
       .text = "close with SO_LINGER off is graceful, also for connections that wait in a listener's queue.",
       .measured = "A client is connected and not accepted; the listener is closed; the client reads.",
       .sockets = Sockets::kTcp,
       .on_process = false,
       .measure = ListenerClosesGracefully,
       .explanation = "Connections that nobody has accepted are reset when their listener is closed.",
       .source = "Linux inet_csk_listen_stop()"},
      {.id = "os/closed-socket-is-unusable",
       .section = "The Role of shutdown(): Reusability",
       .text = "After close the socket cannot be used.",
       .measured = "send, recv, shutdown and getsockopt on the closed number.",
       .sockets = Sockets::kAll,
       .on_process = false,
       .measure = Unusable,
       .explanation = "",
       .source = ""},
      {.id = "os/closed-socket-is-unusable-through-dup",
       .section = "The Role of shutdown(): Reusability",
       .text = "After close the socket cannot be used, by a copy of the descriptor neither.",
       .measured = "dup, close of the original, send through the copy.",
       .sockets = Sockets::kAll,
       .on_process = false,
       .measure = UnusableThroughDup,
       .explanation = "A copy refers to the same socket, which lives until the last of its descriptors is closed.",
       .source = "dup(2); close(2); POSIX.1-2024 close()"},
      {.id = "os/close-default-returns-at-once",
       .section = "SO_LINGER: l_onoff = 0",
       .text = "close with SO_LINGER off returns at once, though data are pending and the peer does not read.",
       .measured = "Both queues are filled, then close is timed.",
       .sockets = Sockets::kAll,
       .on_process = false,
       .measure = ReturnsAtOnce,
       .explanation = "",
       .source = ""},
      {.id = "os/active-closer-keeps-time-wait",
       .section = "SO_LINGER: l_onoff = 0",
       .text = "The socket that closes first stays in TIME_WAIT.",
       .measured = "Both ends close, ours first; the states of both.",
       .sockets = Sockets::kTcp,
       .on_process = false,
       .measure = ActiveCloserWaits,
       .explanation = "",
       .source = ""},
      {.id = "os/passive-closer-keeps-time-wait",
       .section = "SO_LINGER: l_onoff = 0",
       .text = "The socket that closes second stays in TIME_WAIT, too.",
       .measured = "Both ends close, the peer first; the states of both.",
       .sockets = Sockets::kTcp,
       .on_process = false,
       .measure = PassiveCloserWaits,
       .explanation = "Only the end whose FIN goes first must be able to answer a FIN that comes again; the other goes "
                      "from LAST_ACK to CLOSED.",
       .source = "RFC 9293 section 3.6, figure 12"},
      {.id = "os/leak-exhausts-descriptors",
       .section = "Best Practices: Always Close",
       .text = "Sockets that are not closed use up the process's descriptors.",
       .measured = "Sockets are made under a small RLIMIT_NOFILE until that fails; then one is closed.",
       .sockets = Sockets::kTcp,
       .on_process = true,
       .measure = LeakExhausts,
       .explanation = "",
       .source = ""},
      {.id = "os/close-reports-no-error",
       .section = "Best Practices: Error Handling",
       .text = "close hardly ever fails, and never so that the socket stays open.",
       .measured = "What close returns with data pending, after a reset and after SHUT_RDWR, and whether the number is "
                   "free then.",
       .sockets = Sockets::kAll,
       .on_process = false,
       .measure = ReportsNoError,
       .explanation = "",
       .source = ""},
  };
}

}  // namespace lastack::os
