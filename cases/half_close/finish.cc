#include "cases/half_close/finish.h"

#include "absl/strings/str_cat.h"
#include "cases/driver_facts.h"

namespace lastack {
namespace {

constexpr char kNoFin[] = "no-fin";
constexpr char kClosedOutright[] = "closed-outright";
constexpr char kAccepted[] = "accepted-after-finish";
constexpr char kKilled[] = "killed-after-finish";

void AddReplies(const Evidence& run, Judgement& judgement) {
  for (const DriverReply& reply : run.run().replies) judgement.evidence.push_back(Describe(reply));
}

// Why the run says nothing about finishing: it failed or was never come to. Empty: it was done.
std::string WhyNotFinished(const Evidence& run) {
  const std::vector<const DriverReply*> finished = RepliesTo(run.run(), "finish");
  if (finished.empty()) return "The driver never came to its finish.";
  return IsOk(*finished.front()) ? ""
                                 : absl::StrCat("The driver's finish failed by itself: ", finished.front()->reply, ".");
}

Judgement Unexercised(std::string why) {
  Judgement judgement;
  judgement.verdict = Verdict::kUnexercised;
  judgement.message = std::move(why);
  return judgement;
}

// A FIN that came of the close that followed, or of the driver's death when its time was up, is none.
bool FinCameOfFinish(const Evidence& run) {
  const uint64_t closing_ns = WhenToldToClose(run);
  const uint64_t end_ns = closing_ns != 0 ? closing_ns : run.run().timeout_ns;
  const std::vector<ConnectionRecord>& records = run.run().connections;
  return !records.empty() && records.front().fin_ns != 0 && records.front().fin_ns < end_ns;
}

// The peer says nothing before it has our FIN, and then the whole answer.
Judgement JudgeFin(const Evidence&, const Evidence& run) {
  if (const std::string why = WhyNotFinished(run); !why.empty()) return Unexercised(why);
  Judgement judgement;
  if (!FinCameOfFinish(run)) {
    judgement.verdict = Verdict::kFail;
    judgement.finding = kNoFin;
    judgement.message = "reported its sending side as finished, but no FIN came to the peer before the end.";
  } else if (run.run().exit.out != FindProfile(run.run().profile)->answer) {
    judgement.verdict = Verdict::kFail;
    judgement.finding = kClosedOutright;
    judgement.message = absl::StrCat("after its finish it handed over ", run.run().exit.out.size(), " bytes of the ",
                                     FindProfile(run.run().profile)->answer.size(), " that the peer then sent.");
  } else {
    judgement.verdict = Verdict::kPass;
    judgement.message = "finished its sending side, and received the whole answer after that.";
  }
  judgement.observed = judgement.message;
  judgement.expected = "FIN at the peer, and then the whole answer";
  AddReplies(run, judgement);
  return judgement;
}

Judgement JudgeNoSend(const Evidence&, const Evidence& run) {
  if (const std::string why = WhyNotFinished(run); !why.empty()) return Unexercised(why);
  const std::vector<const DriverReply*> sends = RepliesTo(run.run(), "send");
  if (sends.size() < 2) return Unexercised("The driver never came to the send after its finish.");
  Judgement judgement;
  if (DeathOf(run.run()) != 0) {
    judgement.verdict = Verdict::kFail;
    judgement.finding = kKilled;
    judgement.message = absl::StrCat("a send after finish killed the process: it ", run.EndInWords(), ".");
  } else if (IsError(*sends.back())) {
    judgement.verdict = Verdict::kPass;
    judgement.message = absl::StrCat("refused to send after finish: ", sends.back()->reply, ".");
  } else if (IsOk(*sends.back())) {
    judgement.verdict = Verdict::kFail;
    judgement.finding = kAccepted;
    judgement.message = "took data to send after finish, and reported success: nobody will ever get it.";
  } else {
    return Unexercised("The send after finish had no reply.");
  }
  judgement.observed = judgement.message;
  judgement.expected = "an error to the caller";
  AddReplies(run, judgement);
  return judgement;
}

}  // namespace

Case HalfCloseFinishSendsFin() {
  return {
      .id = "half-close/finish-sends-fin",
      .requirement = "half-close/finish-sends-fin",
      .scenario = Scenario::kAnswerAfterFin,
      .faults = {},
      .findings = {{kNoFin, "Finishing was reported as done, but the peer got no FIN."},
                   {kClosedOutright, "Finishing ended the receiving side, too."}},
      .defects = {"finish-does-nothing", "deaf-after-finish"},
      .verb = "finish",
      .core = false,
      .inapplicable = AlwaysApplies,
      .judge = JudgeFin,
  };
}

Case HalfCloseNoSendAfterFinish() {
  return {
      .id = "half-close/no-send-after-finish",
      .requirement = "half-close/no-send-after-finish",
      .scenario = Scenario::kSendAfterFinish,
      .faults = {},
      .findings = {{kAccepted, "Data was accepted after the end of what is sent."},
                   {kKilled, "A send after the end of what is sent killed the process."}},
      .defects = {"sends-without-nosignal", "swallows-epipe", "finish-does-nothing"},
      .verb = "finish",
      .core = false,
      .inapplicable = AlwaysApplies,
      .judge = JudgeNoSend,
  };
}

}  // namespace lastack
