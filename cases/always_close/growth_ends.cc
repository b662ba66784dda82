#include "cases/always_close/growth_ends.h"

#include <errno.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cases/profiles/many.h"
#include "cases/server_facts.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kExhausted[] = "ends-in-emfile";

// The first accept for which there was no descriptor; null if there was none.
const TracedEvent* FirstWithoutDescriptor(const Evidence& run) {
  for (const TracedEvent& event : run.run().trace.events) {
    const bool accepts = event.event.call != Call::none && FamilyOf(event.event.call) == CallFamily::accept;
    if (accepts && event.event.kind == EventKind::kCall && event.event.error == EMFILE) return &event;
  }
  return nullptr;
}

Judgement Judge(const Evidence&, const Evidence& run) {
  const auto& records = run.run().connections;
  const auto served = std::count_if(records.begin(), records.end(), WasServed);
  const TracedEvent* exhausted = FirstWithoutDescriptor(run);
  const std::string of_clients = absl::StrCat("with ", kFewDescriptors, " descriptors it served ", served, " of ",
                                              2 * kFewDescriptors + 1, " clients");
  Judgement judgement;
  judgement.verdict = Verdict::kObserved;
  judgement.expected = "nothing: a server that closes serves all clients";
  if (served == 2 * kFewDescriptors + 1) {
    judgement.message = absl::StrCat(of_clients, ".");
  } else if (exhausted != nullptr) {
    judgement.finding = kExhausted;
    judgement.message = absl::StrCat(of_clients, "; then accept reported EMFILE, and the next client got nothing.");
    judgement.evidence = {DescribeEvent(*exhausted)};
  } else {
    const std::string death = HowItDied(run);
    judgement.message = absl::StrCat(of_clients, ", and no more, although no accept reported EMFILE",
                                     death.empty() ? "" : absl::StrCat("; it ", death), ".");
  }
  judgement.observed = judgement.message;
  for (const std::string& trouble : TroublesOf(run)) judgement.evidence.push_back(trouble);
  return judgement;
}

}  // namespace

Case AlwaysCloseGrowthEndsInEmfile() {
  return {
      .id = "always-close/growth-ends-in-emfile",
      .requirement = "always-close/growth-ends-in-emfile",
      .scenario = Scenario::kScarceDescriptors,
      .faults = {},
      .findings = {{kExhausted, "The server ran out of descriptors, and served no more clients."}},
      .defects = {"forgets-all-closes-from-41st"},
      .core = false,
      .inapplicable = NeverAccepts,
      .judge = Judge,
  };
}

}  // namespace lastack
