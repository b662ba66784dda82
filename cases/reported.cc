#include "cases/reported.h"

#include <signal.h>

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cases/driver_facts.h"
#include "cases/harm.h"

namespace lastack {
namespace {

// A text without what differs from run to run: every number is one '#', and what follows a slash in a word, as a path
// of a temporary file, is nothing.
std::string WithoutNumbers(absl::string_view text) {
  std::string out;
  bool in_path = false;
  for (const char c : text) {
    in_path = c == '/' ||
              (in_path && absl::ascii_isgraph(static_cast<unsigned char>(c)) && c != ':' && c != '\'' && c != '"');
    const char kept = absl::ascii_isdigit(static_cast<unsigned char>(c)) ? '#' : c;
    if ((in_path && c != '/') || (kept == '#' && !out.empty() && out.back() == '#')) continue;
    out += kept;
  }
  return out;
}

// Words of trouble, those of strerror(3) among them.
bool Complains(absl::string_view line) {
  static constexpr const char* kWords[] = {
      "abort",      "bad ",        "broken",    "can't",    "cannot",        "closed by",   "corrupt", "could not",
      "denied",     "disconnect",  "early",     "empty",    "end of file",   "eof",         "error",   "fail",
      " gone",      "hang up",     "hangup",    "hung up",  "incomplete",    "interrupted", "invalid", "lost",
      "mismatch",   "missing",     "no answer", "no reply", "not connected", "not ok",      "partial", "premature",
      "refused",    "reset",       "retry",     "short",    "timed out",     "timeout",     "truncat", "unable",
      "unexpected", "unreachable", "warning",   "wrong",
  };
  const std::string lower = absl::AsciiStrToLower(line);
  return std::any_of(std::begin(kWords), std::end(kWords),
                     [&](const char* word) { return absl::StrContains(lower, word); });
}

// How far something is, or that it goes on: a rate, a share, "waiting...", or nothing but numbers.
bool IsProgress(absl::string_view line) {
  const absl::string_view text = absl::StripAsciiWhitespace(line);
  const auto words = std::count_if(text.begin(), text.end(),
                                   [](char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)); });
  return words < 3 || absl::StrContains(text, "%") || absl::StrContains(text, "/s") || absl::EndsWith(text, "...");
}

bool IsSend(const TracedEvent* traced) {
  return traced->event.kind == EventKind::kCall && FamilyOf(traced->event.call) == CallFamily::send;
}

// The peer's view, and the subject's: whom a fault keeps from sending has asked all the same.
size_t Requests(const Evidence& run) {
  size_t arrived = 0;
  for (const ConnectionRecord& record : run.run().connections) arrived += record.bytes_received > 0 ? 1 : 0;
  size_t tried = 0;
  for (const Exchange& exchange : run.exchanges()) {
    const auto events = run.EventsOn(*exchange.socket);
    tried += std::any_of(events.begin(), events.end(), IsSend) ? 1 : 0;
  }
  return std::max(arrived, tried);
}

uint64_t LongestAnswer(const Evidence& clean) {
  uint64_t bytes = 0;
  for (const Exchange& exchange : clean.exchanges()) {
    if (exchange.over()) bytes = std::max(bytes, exchange.record->bytes_sent);
  }
  return bytes;
}

const Exchange* ExchangeWith(const Evidence& run, const ConnectionRecord& record) {
  for (const Exchange& exchange : run.exchanges()) {
    if (exchange.record == &record) return &exchange;
  }
  return nullptr;
}

// Connections on which the peer gave so long an answer; with `taken`, without those on which the subject's calls were
// seen to take less.
size_t Answers(const Evidence& run, uint64_t bytes, bool taken) {
  const auto& records = run.run().connections;
  return std::count_if(records.begin(), records.end(), [&](const ConnectionRecord& record) {
    const Exchange* exchange = ExchangeWith(run, record);
    const bool left = taken && exchange != nullptr && BytesReceived(run, *exchange) < record.bytes_sent;
    return record.script_done && record.our_fin_ns != 0 && record.bytes_sent >= bytes && !left;
  });
}

// An answer to one question does not make up for another that stayed without.
bool GotAllAnswers(const Evidence& clean, const Evidence& run) {
  if (PrintedAnswer(clean) && !PrintedAnswer(run)) return false;
  const uint64_t bytes = LongestAnswer(clean);
  const bool calls_tell = Answers(clean, bytes, true) > 0;
  return Answers(run, bytes, calls_tell) >= Answers(clean, bytes, calls_tell);
}

// It made a connection late in its time, and that was up before its end. Who waits twice as long before each attempt
// makes the last somewhat before half of the time is over.
bool StillAsks(const Evidence& run) {
  const uint64_t late_ns = run.run().timeout_ns / 5 * 2;
  const auto& made = run.exchanges();
  return run.run().exit.how == SubjectExit::How::kTimedOut &&
         std::any_of(made.begin(), made.end(),
                     [late_ns](const Exchange& one) { return one.socket->connected_ns >= late_ns; });
}

// Who asks again, in vain, and ends, has given up without a word.
bool AskedAgain(const Evidence& clean, const Evidence& run) {
  return Requests(run) > Requests(clean) && (GotAllAnswers(clean, run) || StillAsks(run));
}

}  // namespace

std::string NewComplaint(const Evidence& clean, const Evidence& run) {
  const std::string known = WithoutNumbers(clean.run().exit.err);
  // Who says nothing when all is well speaks of trouble, in whatever words.
  const bool usually_silent = absl::StripAsciiWhitespace(known).empty();
  std::string in_other_words;
  for (absl::string_view line : absl::StrSplit(run.run().exit.err, absl::ByAnyChar("\r\n"))) {
    if (absl::StrContains(known, WithoutNumbers(line))) continue;
    if (Complains(line)) return std::string(line.substr(0, 200));
    if (usually_silent && in_other_words.empty() && !IsProgress(line)) {
      in_other_words = std::string(line.substr(0, 200));
    }
  }
  return in_other_words;
}

std::vector<std::string> NewComplaintsInOutput(const Evidence& clean, const Evidence& run) {
  const std::string known = WithoutNumbers(clean.run().exit.out);
  std::vector<std::string> complaints;
  for (absl::string_view line : absl::StrSplit(run.run().exit.out, absl::ByAnyChar("\r\n"))) {
    if (Complains(line) && !absl::StrContains(known, WithoutNumbers(line))) complaints.emplace_back(line);
  }
  return complaints;
}

std::string HowReported(const Evidence& clean, const Evidence& run) {
  const SubjectExit& exit = run.run().exit;
  if (run.of_driver()) return NewErrorReply(clean, run);
  if (Crashed(run)) return "";
  const int death = DeathOf(run.run());
  if (death == SIGABRT) {
    return exit.how == SubjectExit::How::kSignaled ? "it ended itself by SIGABRT"
                                                   : "a child of it ended itself by SIGABRT";
  }
  if (death == 0 && exit.how == SubjectExit::How::kExited && exit.status != 0) {
    return absl::StrCat("exit status ", exit.status);
  }
  if (AskedAgain(clean, run)) return "it asked again on a new connection";
  if (const std::string line = NewComplaint(clean, run); !line.empty()) return absl::StrCat("a line on stderr: ", line);
  if (const std::vector<std::string> lines = NewComplaintsInOutput(clean, run); !lines.empty()) {
    return absl::StrCat("a line on stdout: ", lines.front().substr(0, 200));
  }
  return "";
}

bool Crashed(const Evidence& run) {
  const int death = DeathOf(run.run());
  return death == SIGSEGV || death == SIGBUS || death == SIGILL || death == SIGFPE;
}

std::string WhyReportsAreMute(const Evidence& clean) {
  if (clean.run().exit.how == SubjectExit::How::kExited && clean.run().exit.status == 0) return "";
  return absl::StrCat("Without any fault the subject ", clean.EndInWords(),
                      ", so that its end says nothing about a fault.");
}

}  // namespace lastack
