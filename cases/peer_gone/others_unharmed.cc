#include "cases/peer_gone/others_unharmed.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cases/server_facts.h"

namespace lastack {
namespace {

constexpr char kDied[] = "ended-by-reset";
constexpr char kUnserved[] = "stopped-serving";

Judgement Judge(const Evidence&, const Evidence& run) {
  const std::vector<ConnectionRecord>& records = run.run().connections;
  const auto resets =
      std::count_if(records.begin(), records.end(), [](const ConnectionRecord& r) { return r.our_reset_ns != 0; });
  if (resets == 0) {
    Judgement judgement;
    judgement.verdict = Verdict::kUnexercised;
    judgement.message = "The peer could not reset a single connection.";
    judgement.evidence = TroublesOf(run);
    return judgement;
  }
  return JudgedByLastClient(run, kDied, kUnserved, absl::StrCat("after ", resets, " clients had reset"));
}

}  // namespace

Case PeerGoneOthersUnharmed() {
  return {
      .id = "peer-gone/others-unharmed",
      .requirement = "peer-gone/others-unharmed",
      .scenario = Scenario::kManyResets,
      .faults = {},
      .findings = {{kDied, "The server ended when clients reset."},
                   {kUnserved, "After clients had reset, an ordinary client was not served."}},
      .defects = {"exits-on-reset"},
      .verb = kServingVerbs,
      .core = false,
      .inapplicable = NeverServes,
      .judge = Judge,
  };
}

}  // namespace lastack
