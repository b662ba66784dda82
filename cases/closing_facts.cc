#include "cases/closing_facts.h"

#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cases/bytes_moved.h"
#include "harness/sys/calls.h"
#include "harness/sys/errno_names.h"

namespace lastack {
namespace {

using Facts = std::vector<std::pair<std::string, std::string>>;

constexpr size_t kMostConnections = 4;  // described one by one; the rest are counted

std::string EndingInWords(const ConnectionRecord& record) {
  switch (record.ending) {
    case Ending::kNothing:
      return record.our_reset_ns != 0 ? "nothing: it had reset the connection itself"
                                      : "nothing: neither FIN nor RST came";
    case Ending::kFin:
      return "FIN";
    case Ending::kReset:
      return "RST";
    case Ending::kFinThenReset:
      return "FIN, then RST";
  }
  return "";
}

// A call of shutdown that ended the sending side.
bool Finishes(const TracedEvent& event) {
  const bool skipped = event.event.fault != kNoFaultIndex && event.event.effect == Effect::kSkip;
  return event.event.call == Call::shutdown && event.event.a != SHUT_RD && !skipped;
}

// When the subject first ended its side: by the call that did it, if that was seen; else when the peer saw it. 0:
// never.
uint64_t SubjectEndedNs(const Evidence& run, const Exchange& exchange) {
  const ConnectionRecord& record = *exchange.record;
  if (record.ending == Ending::kNothing) return 0;
  uint64_t ended_ns = record.fin_ns != 0 ? record.fin_ns : record.reset_ns;
  if (exchange.socket->closed()) ended_ns = std::min(ended_ns, exchange.socket->closed_ns());
  for (const TracedEvent* event : run.EventsOn(*exchange.socket)) {
    if (Finishes(*event)) ended_ns = std::min(ended_ns, event->start_ns);
  }
  return ended_ns;
}

std::string FirstToClose(const Evidence& run, const Exchange& exchange) {
  const ConnectionRecord& record = *exchange.record;
  const uint64_t theirs = SubjectEndedNs(run, exchange);
  const uint64_t ours = record.our_fin_ns != 0 ? record.our_fin_ns : record.our_reset_ns;
  if (theirs == 0 && ours == 0) return "nobody";
  if (theirs == 0 || (ours != 0 && ours <= theirs)) {
    return record.our_fin_ns != 0 ? "the peer, by FIN" : "the peer, by RST";
  }
  return record.fin_ns != 0 ? "the subject, by FIN" : "the subject, by RST";
}

const char* FateInWords(Fate fate) {
  switch (fate) {
    case Fate::kOpen:
      return "still open when the trace ended";
    case Fate::kClosed:
      return "closed";
    case Fate::kSwept:
      return "closed with a range of descriptors";
    case Fate::kReplaced:
      return "replaced by dup2";
    case Fate::kDecoyed:
      return "closed, and a decoy took its number";
    case Fate::kClosedOnExec:
      return "closed by exec";
    case Fate::kVanished:
      return "gone, unseen";
    case Fate::kLeftToExit:
      return "left open to the exit";
  }
  return "";
}

std::string Descriptors(const SocketLife& socket) {
  std::string text;
  for (const DescriptorLife& descriptor : socket.descriptors) {
    absl::StrAppend(&text, text.empty() ? "" : "; ", descriptor.fd);
    if (descriptor.pid != socket.descriptors.front().pid) absl::StrAppend(&text, " in process ", descriptor.pid);
    absl::StrAppend(&text, ": ", FateInWords(descriptor.fate));
  }
  return text;
}

bool Succeeded(const TracedEvent& event) { return event.event.kind == EventKind::kCall && event.event.error == 0; }

std::string BytesToPeer(const Evidence& run, const Exchange& exchange) {
  const uint64_t delivered = exchange.record->bytes_received;
  const std::optional<uint64_t> accepted = BytesMoved(run, *exchange.socket, CallFamily::send);
  if (!accepted.has_value() || *accepted < delivered) {
    return absl::StrCat(delivered, " delivered (not every send was seen)");
  }
  return absl::StrCat(*accepted, " accepted, ", delivered, " delivered, ", *accepted - delivered, " lost");
}

std::string BytesToSubject(const Evidence& run, const Exchange& exchange) {
  const uint64_t sent = exchange.record->bytes_sent;
  const std::optional<uint64_t> received = BytesMoved(run, *exchange.socket, CallFamily::recv);
  if (!received.has_value() || *received > sent) return absl::StrCat(sent, " sent (not every receive was seen)");
  return absl::StrCat(sent, " sent, ", *received, " received, ", sent - *received, " never received");
}

std::string Linger(const Evidence& run, const SocketLife& socket) {
  const Event* set = nullptr;
  for (const TracedEvent* event : run.EventsOn(socket)) {
    const Event& call = event->event;
    const bool sets = call.call == Call::setsockopt && Succeeded(*event) && OptionWordLevel(call.a) == SOL_SOCKET;
    if (sets && OptionWordOption(call.a) == SO_LINGER) set = &call;
  }
  if (set == nullptr) return socket.abortive_linger ? "{on, 0} from its listener: close aborts" : "never set";
  if (static_cast<uint32_t>(set->b) == 0) return "off";
  const uint64_t seconds = set->b >> 32;
  return seconds == 0 ? "{on, 0}: close aborts"
                      : absl::StrCat("{on, ", seconds, "}: close waits up to ", seconds, " s");
}

// The last close of the socket itself; null if it was released in another way, or not at all.
const TracedEvent* LastClose(const Evidence& run, const SocketLife& socket) {
  const TracedEvent* last = nullptr;
  for (const TracedEvent* event : run.EventsOn(socket)) {
    const bool closes = event->event.call == Call::close || event->event.call == Call::fclose;
    const bool is_call = event->event.kind == EventKind::kCall || event->event.kind == EventKind::kInFlight;
    if (closes && is_call && (event->event.flags & kOnDecoy) == 0) last = event;
  }
  return last;
}

bool HasFinished(const Evidence& run, const SocketLife& socket) {
  const auto events = run.EventsOn(socket);
  return std::any_of(events.begin(), events.end(), [](const TracedEvent* event) { return Finishes(*event); });
}

void AddQueues(const Evidence& run, const Exchange& exchange, const Event& close, const std::string& prefix,
               Facts& facts) {
  if (exchange.record == nullptr) return;  // of a connection that was never made, the kernel counts the SYN
  const bool counts_fin = close.b > 0 && HasFinished(run, *exchange.socket);
  facts.emplace_back(prefix + "unread bytes at close", absl::StrCat(close.a));
  facts.emplace_back(prefix + "unacknowledged bytes at close",
                     absl::StrCat(close.b, counts_fin ? " (a FIN counts as one)" : ""));
}

void AddCloseCall(const Evidence& run, const Exchange& exchange, const std::string& prefix, Facts& facts) {
  const TracedEvent* close = LastClose(run, *exchange.socket);
  if (close == nullptr) return;
  AddQueues(run, exchange, close->event, prefix, facts);
  if (close->event.kind == EventKind::kInFlight) {
    facts.emplace_back(prefix + "close returned", "never");
    return;
  }
  const char* origin = close->event.fault != kNoFaultIndex ? " (injected)" : "";
  facts.emplace_back(prefix + "close returned",
                     absl::StrCat(close->event.result, close->event.error == 0 ? "" : " ",
                                  close->event.error == 0 ? "" : ErrnoName(close->event.error), origin));
  facts.emplace_back(prefix + "time in close",
                     absl::StrFormat("%.3f ms", static_cast<double>(close->duration_ns) / 1e6));
}

void AddExchange(const Evidence& run, const Exchange& exchange, const std::string& prefix, Facts& facts) {
  if (exchange.record != nullptr) {
    facts.emplace_back(prefix + "who closed first", FirstToClose(run, exchange));
    facts.emplace_back(prefix + "the peer saw", EndingInWords(*exchange.record));
    facts.emplace_back(prefix + "bytes to the peer", BytesToPeer(run, exchange));
    facts.emplace_back(prefix + "bytes to the subject", BytesToSubject(run, exchange));
  } else {
    facts.emplace_back(prefix + "the peer saw", "no such connection");
  }
  facts.emplace_back(prefix + "descriptor", Descriptors(*exchange.socket));
  facts.emplace_back(prefix + "SO_LINGER", Linger(run, *exchange.socket));
  AddCloseCall(run, exchange, prefix, facts);
}

// What the subject made of SIGPIPE, in order, and what ended it.
std::string Signals(const Evidence& run) {
  std::vector<std::string> parts;
  for (const TracedEvent& event : run.run().trace.events) {
    const bool sets = event.event.call == Call::sigaction || event.event.call == Call::signal;
    if (!sets || !Succeeded(event) || event.event.a != SIGPIPE) continue;
    const auto handler = static_cast<uintptr_t>(event.event.b);
    const bool ignores = handler == reinterpret_cast<uintptr_t>(SIG_IGN);
    const bool resets = handler == reinterpret_cast<uintptr_t>(SIG_DFL);
    const std::string part = ignores ? "SIGPIPE ignored" : resets ? "SIGPIPE left to its default" : "SIGPIPE handled";
    if (std::find(parts.begin(), parts.end(), part) == parts.end()) parts.push_back(part);
  }
  const SubjectExit& exit = run.run().exit;
  // A server is told by a signal to end.
  const bool told_to_end = !run.of_driver() && !run.run().lives.empty() && run.run().lives.front().stop_ns != 0;
  const int death = DeathOf(run.run());
  if (death != 0 && !told_to_end) {
    parts.push_back(
        absl::StrCat(SignalName(death), exit.how == SubjectExit::How::kSignaled ? " ended it" : " ended a child"));
  }
  return parts.empty() ? "none changed, none ended it" : absl::StrJoin(parts, "; ");
}

}  // namespace

Facts ClosingFacts(const Evidence& run) {
  Facts facts;
  const auto& exchanges = run.exchanges();
  for (size_t i = 0; i < exchanges.size() && i < kMostConnections; ++i) {
    const std::string prefix = exchanges.size() == 1 ? "" : absl::StrCat("connection ", i + 1, ": ");
    AddExchange(run, exchanges[i], prefix, facts);
  }
  if (exchanges.size() > kMostConnections) facts.emplace_back("connections in all", absl::StrCat(exchanges.size()));
  if (!exchanges.empty()) {
    if (!run.run().scenario.empty()) facts.emplace_back("what the peer played", run.run().scenario);
    facts.emplace_back("signals", Signals(run));
    facts.emplace_back("the subject", run.EndInWords());
  }
  return facts;
}

}  // namespace lastack
