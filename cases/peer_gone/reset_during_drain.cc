#include "cases/peer_gone/reset_during_drain.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cases/peer_gone/no_spin.h"
#include "cases/peer_gone/reset_met.h"
#include "cases/site.h"

namespace lastack {
namespace {

Judgement Judge(const Evidence& clean, const Evidence& run) {
  std::vector<Due> met;
  std::vector<std::string> evidence;
  for (const Exchange& exchange : run.exchanges()) {
    if (exchange.record == nullptr || exchange.record->our_reset_ns == 0) continue;
    const bool was_open = !exchange.socket->closed() || exchange.socket->closed_ns() > exchange.record->our_reset_ns;
    if (was_open && exchange.record->fin_ns != 0) met.push_back({exchange.socket, exchange.record->our_reset_ns});
    evidence.push_back(absl::StrCat(
        "the peer reset the connection on port ", run.PortOf(*exchange.record), " ",
        (exchange.record->our_reset_ns - std::min(exchange.record->our_reset_ns, exchange.record->fin_ns)) / 1000,
        " us after it had seen the subject's FIN"));
  }
  Judgement judgement = JudgeResetMet(clean, run, met, "while it waited for the peer's FIN");
  if (judgement.verdict == Verdict::kPass) {
    const Judgement spin = JudgeNoSpin(clean, run);
    if (spin.verdict == Verdict::kFail) judgement = spin;
  }
  judgement.evidence.insert(judgement.evidence.end(), evidence.begin(), evidence.end());
  return judgement;
}

std::vector<Finding> Findings() {
  std::vector<Finding> findings = ResetMetFindings();
  findings.push_back(kSpinsAfterEnd);
  return findings;
}

}  // namespace

Case PeerGoneResetDuringDrain() {
  return {
      .id = "peer-gone/reset-during-drain",
      .requirement = "peer-gone/reset-during-drain",
      .scenario = Scenario::kResetAfterFin,
      .faults = {},
      .findings = Findings(),
      .defects = {"only-shuts-down", "never-closes", "forgets-close-on-reset", "forgets-first-close", "exits-on-reset",
                  "keeps-parents-copy", "spins-on-reset-in-drain"},
      .verb = "finish",
      .core = false,
      .inapplicable = NeverDrains,
      .judge = Judge,
  };
}

}  // namespace lastack
