#include "cases/peer_gone/reset_on_recv_reported.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "harness/sys/errno_names.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kTruncated[] = "truncated-as-eof";
constexpr char kHangs[] = "hangs-after-reset";
constexpr char kCrashed[] = "crashed-after-reset";

std::string Inapplicable(const Evidence& clean) {
  for (const Exchange& exchange : clean.exchanges()) {
    for (const TracedEvent* event : clean.EventsOn(*exchange.socket)) {
      if (event->event.call != Call::none && FamilyOf(event->event.call) == CallFamily::recv && event->event.result > 0) return "";
    }
  }
  return "the subject never receives on its connection";
}

// Whether the call told the subject of the reset: by its error, by readiness that poll(2) reports for an error only, or
// as the answer to the question for SO_ERROR.
bool TellsOfReset(const Event& event) {
  if (event.error == ECONNRESET) return true;
  const bool polls = event.call == Call::poll || event.call == Call::ppoll;
  if (polls && event.result > 0 && (event.substitute & POLLERR) != 0) return true;
  return event.call == Call::getsockopt && OptionWordLevel(event.a) == SOL_SOCKET && OptionWordOption(event.a) == SO_ERROR;
}

// The call by which the subject learned of the reset.
const TracedEvent* Delivered(const Evidence& run, const Exchange& exchange) {
  for (const TracedEvent* event : run.EventsOn(*exchange.socket)) {
    const bool later = event->start_ns + event->duration_ns >= exchange.record->our_reset_ns;
    if (event->event.kind == EventKind::kCall && later && TellsOfReset(event->event)) return event;
  }
  return nullptr;
}

// A text without what differs from run to run: every number is one '#'.
std::string WithoutNumbers(absl::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) {
      out += c;
    } else if (out.empty() || out.back() != '#') {
      out += '#';
    }
  }
  return out;
}

// A line on stderr that speaks of an error and was not there in the clean run.
std::string NewComplaint(const Evidence& clean, const Evidence& run) {
  const std::string known = WithoutNumbers(clean.run().exit.err);
  for (absl::string_view line : absl::StrSplit(run.run().exit.err, absl::ByAnyChar("\r\n"))) {
    const std::string lower = absl::AsciiStrToLower(line);
    bool complains = false;
    for (const char* word : {"reset", "error", "fail", "abort", "truncat", "incomplete", "partial", "unexpected"}) {
      complains = complains || absl::StrContains(lower, word);
    }
    if (complains && !absl::StrContains(known, WithoutNumbers(line))) return std::string(line.substr(0, 200));
  }
  return "";
}

size_t Requests(const Evidence& run) {
  size_t requests = 0;
  for (const ConnectionRecord& record : run.run().connections) requests += record.bytes_received > 0 ? 1 : 0;
  return requests;
}

// How the subject showed that it took the reset for an error; empty: it did not.
std::string Report(const Evidence& clean, const Evidence& run) {
  const SubjectExit& exit = run.run().exit;
  if (exit.how == SubjectExit::How::kExited && exit.status != 0) return absl::StrCat("exit status ", exit.status);
  if (exit.how == SubjectExit::How::kSignaled && exit.signal == SIGABRT) return "it ended itself by SIGABRT";
  if (Requests(run) > Requests(clean)) return "it asked again on a new connection";
  if (const std::string line = NewComplaint(clean, run); !line.empty()) return absl::StrCat("a line on stderr: ", line);
  return "";
}

const Exchange* Broken(const Evidence& run) {
  for (const Exchange& exchange : run.exchanges()) {
    if (exchange.record != nullptr && exchange.record->our_reset_ns != 0 && exchange.record->script_done) return &exchange;
  }
  return nullptr;
}

Judgement Judge(const Evidence& clean, const Evidence& run) {
  Judgement judgement;
  judgement.expected = "the reset is reported: by exit status, on stderr, or by asking again";
  if (clean.run().exit.how != SubjectExit::How::kExited || clean.run().exit.status != 0) {
    judgement.verdict = Verdict::kInconclusive;
    judgement.message = absl::StrCat("Without any fault the subject ", clean.EndInWords(),
                                     ", so that its end says nothing about the reset.");
    return judgement;
  }
  const Exchange* broken = Broken(run);
  const TracedEvent* delivered = broken == nullptr ? nullptr : Delivered(run, *broken);
  if (delivered == nullptr) {
    judgement.verdict = Verdict::kUnexercised;
    judgement.message = broken == nullptr ? "The peer could not reset the connection at the agreed point."
                                          : "The subject did not receive from the connection after it was reset.";
    for (const ConnectionRecord& record : run.run().connections) {
      if (!record.trouble.empty()) judgement.evidence.push_back(absl::StrCat("peer: ", record.trouble));
    }
    return judgement;
  }
  judgement.evidence.push_back(DescribeEvent(*delivered));
  judgement.evidence.push_back(absl::StrCat("the peer sent RST after ", broken->record->bytes_sent, " bytes, all of them read"));
  judgement.evidence.push_back(absl::StrCat("the subject ", run.EndInWords()));
  const std::string report = Report(clean, run);
  if (!report.empty()) {
    judgement.verdict = Verdict::kPass;
    judgement.message = absl::StrCat("took the reset for an error: ", report, ".");
    judgement.observed = report;
    return judgement;
  }
  const SubjectExit& exit = run.run().exit;
  judgement.verdict = Verdict::kFail;
  judgement.finding = exit.how == SubjectExit::How::kExited ? kTruncated
                      : exit.how == SubjectExit::How::kTimedOut ? kHangs
                                                                : kCrashed;
  judgement.message = absl::StrCat(
      "was told of the reset after ", broken->record->bytes_sent, " bytes of an answer and ",
      exit.how == SubjectExit::How::kExited ? "exited with status 0, as if the answer were complete" : run.EndInWords(), ".");
  judgement.observed = judgement.message;
  return judgement;
}

}  // namespace

Case PeerGoneResetOnRecvReported() {
  return {
      .id = "peer-gone/reset-on-recv-reported",
      .requirement = "peer-gone/reset-on-recv-reported",
      .scenario = Scenario::kResetMidAnswer,
      .faults = {},
      .findings = {{kTruncated, "A reset in the middle of an answer was taken for its end."},
                   {kHangs, "The subject did not end after the reset."},
                   {kCrashed, "The subject died by a signal after the reset."}},
      .defects = {"truncates-silently"},
      .core = true,
      .inapplicable = Inapplicable,
      .judge = Judge,
  };
}

}  // namespace lastack
