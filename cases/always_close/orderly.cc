#include "cases/always_close/orderly.h"

#include "cases/always_close/release.h"

namespace lastack {
namespace {

constexpr char kLeak[] = "leak";

Judgement Judge(const Evidence&, const Evidence& run) {
  Judgement judgement = JudgeRelease(run, DueAfterExchange(run), kLeak, "after its exchange was over");
  judgement.expected = "each socket to the peer is closed by a call after the peer's FIN";
  return judgement;
}

}  // namespace

Case AlwaysCloseOrderly() {
  return {
      .id = "always-close/orderly",
      .requirement = "always-close/orderly",
      .scenario = Scenario::kOrdinary,
      .faults = {},
      .findings = {{kLeak, "A socket stayed open although its exchange was over and the process lived on."},
                   kLeftToExitFinding},
      .defects = {"forgets-close", "never-closes", "only-shuts-down", "forgets-first-close", "keeps-parents-copy"},
      .core = true,
      .inapplicable = AlwaysApplies,
      .judge = Judge,
  };
}

}  // namespace lastack
