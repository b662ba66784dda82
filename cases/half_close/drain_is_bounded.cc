#include "cases/half_close/drain_is_bounded.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cases/server_facts.h"
#include "cases/site.h"

namespace lastack {
namespace {

constexpr char kHoldsUp[] = "drain-holds-up-others";

std::string Seconds(uint64_t ns) {
  return absl::FormatDuration(absl::Trunc(absl::Nanoseconds(static_cast<int64_t>(ns)), absl::Milliseconds(100)));
}

const Exchange* Unfinished(const Evidence& run) {
  for (const Exchange& exchange : run.exchanges()) {
    if (exchange.record != nullptr && exchange.record->script == 0 && exchange.record->fin_ns != 0) return &exchange;
  }
  return nullptr;
}

// The first client never finishes; the next comes while it is there.
Judgement JudgeDrain(const Evidence& run, const Exchange& unfinished) {
  Judgement judgement;
  const std::vector<ConnectionRecord>& records = run.run().connections;
  const uint64_t fin_ns = unfinished.record->fin_ns;
  if (records.size() > 1 && !WasServed(records.back())) {
    judgement.verdict = Verdict::kFail;
    judgement.finding = kHoldsUp;
    judgement.message = absl::StrCat(
        "served nobody else while it waited for the FIN of one client: ", WhyLastClientWasNotServed(run), ".");
  } else if (run.HeldAtBarrier(*unfinished.socket)) {
    judgement.verdict = Verdict::kObserved;
    judgement.message =
        absl::StrCat("still waited for the client's FIN ", Seconds(run.run().lives.front().quiet_ns - fin_ns),
                     " after its own; a longer --timeout tells whether it ever stops.");
  } else {
    const uint64_t closed_ns = unfinished.socket->closed_ns();
    judgement.verdict = Verdict::kPass;
    judgement.message = absl::StrCat(
        "closed ", closed_ns > fin_ns ? absl::StrCat(Seconds(closed_ns - fin_ns), " after its FIN") : "at once",
        ", although the client never finished.");
  }
  return judgement;
}

Judgement Judge(const Evidence&, const Evidence& run) {
  Judgement judgement;
  const Exchange* unfinished = Unfinished(run);
  if (unfinished == nullptr) {
    judgement.verdict = Verdict::kUnexercised;
    judgement.message = "The server did not send its FIN to a client that does not finish.";
  } else {
    judgement = JudgeDrain(run, *unfinished);
  }
  judgement.expected = "the server waits for a bounded time, and serves others meanwhile";
  judgement.observed = judgement.message;
  judgement.evidence = TroublesOf(run);
  return judgement;
}

}  // namespace

Case HalfCloseDrainIsBounded() {
  return {
      .id = "half-close/drain-is-bounded",
      .requirement = "half-close/drain-is-bounded",
      .scenario = Scenario::kUnfinishedClient,
      .faults = {},
      .findings = {{kHoldsUp, "While the server waited for the FIN of one client, it served no other."}},
      .defects = {"drains-alone"},
      .core = false,
      .inapplicable = NeverDrains,
      .judge = Judge,
  };
}

}  // namespace lastack
