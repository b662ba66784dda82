#include "cases/evidence.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cases/conversation.h"
#include "cases/driver_facts.h"
#include "harness/sys/errno_names.h"

namespace lastack {
namespace {

uint32_t Ipv4Of(const std::string& address) {
  in_addr in{};
  return inet_pton(AF_INET, address.c_str(), &in) == 1 ? ntohl(in.s_addr) : 0;
}

std::string Milliseconds(uint64_t ns) { return absl::FormatDuration(absl::Milliseconds(ns / 1'000'000)); }

std::string FirstLine(const std::string& text) { return text.substr(0, std::min<size_t>(text.find('\n'), 200)); }

// The first line and the last: an interpreter's stack trace names the error in one of the two.
std::string Gist(const std::string& text) {
  const std::string first = FirstLine(text);
  const absl::string_view lines = absl::StripTrailingAsciiWhitespace(text);
  const size_t line_feed = lines.rfind('\n');
  return line_feed == absl::string_view::npos
             ? first
             : absl::StrCat(first, " ... ", FirstLine(std::string(lines.substr(line_feed + 1))));
}

// As far as calls were seen.
bool MadeAChild(const Trace& trace) {
  const auto tells = [first = trace.events.empty() ? 0 : trace.events.front().pid](const TracedEvent& traced) {
    const Event& event = traced.event;
    const bool is_call = event.kind == EventKind::kCall && event.call != Call::none;
    const bool makes =
        is_call && FamilyOf(event.call) == CallFamily::process && !IsExec(event.call) && event.call != Call::unshare;
    return traced.pid != first || makes;
  };
  return std::any_of(trace.events.begin(), trace.events.end(), tells);
}

int DeathOf(const Observation& run, const SubjectExit& exit) {
  constexpr int kToldByShells = 128;  // plus the signal: sh(1), 2.8.2
  // Of others, as SIGTERM, such a status is what a program that has been told to end may well choose itself.
  static constexpr int kOfMistakes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGPIPE, SIGTRAP, SIGSYS};
  if (exit.how == SubjectExit::How::kSignaled) return exit.signal;
  const bool told =
      exit.how == SubjectExit::How::kExited &&
      std::find(std::begin(kOfMistakes), std::end(kOfMistakes), exit.status - kToldByShells) != std::end(kOfMistakes);
  return told && MadeAChild(run.trace) ? exit.status - kToldByShells : 0;
}

std::string StatusInWords(const Observation& run, const SubjectExit& exit) {
  const int signal = DeathOf(run, exit);
  return absl::StrCat("exited with status ", exit.status,
                      signal == 0 ? "" : absl::StrCat(" (a child died of ", SignalName(signal), ")"));
}

// How a life ended before it was told to.
std::string EarlyEnd(const Observation& run, const SubjectExit& exit) {
  if (exit.how == SubjectExit::How::kTimedOut) return "it was still running";
  const std::string said = exit.err.empty() ? "" : absl::StrCat(" (stderr: ", Gist(exit.err), ")");
  if (exit.how == SubjectExit::How::kSignaled) return absl::StrCat("it died by ", SignalName(exit.signal), said);
  return absl::StrCat("its first process ", StatusInWords(run, exit), said);
}

// The first client that did not have its ordinary exchange: what the server then makes of other clients says nothing.
std::string WhoWasNotServed(const Observation& run) {
  for (const ConnectionRecord& record : run.connections) {
    if (record.script_done) continue;
    const std::string answered =
        record.received.empty() ? "" : absl::StrCat(" (it answered: ", FirstLine(record.received), ")");
    return absl::StrCat("an ordinary client was not served: ", record.trouble, answered);
  }
  return "";
}

std::string UnusableServer(const Observation& run) {
  if (run.lives.empty()) return "no server was started";
  const SubjectLife& life = run.lives.front();
  // Where a fault fired that may be the very reason.
  if (life.ready_ns == 0 && run.Fired().empty()) {
    return absl::StrCat("the server never listened on ", run.peer_address, ":", run.peer_port, "; ",
                        life.stop_ns != 0 ? "it was running all the time" : EarlyEnd(run, life.exit));
  }
  // It was lastack that ended the server within the conversation, and whoever called then found nobody.
  const bool timed_out = life.stop_ns == 0 && life.exit.how == SubjectExit::How::kTimedOut;
  const bool cut_off = timed_out && (life.alive.empty() || life.quiet_ns > life.exit.ended_ns);
  if ((life.quiet_ns == 0 || cut_off) && life.ready_ns != 0) {
    return absl::StrCat("the conversation was not over after ", Milliseconds(run.timeout_ns));
  }
  const bool plain = run.faults.empty() && run.scenario == ScenarioName(Scenario::kOrdinary);
  if (plain && life.stop_ns == 0) {
    return absl::StrCat("the server ended in an ordinary conversation, before it was told to: ",
                        EarlyEnd(run, life.exit));
  }
  if (plain) return WhoWasNotServed(run);
  return "";
}

std::string Unusable(const Observation& run, bool connected) {
  if (!run.checked_in()) {
    return "the agent never checked in: the program is static, runs with raised privileges, or does not use the C "
           "library";
  }
  if (run.role == "server") return UnusableServer(run);
  if (run.role == "library") return WhyDriverIsUnusable(run);
  const int signal = DeathOf(run);
  if (signal != 0 && run.faults.empty() && run.scenario == ScenarioName(Scenario::kOrdinary)) {
    return absl::StrCat("the subject died by ", SignalName(signal), " in an ordinary exchange, without any fault");
  }
  // A fault may well be the reason, or that the peer refuses.
  const bool refused =
      run.scenario == ScenarioName(Scenario::kRefused) || run.scenario == ScenarioName(Scenario::kSecondAddress);
  const bool may_connect = run.Fired().empty() && !refused;
  if (!connected && run.connections.empty() && may_connect) {
    return absl::StrCat("the subject never connected to the peer; ", EarlyEnd(run, run.exit),
                        ". Does the command run by itself, and go where {url}, or {host} and {port}, say? `lastack "
                        "trace` shows what it did");
  }
  return "";
}

// Whether the other end is a socket of the subject's own, as where it has a server of its own behind it.
bool IsWithItself(const Ledger& ledger, const SocketLife& accepted) {
  return accepted.remote_port != 0 &&
         std::any_of(ledger.sockets.begin(), ledger.sockets.end(), [&](const SocketLife& other) {
           return other.socket != accepted.socket && other.connected && other.local_port == accepted.remote_port &&
                  other.descriptors.front().origin != Origin::kAccept;
         });
}

}  // namespace

int DeathOf(const Observation& run) { return DeathOf(run, run.exit); }

Evidence::Evidence(Observation observation)
    : observation_(std::move(observation)), ledger_(Ledger::Of(observation_.trace)) {
  accepts_ = of_server() || !RepliesTo(observation_, "listen").empty();
  Join();
  unusable_ = Unusable(observation_, !exchanges_.empty());
  CollectDoubts();
}

// What is accepted comes from the peer's ports.
void Evidence::JoinAccepted() {
  for (const SocketLife& socket : ledger_.sockets) {
    const bool on_port = socket.local_port == 0 || socket.local_port == observation_.peer_port;
    if (socket.descriptors.front().origin != Origin::kAccept || socket.kind != SocketKind::kTcp || !on_port) continue;
    Exchange exchange = {.socket = &socket, .record = nullptr};
    for (const ConnectionRecord& record : observation_.connections) {
      if (socket.remote_port != 0 && record.near_port == socket.remote_port) exchange.record = &record;
    }
    if (exchange.record == nullptr && IsWithItself(ledger_, socket)) continue;
    exchanges_.push_back(exchange);
  }
}

void Evidence::Join() {
  if (accepts()) return JoinAccepted();
  const uint32_t address = Ipv4Of(observation_.peer_address);
  for (const SocketLife& socket : ledger_.sockets) {
    const bool to_peer = socket.remote_port == observation_.peer_port && socket.remote_ipv4 == address;
    if (!socket.connected || !to_peer || socket.kind != SocketKind::kTcp) continue;
    Exchange exchange = {.socket = &socket, .record = nullptr};
    for (const ConnectionRecord& record : observation_.connections) {
      if (record.far_port == socket.local_port) exchange.record = &record;
    }
    exchanges_.push_back(exchange);
  }
}

// The port that tells this connection from others.
uint16_t Evidence::PortOf(const ConnectionRecord& record) const {
  return accepts() ? record.near_port : record.far_port;
}

void Evidence::CollectDoubts() {
  for (const std::string& blind_spot : ledger_.blind_spots) doubts_.push_back(blind_spot);
  for (const ConnectionRecord& record : observation_.connections) {
    // A listener may lose a connection that was reset before it was accepted; one that answered was accepted.
    const bool must_be_known = !accepts() || record.bytes_received > 0;
    if (accepts() && must_be_known && !IsKnown(record)) {
      doubts_.push_back(absl::StrCat("the subject answered the connection from port ", record.near_port,
                                     " that no call of the trace accepted"));
    } else if (must_be_known && !IsKnown(record)) {
      doubts_.push_back(absl::StrCat("the peer accepted a connection from port ", record.far_port,
                                     " that no call of the trace made"));
    }
  }
  for (const Exchange& exchange : exchanges_) {
    DoubtEarlyEnding(exchange);
    DoubtStdio(exchange);
    DoubtLateEnding(exchange);
  }
}

bool Evidence::IsKnown(const ConnectionRecord& record) const {
  return std::any_of(exchanges_.begin(), exchanges_.end(),
                     [&](const Exchange& exchange) { return exchange.record == &record; });
}

bool Evidence::HeldAtBarrier(const SocketLife& socket) const {
  return std::any_of(observation_.lives.begin(), observation_.lives.end(),
                     [&](const SubjectLife& life) { return socket.HeldAt(life.quiet_ns, life.alive); });
}

// By the ledger the subject had released the socket, and yet its end reached the peer much later, or never: somebody
// that was not seen still held it.
void Evidence::DoubtLateEnding(const Exchange& exchange) {
  constexpr uint64_t kSlackNs = 1'000'000'000;  // generous: the peer reads on at its own pace
  if (exchange.record == nullptr || !exchange.socket->closed() || exchange.record->our_reset_ns != 0) return;
  const ConnectionRecord& record = *exchange.record;
  const uint64_t ended_ns = record.fin_ns != 0 ? record.fin_ns : record.reset_ns;
  const uint64_t released_ns = std::max(exchange.socket->closed_ns(), record.our_fin_ns);
  if (ended_ns != 0 && ended_ns <= released_ns + kSlackNs) return;
  // An end that comes to a peer that has given up is seen by nobody.
  const bool had_left = record.left_ns != 0 && record.left_ns <= exchange.socket->closed_ns();
  if (ended_ns == 0 && had_left) return;
  doubts_.push_back(
      absl::StrCat("the connection from port ", PortOf(record), " was released by every call that was seen, but ",
                   ended_ns == 0 ? "its end never reached the peer" : "its end reached the peer much later",
                   ": somebody that was not seen held it"));
}

// What stdio reads, writes and closes happens inside the C library.
void Evidence::DoubtStdio(const Exchange& exchange) {
  for (const TracedEvent* event : EventsOn(*exchange.socket)) {
    if (event->event.call != Call::fdopen || event->event.kind != EventKind::kCall) continue;
    doubts_.push_back(absl::StrCat("process ", event->pid, " uses stdio on descriptor ", event->event.fd,
                                   " (fdopen), and what stdio does inside the C library is not seen"));
    return;
  }
}

// The peer saw the end of a connection that, by the ledger, the subject still held: its end was not seen from inside.
void Evidence::DoubtEarlyEnding(const Exchange& exchange) {
  if (exchange.record == nullptr || exchange.record->ending == Ending::kNothing || exchange.socket->closed()) return;
  const ConnectionRecord& record = *exchange.record;
  const uint64_t ended_ns = record.fin_ns != 0 ? record.fin_ns : record.reset_ns;
  for (const TracedEvent* event : EventsOn(*exchange.socket)) {
    if (event->event.call == Call::shutdown && event->event.kind == EventKind::kCall) return;  // explains the FIN
  }
  for (const DescriptorLife& descriptor : exchange.socket->descriptors) {
    for (const ProcessLife& process : ledger_.processes) {
      // A process that lived on after the end: it was alive and recorded something later than that.
      const bool held = process.pid == descriptor.pid && !IsRelease(descriptor.fate);
      if (held && process.last_ns > ended_ns && descriptor.fate != Fate::kLeftToExit) {
        doubts_.push_back(absl::StrCat("the peer saw the end of the connection from port ", PortOf(record),
                                       " although descriptor ", descriptor.fd, " of process ", descriptor.pid,
                                       " still held it: it was closed in a way that was not seen"));
        return;
      }
    }
  }
}

std::vector<const TracedEvent*> Evidence::EventsOn(const SocketLife& socket) const {
  std::vector<const TracedEvent*> events;
  for (const TracedEvent& event : observation_.trace.events) {
    if (event.event.socket == socket.socket) events.push_back(&event);
  }
  return events;
}

std::string Evidence::EndInWords() const {
  const SubjectExit& exit = observation_.exit;
  if (!observation_.lives.empty()) {
    const SubjectLife& life = observation_.lives.front();
    if (life.killed) return "did not end when it was told to";
    const bool told_by_words = of_driver();  // a server is told by a signal
    if (told_by_words && exit.how == SubjectExit::How::kSignaled) {
      return absl::StrCat("died by ", SignalName(exit.signal));
    }
    if (told_by_words && exit.how == SubjectExit::How::kTimedOut) {
      return absl::StrCat("was still running after ", Milliseconds(observation_.timeout_ns));
    }
    return life.stop_ns != 0 ? "ran until it was told to end"
                             : absl::StrCat("ended before it was told to: ", EarlyEnd(observation_, exit));
  }
  const std::string survivors =
      exit.survivors_killed == 0
          ? ""
          : absl::StrCat(" (", exit.survivors_killed, " processes that it left behind were ended then)");
  switch (exit.how) {
    case SubjectExit::How::kExited:
      return absl::StrCat(StatusInWords(observation_, exit), survivors);
    case SubjectExit::How::kSignaled:
      return absl::StrCat("died by ", SignalName(exit.signal));
    case SubjectExit::How::kTimedOut:
      return absl::StrCat("was still running after ", Milliseconds(observation_.timeout_ns));
  }
  return "";
}

}  // namespace lastack
