#include "cases/half_close/drains_before_close.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "cases/bytes_moved.h"
#include "cases/harm.h"
#include "cases/site.h"

namespace lastack {
namespace {

constexpr char kUnread[] = "closed-with-unread-data";

bool WasReset(const ConnectionRecord& record) {
  return record.ending == Ending::kReset || record.ending == Ending::kFinThenReset;
}

// What was lost by it, in words.
std::string Harm(const Evidence& run, const Exchange& exchange) {
  const std::optional<uint64_t> handed = BytesMoved(run, *exchange.socket, CallFamily::send);
  const uint64_t arrived = exchange.record->bytes_received;
  const std::string reset = WasReset(*exchange.record) ? "the peer got RST" : "no RST reached the peer";
  if (!handed.has_value() || *handed <= arrived) return reset;
  return absl::StrCat(reset, ", and ", *handed - arrived, " of ", *handed,
                      " bytes that the kernel had taken for it were lost");
}

Judgement Unread(const Evidence& run, const Exchange& exchange, uint64_t unread) {
  Judgement judgement;
  judgement.message = absl::StrCat("closed with ", unread, " bytes unread: ", Harm(run, exchange), ".");
  // A client has sent its request wholly by then, and a driver closes when it is told to.
  const bool is_harm = run.of_server();
  judgement.verdict = is_harm ? Verdict::kFail : Verdict::kObserved;
  if (is_harm) judgement.finding = kUnread;
  return judgement;
}

Judgement JudgeExchange(const Evidence& run, const Exchange& exchange) {
  if (const uint64_t unread = UnreadAtEnd(run, *exchange.socket); unread > 0) return Unread(run, exchange, unread);
  Judgement judgement;
  if (WasReset(*exchange.record)) {
    judgement.verdict = Verdict::kObserved;
    judgement.message =
        "closed when all that had come was read, and before the peer had finished: the peer got RST for the rest.";
  } else {
    judgement.verdict = Verdict::kPass;
    judgement.by_absence = true;
    judgement.message = "read what the peer had sent before it closed, and the peer got FIN.";
  }
  return judgement;
}

Judgement Judge(const Evidence&, const Evidence& run) {
  Judgement judgement;
  judgement.verdict = Verdict::kUnexercised;
  judgement.message = "The peer could not send more than it was asked for.";
  for (const Exchange& exchange : run.exchanges()) {
    if (exchange.record == nullptr || exchange.record->script != 0 || exchange.record->steps_done == 0) continue;
    judgement = JudgeExchange(run, exchange);
    judgement.observed = judgement.message;
    break;
  }
  judgement.expected = "nothing unread at close, and FIN at the peer";
  return judgement;
}

}  // namespace

Case HalfCloseDrainsBeforeClose() {
  return {
      .id = "half-close/drains-before-close",
      .requirement = "half-close/drains-before-close",
      .scenario = Scenario::kTalkativePeer,
      .faults = {},
      .findings = {{kUnread, "A connection was closed while data of the peer was unread, which resets it."}},
      .defects = {"closes-behind-answer", "gives-up-on-full-queue"},
      .core = false,
      .inapplicable = NeverTransfersAnything,
      .judge = Judge,
  };
}

}  // namespace lastack
