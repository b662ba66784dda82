#include "cases/always_close/listener.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cases/driver_facts.h"
#include "cases/server_facts.h"

namespace lastack {
namespace {

constexpr char kPortTaken[] = "port-not-free";

// The server's side of a connection stays in TIME_WAIT if it ended first: that is what makes binding again hard.
bool LeftTimeWait(const ConnectionRecord& record) { return record.fin_ns != 0 && record.our_fin_ns > record.fin_ns; }

size_t CountLeftTimeWait(const Observation& run) {
  return static_cast<size_t>(std::count_if(run.connections.begin(), run.connections.end(), LeftTimeWait));
}

std::string LeftInWords(size_t left) {
  return absl::StrCat(left, " connections of the first listener were left in TIME_WAIT");
}

Judgement Unexercised(std::string why) {
  Judgement judgement;
  judgement.verdict = Verdict::kUnexercised;
  judgement.message = std::move(why);
  return judgement;
}

constexpr char kNothingInTheWay[] =
    "The subject never ended a connection first, so that nothing stood in the way of its port.";

// A driver is told to stop, and to listen on the same port again.
Judgement JudgeDriver(const Evidence& run) {
  const std::vector<const DriverReply*> listens = RepliesTo(run.run(), "listen");
  const std::vector<const DriverReply*> stops = RepliesTo(run.run(), "stop");
  if (listens.size() < 2 || listens[1]->replied_ns == 0 || stops.empty()) {
    return Unexercised("The driver never came to listen again.");
  }
  Judgement judgement;
  judgement.expected = "the library listens on its port again, right after it was stopped";
  const size_t left = CountLeftTimeWait(run.run());
  judgement.evidence = {Describe(*listens[0]), Describe(*stops[0]), Describe(*listens[1]), LeftInWords(left)};
  if (IsError(*listens[1])) {
    judgement.verdict = Verdict::kFail;
    judgement.finding = kPortTaken;
    judgement.message = absl::StrCat("could not listen again on port ", run.run().peer_port,
                                     " after it was told to stop: ", listens[1]->reply, ".");
  } else if (left == 0) {
    return Unexercised(kNothingInTheWay);
  } else {
    judgement.verdict = Verdict::kPass;
    judgement.message = absl::StrCat("listened again on the same port right after it was told to stop, with ", left,
                                     " connections in TIME_WAIT.");
  }
  judgement.observed = judgement.message;
  return judgement;
}

Judgement Judge(const Evidence&, const Evidence& run) {
  if (run.of_driver()) return JudgeDriver(run);
  Judgement judgement;
  judgement.expected = "the server listens on its port again, right after it was stopped";
  const Observation& facts = run.run();
  const size_t left = CountLeftTimeWait(facts);
  if (facts.lives.front().killed || facts.lives.size() < 2) {
    judgement.verdict = Verdict::kInconclusive;
    judgement.message = absl::StrCat("The server could not be stopped and started again: it ", run.EndInWords(), ".");
    return judgement;
  }
  const SubjectLife& second = facts.lives[1];
  judgement.evidence.push_back(LeftInWords(left));
  if (second.ready_ns == 0) {
    judgement.verdict = Verdict::kFail;
    judgement.finding = kPortTaken;
    judgement.message = absl::StrCat("did not listen again on port ", facts.peer_port, " after it was stopped",
                                     second.exit.how == SubjectExit::How::kExited
                                         ? absl::StrCat("; it exited with status ", second.exit.status)
                                         : "",
                                     ".");
    if (!second.exit.err.empty()) {
      judgement.evidence.push_back(absl::StrCat("stderr: ", second.exit.err.substr(0, 500)));
    }
    judgement.observed = judgement.message;
    return judgement;
  }
  if (left == 0) return Unexercised(kNothingInTheWay);
  judgement.verdict = Verdict::kPass;
  judgement.message = absl::StrCat("listened again on the same port ",
                                   (second.ready_ns - facts.lives.front().exit.ended_ns) / 1'000'000,
                                   " ms after its end, with ", left, " connections in TIME_WAIT.");
  judgement.observed = judgement.message;
  return judgement;
}

}  // namespace

Case AlwaysCloseListener() {
  return {
      .id = "always-close/listener",
      .requirement = "always-close/listener",
      .scenario = Scenario::kRestartedServer,
      .faults = {},
      .findings = {{kPortTaken, "The port could not be bound again when the server was started anew."}},
      .defects = {"no-reuseaddr", "stops-without-close", "never-closes"},
      .verb = "listen accept finish stop",
      .core = false,
      .inapplicable = NeverServes,
      .judge = Judge,
  };
}

}  // namespace lastack
