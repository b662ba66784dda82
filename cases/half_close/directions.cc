#include "cases/half_close/directions.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cases/driver_facts.h"

namespace lastack {
namespace {

constexpr char kStillSends[] = "still-sends";
constexpr char kStillReceives[] = "still-receives";
constexpr char kKilled[] = "killed-after-shutdown";
constexpr char kDropped[] = "buffered-data-dropped";

Judgement Unexercised(std::string why) {
  Judgement judgement;
  judgement.verdict = Verdict::kUnexercised;
  judgement.message = std::move(why);
  return judgement;
}

// Why the run says nothing: the driver never came to the verb, or it failed by itself. Empty: it was done.
std::string WhyNotDone(const Evidence& run, const char* verb) {
  const std::vector<const DriverReply*> replies = RepliesTo(run.run(), verb);
  if (replies.empty()) return absl::StrCat("The driver never came to its ", verb, ".");
  return IsOk(*replies.front())
             ? ""
             : absl::StrCat("The driver's ", verb, " failed by itself: ", replies.front()->reply, ".");
}

Judgement With(const Evidence& run, const char* expected, Judgement judgement) {
  judgement.expected = expected;
  judgement.observed = judgement.message;
  for (const DriverReply& reply : run.run().replies) judgement.evidence.push_back(Describe(reply));
  return judgement;
}

// There are two connections, one to send on and one to receive on: there the peer answers when it has our FIN, so that
// a side that still receives gets something. (On the first its answer would be answered by RST, and that would refuse
// the send.)
Judgement JudgeBoth(const Evidence&, const Evidence& run) {
  constexpr char kExpected[] = "an error of the send, and the end or an error of the receive";
  if (const std::string why = WhyNotDone(run, "shutdown-both"); !why.empty()) return Unexercised(why);
  const std::vector<const DriverReply*> sends = RepliesTo(run.run(), "send");
  const std::vector<const DriverReply*> receives = RepliesTo(run.run(), "recv");
  if (sends.size() < 2) return Unexercised("The driver never came to the send after its shutdown-both.");
  if (DeathOf(run.run()) != 0) {
    return With(run, kExpected,
                Violation(kKilled, absl::StrCat("a send after both directions were ended killed the process: it ",
                                                run.EndInWords(), ".")));
  }
  const DriverReply& refused = *sends[1];
  if (IsOk(refused)) {
    return With(run, kExpected,
                Violation(kStillSends, "took data to send after both directions were ended, and reported success."));
  }
  if (!IsError(refused) || receives.empty() || receives.back()->replied_ns == 0) {
    return Unexercised("The send or the receive after shutdown-both had no reply.");
  }
  if (!run.run().exit.out.empty()) {
    return With(run, kExpected,
                Violation(kStillReceives, absl::StrCat("handed over ", run.run().exit.out.size(),
                                                       " bytes that the peer sent after both directions were ended.")));
  }
  return With(run, kExpected,
              Passed(absl::StrCat("after both directions were ended it refused to send (", refused.reply,
                                  ") and received nothing (", receives.back()->reply, ").")));
}

// One byte has been received, so that the others, which came in the same segment, are there.
Judgement JudgeBuffered(const Evidence&, const Evidence& run) {
  constexpr char kExpected[] = "all that had come before the receiving side was ended, and then the end";
  if (const std::string why = WhyNotDone(run, "shutdown-receive"); !why.empty()) return Unexercised(why);
  const std::vector<const DriverReply*> receives = RepliesTo(run.run(), "recv");
  const std::vector<ConnectionRecord>& records = run.run().connections;
  if (receives.size() < 2 || receives.back()->replied_ns == 0 || records.empty() || records.front().bytes_sent < 2) {
    return Unexercised("The driver never came to a receive after its shutdown-receive.");
  }
  const uint64_t sent = records.front().bytes_sent;
  const size_t got = run.run().exit.out.size();
  if (got < sent) {
    return With(run, kExpected,
                Violation(kDropped, absl::StrCat("handed over ", got, " of the ", sent,
                                                 " bytes that had come before its receiving side was ended.")));
  }
  return With(
      run, kExpected,
      Passed(absl::StrCat("handed over all ", sent, " bytes that had come before its receiving side was ended.")));
}

}  // namespace

Case HalfCloseBothDirections() {
  return {
      .id = "half-close/both-directions",
      .requirement = "half-close/both-directions",
      .scenario = Scenario::kShutdownBoth,
      .faults = {},
      .findings = {{kStillSends, "Data was accepted after both directions had been ended."},
                   {kStillReceives, "Data was received after both directions had been ended."},
                   {kKilled, "A send after both directions had been ended killed the process."}},
      .defects = {"both-is-only-send", "both-is-only-receive", "finish-does-nothing", "swallows-epipe",
                  "sends-without-nosignal"},
      .verb = "shutdown-both",
      .core = false,
      .inapplicable = AlwaysApplies,
      .judge = JudgeBoth,
  };
}

Case HalfCloseBufferedAfterRd() {
  return {
      .id = "half-close/buffered-after-rd",
      .requirement = "half-close/buffered-after-rd",
      .scenario = Scenario::kShutdownReceive,
      .faults = {},
      .findings = {{kDropped, "What had come before the receiving side was ended was lost."}},
      .defects = {"drops-buffered", "deaf-after-finish"},
      .verb = "shutdown-receive",
      .core = false,
      .inapplicable = AlwaysApplies,
      .judge = JudgeBuffered,
  };
}

}  // namespace lastack
