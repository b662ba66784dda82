// What the document says of errors after the peer has gone, and of its example in Python.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cases/os/claim_tables.h"
#include "cases/os/sigpipe.h"

namespace lastack::os {
namespace {

constexpr char kPythonPair[] =
#include "cases/os/closing_pair.py.inc"
    ;

// Some calls one after the other, in words: "1, EPIPE, EPIPE".
std::string Words(std::initializer_list<SysResult> results) {
  std::string words;
  for (const SysResult& result : results) absl::StrAppend(&words, words.empty() ? "" : ", ", Word(result));
  return words;
}

Finding SendAfterClose(Pair& pair) {
  pair.peer.Close();
  pair.here.AwaitInput();
  const SysResult first = pair.here.Send(1);
  pair.here.AwaitHangUp();
  const SendOutcome second = SendWithSignal(pair.here);
  const SysResult third = pair.here.Send(1), received = pair.here.Receive();
  return Finding(second.result.error == EPIPE)
      .Word("three sends", Words({first, second.result, third}))
      .Word("signal at the second", second.signal)
      .Word("then recv", received);
}

Finding ReceiveAfterClose(Pair& pair) {
  pair.peer.Close();
  pair.here.AwaitInput();
  const SysResult first = pair.here.Receive(), second = pair.here.Receive();
  return Finding(!first.ok()).Word("two recvs", Words({first, second}));
}

void ResetByPeer(Pair& pair) {
  (void)pair.peer.SetLinger(1, 0);
  pair.peer.Close();
  pair.here.AwaitHangUp();
}

Finding ReceiveAfterReset(Pair& pair) {
  ResetByPeer(pair);
  const SysResult first = pair.here.Receive(), second = pair.here.Receive(), sent = pair.here.Send(1);
  return Finding(first.error == ECONNRESET).Word("two recvs", Words({first, second})).Word("then send", sent);
}

Finding SendAfterReset(Pair& pair) {
  ResetByPeer(pair);
  const SendOutcome first = SendWithSignal(pair.here);
  const SendOutcome second = SendWithSignal(pair.here);
  const SysResult received = pair.here.Receive();
  return Finding(first.result.error == ECONNRESET)
      .Word("two sends", Words({first.result, second.result}))
      .Word("signals", absl::StrCat(first.signal, ", ", second.signal))
      .Word("then recv", received);
}

// Runs closing_pair.py, which says on each line NAME=VALUE; `name`'s value must be `expected`.
Finding RunPython(Family family, const char* mode, const char* name, const char* expected) {
  setenv("LASTACK_CLOSING_PAIR", kPythonPair, 1);
  // The system's own first: a version manager's wrapper takes ten times as long to start.
  const std::string command = absl::StrCat("PATH=/usr/bin:/bin:$PATH; exec python3 -I -S -c \"$LASTACK_CLOSING_PAIR\" ",
                                           mode, " ", FamilyName(family), " 2>&1");
  FILE* output = popen(command.c_str(), "r");
  if (output == nullptr) return Finding(absl::InternalError("popen"));
  std::string text;
  char buffer[1024];
  while (const size_t size = fread(buffer, 1, sizeof(buffer), output)) text.append(buffer, size);
  const int status = pclose(output);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) return Finding(absl::UnavailableError("python3 is not here"));
  if (status != 0) return Finding(absl::InternalError(absl::StrCat("python3: ", absl::StripAsciiWhitespace(text))));
  std::vector<std::pair<std::string, std::string>> facts;
  bool holds = false;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    facts.push_back(absl::StrSplit(line, absl::MaxSplits('=', 1)));
    holds = holds || (facts.back().first == name && facts.back().second == expected);
  }
  Finding finding(holds);
  for (const auto& [fact, value] : facts) finding.Word(fact.c_str(), value);
  return finding;
}

Finding PythonHalfClose(Pair& pair) {
  return RunPython(pair.family, "half-close", "client received", "6 bytes, then EOF");
}
Finding PythonBrokenPipe(Pair& pair) { return RunPython(pair.family, "broken-pipe", "second send", "BrokenPipeError"); }
Finding PythonReset(Pair& pair) { return RunPython(pair.family, "reset", "recv", "ConnectionResetError"); }

}  // namespace

std::vector<Claim> PeerGoneClaims() {
  return {
      {.id = "os/python-half-close",
       .section = "Example Usage",
       .text = "In Python, shutdown(SHUT_WR), reading the rest and close give both ends all data and an orderly end.",
       .measured =
           "python3 plays both ends: the client as in the example, and a server that answers after the client's FIN.",
       .sockets = Sockets::kAll,
       .on_process = true,
       .measure = PythonHalfClose,
       .explanation = "",
       .source = ""},
      {.id = "os/python-broken-pipe",
       .section = "Best Practices: Handle BrokenPipeError / ECONNRESET",
       .text = "In Python, sending to a peer that has closed ends in BrokenPipeError.",
       .measured = "The server closes; the client sends twice, the second time when the answer to the first is here.",
       .sockets = Sockets::kAll,
       .on_process = true,
       .measure = PythonBrokenPipe,
       .explanation = "",
       .source = ""},
      {.id = "os/python-connection-reset",
       .section = "Best Practices: Handle BrokenPipeError / ECONNRESET",
       .text = "In Python, receiving from a peer that has reset the connection ends in ConnectionResetError.",
       .measured = "The server closes with SO_LINGER {1, 0}; the client receives.",
       .sockets = Sockets::kTcp,
       .on_process = true,
       .measure = PythonReset,
       .explanation = "",
       .source = ""},
      {.id = "os/send-after-peer-close",
       .section = "Best Practices: Handle BrokenPipeError / ECONNRESET",
       .text = "Sending to a peer that has closed fails with EPIPE.",
       .measured = "The peer closes; three sends, the second when the answer to the first is here; then recv.",
       .sockets = Sockets::kAll,
       .on_process = false,
       .measure = SendAfterClose,
       .explanation = "",
       .source = ""},
      {.id = "os/recv-after-peer-close",
       .section = "Best Practices: Handle BrokenPipeError / ECONNRESET",
       .text = "Receiving from a peer that has closed fails with an error.",
       .measured = "The peer closes, with nothing unread; two recvs.",
       .sockets = Sockets::kAll,
       .on_process = false,
       .measure = ReceiveAfterClose,
       .explanation = "An orderly close is an end of file, as often as one asks, and never an error: whether it came "
                      "too early only the application knows.",
       .source = "recv(2), RETURN VALUE"},
      {.id = "os/recv-after-peer-reset",
       .section = "Best Practices: Handle BrokenPipeError / ECONNRESET",
       .text = "Receiving from a peer that has reset the connection fails with ECONNRESET.",
       .measured = "The peer closes with SO_LINGER {1, 0}; two recvs and a send.",
       .sockets = Sockets::kTcp,
       .on_process = false,
       .measure = ReceiveAfterReset,
       .explanation = "",
       .source = ""},
      {.id = "os/send-after-peer-reset",
       .section = "Best Practices: Handle BrokenPipeError / ECONNRESET",
       .text = "Sending to a peer that has reset the connection fails with ECONNRESET.",
       .measured = "The peer closes with SO_LINGER {1, 0}; two sends and a recv.",
       .sockets = Sockets::kTcp,
       .on_process = false,
       .measure = SendAfterReset,
       .explanation = "",
       .source = ""},
  };
}

}  // namespace lastack::os
