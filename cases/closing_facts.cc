#include "cases/closing_facts.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace lastack {
namespace {

using Facts = std::vector<std::pair<std::string, std::string>>;

constexpr size_t kMostConnections = 4;  // described one by one; the rest are counted

std::string EndingInWords(const ConnectionRecord& record) {
  switch (record.ending) {
    case Ending::kNothing:
      return "nothing: neither FIN nor RST came";
    case Ending::kFin:
      return "FIN";
    case Ending::kReset:
      return "RST";
    case Ending::kFinThenReset:
      return "FIN, then RST";
  }
  return "";
}

std::string FirstToClose(const ConnectionRecord& record) {
  const uint64_t theirs = record.fin_ns != 0 ? record.fin_ns : record.reset_ns;
  const uint64_t ours = record.our_fin_ns != 0 ? record.our_fin_ns : record.our_reset_ns;
  if (theirs == 0 && ours == 0) return "nobody";
  if (theirs == 0 || (ours != 0 && ours <= theirs)) return record.our_reset_ns != 0 ? "the peer, by RST" : "the peer, by FIN";
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
    absl::StrAppend(&text, text.empty() ? "" : "; ", descriptor.fd, " ", FateInWords(descriptor.fate));
  }
  return text;
}

void AddCloseCall(const Evidence& run, const SocketLife& socket, const std::string& prefix, Facts& facts) {
  const TracedEvent* last = nullptr;
  for (const TracedEvent* event : run.EventsOn(socket)) {
    const bool closes = event->event.call == Call::close || event->event.call == Call::fclose;
    if (closes && event->event.kind == EventKind::kCall && (event->event.flags & kOnDecoy) == 0) last = event;
  }
  if (last == nullptr) return;
  facts.emplace_back(prefix + "unread bytes at close", absl::StrCat(last->event.a));
  facts.emplace_back(prefix + "unacknowledged bytes at close", absl::StrCat(last->event.b));
  facts.emplace_back(prefix + "time in close", absl::StrFormat("%.3f ms", static_cast<double>(last->duration_ns) / 1e6));
}

void AddExchange(const Evidence& run, const Exchange& exchange, const std::string& prefix, Facts& facts) {
  if (exchange.record != nullptr) {
    facts.emplace_back(prefix + "who closed first", FirstToClose(*exchange.record));
    facts.emplace_back(prefix + "the peer saw", EndingInWords(*exchange.record));
    facts.emplace_back(prefix + "bytes from subject to peer", absl::StrCat(exchange.record->bytes_received));
    facts.emplace_back(prefix + "bytes from peer to subject", absl::StrCat(exchange.record->bytes_sent));
  }
  facts.emplace_back(prefix + "descriptor", Descriptors(*exchange.socket));
  facts.emplace_back(prefix + "SO_LINGER", exchange.socket->abortive_linger ? "{on, 0} at close" : "not {on, 0}");
  AddCloseCall(run, *exchange.socket, prefix, facts);
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
  if (!exchanges.empty()) facts.emplace_back("the subject", run.EndInWords());
  return facts;
}

}  // namespace lastack
