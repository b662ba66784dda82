// What the document says of shutdown().
#include <errno.h>
#include <signal.h>

#include "absl/strings/str_cat.h"
#include "cases/os/claim_tables.h"
#include "cases/os/forked_copy.h"
#include "cases/os/sigpipe.h"

namespace lastack::os {
namespace {

Finding WrSendsFin(Pair& pair) {
  (void)pair.here.Send(100);
  const SysResult result = pair.here.Shutdown(SHUT_WR);
  const Reading read = pair.peer.ReadToEnd();
  const std::string sent = pair.is_tcp() ? pair.HereSent() : "not seen";
  Finding finding(result.ok() && read.bytes == 100 && read.end == "EOF" && (sent == "FIN" || sent == "not seen"));
  finding.Bytes("read by the peer", read.bytes).Word("then", read.end);
  if (pair.is_tcp()) finding.Word("sent", sent).Word("state", pair.HereState());
  return finding;
}

Finding WrKeepsReceiving(Pair& pair) {
  (void)pair.here.Shutdown(SHUT_WR);
  const std::string end = pair.peer.ReadToEnd().end;
  const SysResult sent = pair.peer.Send(1000);
  pair.here.AwaitInput();
  const SysResult received = pair.here.Receive();
  return Finding(received.value == 1000)
      .Word("the peer received", end)
      .Word("then sent", sent)
      .Word("we received", received);
}

Finding WrDisablesSending(Pair& pair) {
  (void)pair.here.Shutdown(SHUT_WR);
  const SysResult quiet = pair.here.Send(1);
  const SendOutcome loud = SendWithSignal(pair.here);
  return Finding(quiet.error == EPIPE && loud.result.error == EPIPE)
      .Word("send with MSG_NOSIGNAL", quiet)
      .Word("send", loud.result)
      .Word("signal", loud.signal);
}

Finding RdKeepsBuffered(Pair& pair) {
  (void)pair.peer.Send(100);
  pair.here.AwaitInput();
  const SysResult result = pair.here.Shutdown(SHUT_RD);
  const SysResult received = pair.here.Receive();
  return Finding(received.value == 100).Word("shutdown returned", result).Word("recv of 100 buffered bytes", received);
}

Finding RdDisablesReceiving(Pair& pair) {
  (void)pair.here.Shutdown(SHUT_RD);
  const SysResult empty = pair.here.Receive();
  const SysResult sent = pair.peer.Send(100);
  if (pair.is_tcp()) pair.AwaitPeerUnsent(0);
  const SysResult received = pair.here.Receive();
  return Finding(received.value <= 0)
      .Word("recv", empty)
      .Word("the peer's send of 100 bytes", sent)
      .Word("the next recv", received);
}

// What a shut-down socket does, in words.
std::string Behaviour(Pair& pair) {
  const std::string peer_end = pair.peer.ReadToEnd().end;
  const std::string state = pair.is_tcp() ? absl::StrCat(pair.AwaitHereState("FIN_WAIT2"), ", ") : "";
  return absl::StrCat(state, "peer ", peer_end, ", send ", Word(pair.here.Send(1)), ", recv ",
                      Word(pair.here.Receive()));
}

Finding RdwrIsBoth(Pair& pair) {
  auto other = pair.Another();
  if (!other.ok()) return Finding(other.status());
  (void)pair.here.Shutdown(SHUT_RDWR);
  (void)(*other)->here.Shutdown(SHUT_RD);
  (void)(*other)->here.Shutdown(SHUT_WR);
  const std::string at_once = Behaviour(pair), in_turn = Behaviour(**other);
  return Finding(at_once == in_turn).Word("SHUT_RDWR", at_once).Word("SHUT_RD, SHUT_WR", in_turn);
}

Finding KeepsDescriptor(Pair& pair) {
  (void)pair.here.Shutdown(SHUT_RDWR);
  const SysResult looked = pair.sys.fcntl(pair.here.fd, F_GETFD, 0);
  const SysResult next = pair.sys.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool other_number = next.ok() && next.value != pair.here.fd;
  if (other_number) (void)pair.sys.close(static_cast<int>(next.value));
  const Timed closed = pair.here.Close();
  return Finding(looked.ok() && other_number && closed.result.ok())
      .Word("fcntl(F_GETFD)", looked.ok() ? "open" : Word(looked))
      .Word("the next socket", other_number ? "has another number" : "has the number")
      .Word("close", closed.result);
}

Finding Constants(Pair& pair) {
  auto reading = pair.Another(), both = pair.Another(), none = pair.Another();
  for (const auto* other : {&reading, &both, &none}) {
    if (!other->ok()) return Finding(other->status());
  }
  (void)pair.here.Shutdown(1);
  (void)(*reading)->here.Shutdown(0);
  (void)(*both)->here.Shutdown(2);
  const SysResult unknown = (*none)->here.Shutdown(3);
  const std::string one = pair.peer.ReadToEnd().end, two = (*both)->peer.ReadToEnd().end;
  const SysResult zero_receives = (*reading)->here.Receive(), zero_sends = (*reading)->here.Send(1);
  const SysResult one_receives = pair.here.Receive(), two_receives = (*both)->here.Receive();
  const bool as_named = SHUT_RD == 0 && SHUT_WR == 1 && SHUT_RDWR == 2;
  const bool act_so = zero_receives.value == 0 && zero_sends.ok() && one == "EOF" && one_receives.error == EAGAIN &&
                      two == "EOF" && two_receives.value == 0;
  return Finding(as_named && act_so && unknown.error == EINVAL)
      .Word("0", absl::StrCat("recv ", Word(zero_receives), ", send ", Word(zero_sends)))
      .Word("1", absl::StrCat("recv ", Word(one_receives), ", peer ", one))
      .Word("2", absl::StrCat("recv ", Word(two_receives), ", peer ", two))
      .Word("3", unknown);
}

Finding ThroughDup(Pair& pair) {
  End copy(pair.sys, pair.witness);
  copy.fd = static_cast<int>(pair.sys.dup(pair.here.fd).value);
  (void)copy.Shutdown(SHUT_WR);
  const std::string end = pair.peer.ReadToEnd().end;
  const SysResult sent = pair.here.Send(1);
  copy.Close();
  return Finding(end == "EOF" && sent.error == EPIPE).Word("the peer received", end).Word("send by the original", sent);
}

Finding ThroughForkedCopy(Pair& pair) {
  ForkedCopy copy([&] { (void)pair.sys.shutdown(pair.here.fd, SHUT_WR); });
  copy.Act();
  copy.Wait();
  const std::string end = pair.peer.ReadToEnd().end;
  const SysResult sent = pair.here.Send(1);
  return Finding(end == "EOF" && sent.error == EPIPE).Word("the peer received", end).Word("send by the parent", sent);
}

Finding EndsBlockedRecv(Pair& pair) {
  const auto receive = [&] {
    char byte;
    return pair.sys.recv(pair.here.fd, &byte, 1, 0);
  };
  const WaitedCall received = pair.witness.Meanwhile(
      receive, [&] { (void)pair.here.Shutdown(SHUT_RD); }, [&] { pair.peer.Close(); });
  return Finding(received.waited && received.returned && received.timed.result.value == 0)
      .Word("the blocked recv", received.returned ? Word(received.timed.result) : "did not return");
}

}  // namespace

std::vector<Claim> ShutdownClaims() {
  return {
      {.id = "os/shutdown-keeps-descriptor",
       .section = "The Role of shutdown(): Resources",
       .text = "shutdown gives back neither the descriptor nor the socket.",
       .measured = "SHUT_RDWR; then fcntl on the number, a new socket's number, and close.",
       .sockets = Sockets::kAll,
       .on_process = false,
       .measure = KeepsDescriptor,
       .explanation = "",
       .source = ""},
      {.id = "os/shutdown-constants",
       .section = "The Role of shutdown()",
       .text = "SHUT_RD, SHUT_WR and SHUT_RDWR are 0, 1 and 2.",
       .measured = "shutdown with each number on a fresh connection, and with 3.",
       .sockets = Sockets::kAll,
       .on_process = false,
       .measure = Constants,
       .explanation = "",
       .source = ""},
      {.id = "os/shut-rd-keeps-buffered",
       .section = "The Role of shutdown(): SHUT_RD",
       .text = "What was received before SHUT_RD can still be read.",
       .measured = "The peer's data lie in our queue; SHUT_RD; recv.",
       .sockets = Sockets::kAll,
       .on_process = false,
       .measure = RdKeepsBuffered,
       .explanation = "",
       .source = ""},
      {.id = "os/shut-rd-disables-receiving",
       .section = "The Role of shutdown(): SHUT_RD",
       .text = "After SHUT_RD nothing more is received.",
       .measured = "SHUT_RD; recv; the peer sends; recv.",
       .sockets = Sockets::kAll,
       .on_process = false,
       .measure = RdDisablesReceiving,
       .explanation = "SHUT_RD sends nothing on TCP and drops nothing: recv gives end of file while the queue is "
                      "empty, and what arrives "
                      "later is acknowledged and can be read.",
       .source =
           "RFC 9293 section 3.9.1 (no such call in TCP); Linux tcp_shutdown(), which acts on SEND_SHUTDOWN only"},
      {.id = "os/shut-wr-sends-fin",
       .section = "The Role of shutdown(): SHUT_WR",
       .text = "SHUT_WR sends FIN, after the data.",
       .measured = "100 bytes, SHUT_WR; the peer reads to the end.",
       .sockets = Sockets::kAll,
       .on_process = false,
       .measure = WrSendsFin,
       .explanation = "",
       .source = ""},
      {.id = "os/shut-wr-disables-sending",
       .section = "The Role of shutdown(): SHUT_WR",
       .text = "After SHUT_WR sending fails.",
       .measured = "SHUT_WR; send with and without MSG_NOSIGNAL.",
       .sockets = Sockets::kAll,
       .on_process = false,
       .measure = WrDisablesSending,
       .explanation = "",
       .source = ""},
      {.id = "os/shut-wr-through-dup",
       .section = "The Role of shutdown(): SHUT_WR",
       .text = "SHUT_WR acts on the connection, whichever copy of the descriptor it is called on.",
       .measured = "dup, SHUT_WR on the copy; what the peer receives, and send by the original.",
       .sockets = Sockets::kAll,
       .on_process = false,
       .measure = ThroughDup,
       .explanation = "",
       .source = ""},
      {.id = "os/shut-wr-through-forked-copy",
       .section = "The Role of shutdown(): SHUT_WR",
       .text = "SHUT_WR acts on the connection, also if a forked process calls it.",
       .measured = "A child calls SHUT_WR on its copy; what the peer receives, and send by the parent.",
       .sockets = Sockets::kAll,
       .on_process = true,
       .measure = ThroughForkedCopy,
       .explanation = "",
       .source = ""},
      {.id = "os/shut-rdwr-is-both",
       .section = "The Role of shutdown(): SHUT_RDWR",
       .text = "SHUT_RDWR does what SHUT_RD and then SHUT_WR do.",
       .measured = "Both ways on a connection each: state, the peer's end, send, recv.",
       .sockets = Sockets::kAll,
       .on_process = false,
       .measure = RdwrIsBoth,
       .explanation = "",
       .source = ""},
      {.id = "os/shut-rd-ends-blocked-recv",
       .section = "The Role of shutdown(): SHUT_RD",
       .text = "SHUT_RD ends a recv in which another thread waits.",
       .measured = "A thread is seen to wait in recv; SHUT_RD; what recv returns.",
       .sockets = Sockets::kAll,
       .on_process = false,
       .measure = EndsBlockedRecv,
       .explanation = "",
       .source = ""},
      {.id = "os/shut-wr-keeps-receiving",
       .section = "Best Practices: Use shutdown() for Half-Close Scenarios",
       .text = "After SHUT_WR what the peer sends is still received.",
       .measured = "SHUT_WR; the peer sees the end and then sends 1,000 bytes.",
       .sockets = Sockets::kAll,
       .on_process = false,
       .measure = WrKeepsReceiving,
       .explanation = "",
       .source = ""},
  };
}

}  // namespace lastack::os
