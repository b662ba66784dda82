#include "cases/harm.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cases/bytes_moved.h"
#include "cases/server_facts.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

enum class Delivery { kWhole, kLost, kUnknown };

// Whether some connection delivered all that the peer had to say.
bool ReceivedAnAnswer(const Evidence& run) {
  return std::any_of(run.exchanges().begin(), run.exchanges().end(), [&](const Exchange& exchange) {
    return exchange.over() && exchange.record->bytes_sent > 0 &&
           BytesReceived(run, exchange) >= exchange.record->bytes_sent;
  });
}

// By what the subject printed, if it prints the answer; else by what it took from its sockets.
Delivery DeliveryOf(const Evidence& clean, const Evidence& run) {
  if (PrintedAnswer(clean)) return PrintedAnswer(run) ? Delivery::kWhole : Delivery::kLost;
  if (!ReceivedAnAnswer(clean)) return Delivery::kUnknown;
  return ReceivedAnAnswer(run) ? Delivery::kWhole : Delivery::kLost;
}

bool WasReset(const ConnectionRecord& record) {
  return record.our_reset_ns == 0 && (record.ending == Ending::kReset || record.ending == Ending::kFinThenReset);
}

bool AnyReset(const Evidence& run) {
  const auto& records = run.run().connections;
  return std::any_of(records.begin(), records.end(), WasReset);
}

Judgement Violation(const Finding& finding, std::string message) {
  Judgement judgement = lastack::Violation(finding.code, std::move(message));
  judgement.observed = judgement.message;
  return judgement;
}

// What the head of an HTTP answer promises beyond what came, in words; empty: it promises no more.
std::string MissingFromAnswer(const ConnectionRecord& record) {
  constexpr absl::string_view kLength = "content-length:";
  const size_t head = record.received.find("\r\n\r\n");
  if (head == std::string::npos) return "";
  for (const absl::string_view line : absl::StrSplit(absl::string_view(record.received).substr(0, head), "\r\n")) {
    uint64_t promised = 0;
    if (!absl::StartsWithIgnoreCase(line, kLength) || !absl::SimpleAtoi(line.substr(kLength.size()), &promised)) {
      continue;
    }
    const uint64_t came = record.bytes_received - (head + 4);
    return came < promised ? absl::StrCat(came, " of ", promised, " bytes came, and then the end") : "";
  }
  return "";
}

// A server that waits before it goes on answers all the same: not in the peer's time, but wholly.
bool AnsweredLate(const Evidence& clean, const Evidence& run) {
  const auto& usual = clean.run().connections;
  const auto& late = run.run().connections;
  if (late.empty() || late.size() != usual.size()) return false;
  return late.back().bytes_received > 0 && late.back().bytes_received >= usual.back().bytes_received;
}

Judgement JudgeServer(const Evidence& clean, const Evidence& run) {
  Judgement judgement = JudgedByLastClient(run, kDied.code, kAnswerLost.code, "after the fault");
  if (judgement.verdict == Verdict::kPass && run.run().profile == "http-server") {
    const std::string missing = MissingFromAnswer(run.run().connections.back());
    if (!missing.empty()) return Violation(kAnswerLost, absl::StrCat("did not send the whole answer: ", missing, "."));
  }
  if (judgement.finding != kAnswerLost.code || !AnsweredLate(clean, run)) return judgement;
  judgement.verdict = Verdict::kObserved;
  judgement.finding.clear();
  judgement.message = "answered the next ordinary client wholly, but later than the peer waited.";
  judgement.observed = judgement.message;
  return judgement;
}

bool RanOutOfTime(const Evidence& clean, const Evidence& run) {
  return run.run().exit.how == SubjectExit::How::kTimedOut && clean.run().exit.how != SubjectExit::How::kTimedOut;
}

bool MovedDataLate(const Evidence& run) {
  const uint64_t late = run.run().timeout_ns / 5 * 4;
  return std::any_of(run.run().trace.events.begin(), run.run().trace.events.end(), [late](const TracedEvent& traced) {
    const Event& event = traced.event;
    if (event.call == Call::none || event.kind != EventKind::kCall || event.result <= 0) return false;
    const CallFamily family = FamilyOf(event.call);
    return (family == CallFamily::recv || family == CallFamily::send) && traced.start_ns >= late;
  });
}

}  // namespace

bool PrintedAnswer(const Evidence& run) {
  const Profile* profile = FindProfile(run.run().profile);
  return profile != nullptr && !profile->answer.empty() && absl::StrContains(run.run().exit.out, profile->answer);
}

bool LostAnswer(const Evidence& clean, const Evidence& run) { return DeliveryOf(clean, run) == Delivery::kLost; }

uint64_t BytesReceived(const Evidence& run, const Exchange& exchange, uint64_t before_ns) {
  uint64_t bytes = 0;
  for (const TracedEvent* event : run.EventsOn(*exchange.socket)) {
    if (event->start_ns >= before_ns) break;
    const bool receives =
        event->event.call != Call::none && FamilyOf(event->event.call) == CallFamily::recv && !IsPeek(event->event);
    if (receives && event->event.result > 0) bytes += static_cast<uint64_t>(event->event.result);
  }
  return bytes;
}

uint64_t UnreadAtEnd(const Evidence& run, const SocketLife& socket) {
  uint64_t unread = 0;
  for (const TracedEvent* event : run.EventsOn(socket)) {
    const bool ends = event->event.call == Call::close || event->event.call == Call::fclose ||
                      event->event.kind == EventKind::kClosed || event->event.kind == EventKind::kLeftOpen;
    if (ends) unread = event->event.a;
  }
  return unread;
}

std::vector<Finding> HarmFindings() { return {kDied, kHangs, kAnswerLost, kAborted}; }

bool WasStillAtIt(const Evidence& clean, const Evidence& run) {
  return !run.of_server() && RanOutOfTime(clean, run) && MovedDataLate(run);
}

Judgement JudgeHarm(const Evidence& clean, const Evidence& run) {
  if (run.of_server()) return JudgeServer(clean, run);
  const SubjectExit& exit = run.run().exit;
  if (DeathOf(run.run()) != 0) return Violation(kDied, absl::StrCat(run.EndInWords(), "."));
  if (RanOutOfTime(clean, run)) {
    if (WasStillAtIt(clean, run)) {
      Judgement judgement;
      judgement.verdict = Verdict::kInconclusive;
      judgement.message = absl::StrCat("was still moving data when its time was up: it ", run.EndInWords(),
                                       ". A longer --timeout tells whether it ends.");
      return judgement;
    }
    return Violation(kHangs, absl::StrCat(run.EndInWords(), "; without the fault it ", clean.EndInWords(), "."));
  }
  Judgement judgement;
  if (LostAnswer(clean, run)) {
    judgement = Violation(kAnswerLost, absl::StrCat("did not get the whole answer, as it did without the fault; it ",
                                                    run.EndInWords(), "."));
    judgement.by_absence = !PrintedAnswer(clean);
    return judgement;
  }
  if (AnyReset(run) && !AnyReset(clean)) {
    return Violation(kAborted, "ended the connection with RST; without the fault the peer got FIN.");
  }
  judgement.observed = absl::StrCat("the whole answer arrived; the subject ", run.EndInWords());
  if (DeliveryOf(clean, run) == Delivery::kUnknown) {
    judgement.verdict = Verdict::kInconclusive;
    judgement.message = "Neither its output nor its calls show whether the answer arrived.";
    judgement.observed = absl::StrCat("the subject ", run.EndInWords());
  } else if (exit.status != clean.run().exit.status) {
    judgement.verdict = Verdict::kObserved;
    judgement.message = absl::StrCat("lost nothing, and reported the fault: it ", run.EndInWords(), ".");
  } else {
    judgement.verdict = Verdict::kPass;
    judgement.message = "took no harm: the whole answer arrived, and it ended as it does without the fault.";
  }
  return judgement;
}

}  // namespace lastack
