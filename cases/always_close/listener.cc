#include "cases/always_close/listener.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cases/server_facts.h"

namespace lastack {
namespace {

constexpr char kPortTaken[] = "port-not-free";

// The server's side of a connection stays in TIME_WAIT if it ended first: that is what makes binding again hard.
bool LeftTimeWait(const ConnectionRecord& record) { return record.fin_ns != 0 && record.our_fin_ns > record.fin_ns; }

Judgement Judge(const Evidence&, const Evidence& run) {
  Judgement judgement;
  judgement.expected = "the server listens on its port again, right after it was stopped";
  const Observation& facts = run.run();
  const size_t left = static_cast<size_t>(std::count_if(facts.connections.begin(), facts.connections.end(), LeftTimeWait));
  if (facts.lives.front().killed || facts.lives.size() < 2) {
    judgement.verdict = Verdict::kInconclusive;
    judgement.message = absl::StrCat("The server could not be stopped and started again: it ", run.EndInWords(), ".");
    return judgement;
  }
  const SubjectLife& second = facts.lives[1];
  judgement.evidence.push_back(absl::StrCat(left, " connections of the first server were left in TIME_WAIT"));
  if (second.ready_ns == 0) {
    judgement.verdict = Verdict::kFail;
    judgement.finding = kPortTaken;
    judgement.message = absl::StrCat("did not listen again on port ", facts.peer_port, " after it was stopped",
                                     second.exit.how == SubjectExit::How::kExited ? absl::StrCat("; it exited with status ", second.exit.status) : "", ".");
    if (!second.exit.err.empty()) judgement.evidence.push_back(absl::StrCat("stderr: ", second.exit.err.substr(0, 500)));
    judgement.observed = judgement.message;
    return judgement;
  }
  if (left == 0) {
    judgement.verdict = Verdict::kUnexercised;
    judgement.message = "The server never ended a connection first, so that nothing stood in the way of its port.";
    return judgement;
  }
  judgement.verdict = Verdict::kPass;
  judgement.message = absl::StrCat("listened again on the same port ", (second.ready_ns - facts.lives.front().exit.ended_ns) / 1'000'000,
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
      .defects = {"no-reuseaddr"},
      .core = false,
      .inapplicable = NeverAccepts,
      .judge = Judge,
  };
}

}  // namespace lastack
