#include "cases/peer_gone/reset_during_shutdown.h"

#include "cases/peer_gone/reset_met.h"
#include "cases/site.h"

namespace lastack {
namespace {

std::string NeverShutsDown(const Evidence& clean) { return NeverCalls(clean, Call::shutdown); }

Judgement Judge(const Evidence& clean, const Evidence& run) { return JudgeResetFired(clean, run, "at shutdown"); }

}  // namespace

Case PeerGoneResetDuringShutdown() {
  return {
      .id = "peer-gone/reset-during-shutdown",
      .requirement = "peer-gone/reset-during-shutdown",
      .scenario = Scenario::kOrdinary,
      .faults = {"shutdown:fd=tcp:when=1:effect=reset"},
      .findings = ResetMetFindings(),
      .defects = {"dies-on-shutdown-enotconn", "shuts-down-between-closes", "only-shuts-down", "never-closes",
                  "forgets-close-on-reset", "forgets-first-close", "keeps-parents-copy", "exits-on-reset"},
      .verb = "finish",
      .core = false,
      .inapplicable = NeverShutsDown,
      .judge = Judge,
  };
}

}  // namespace lastack
