#include "cases/always_close/accepted.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cases/server_facts.h"

namespace lastack {
namespace {

constexpr char kGrows[] = "descriptors-grow";

std::vector<const SocketLife*> HeldAtBarrier(const Evidence& run) {
  std::vector<const SocketLife*> held;
  for (const Exchange& exchange : run.exchanges()) {
    if (run.HeldAtBarrier(*exchange.socket)) held.push_back(exchange.socket);
  }
  return held;
}

// What stays open in two exchanges may be one thing that the server keeps; what grows with the clients is a leak.
Judgement Judge(const Evidence& clean, const Evidence& run) {
  Judgement judgement;
  judgement.expected = "no more accepted sockets are open after many clients than after two";
  const std::vector<const SocketLife*> held = HeldAtBarrier(run);
  const size_t before = HeldAtBarrier(clean).size();
  const std::string counts =
      absl::StrCat(held.size(), " of ", run.exchanges().size(), " accepted sockets were open at the end of ",
                   run.run().connections.size(), " clients; ",
                   clean.of_driver() ? "in the clean run, " : "after two clients, ", before);
  judgement.observed = counts;
  judgement.by_absence = true;
  if (held.size() > before && held.size() > 1) {
    judgement.verdict = Verdict::kFail;
    judgement.finding = kGrows;
    judgement.message = absl::StrCat(counts, ": their number grows with that of the clients.");
    for (size_t i = 0; i < held.size() && i < 5; ++i) {
      const DescriptorLife& descriptor = held[i]->descriptors.front();
      judgement.evidence.push_back(absl::StrCat("descriptor ", descriptor.fd, " of process ", descriptor.pid,
                                                ", from the client's port ", held[i]->remote_port));
    }
    return judgement;
  }
  if (const std::string why_not = WhyLastClientWasNotServed(run); !why_not.empty()) {
    judgement.verdict = Verdict::kInconclusive;
    judgement.message =
        absl::StrCat("Not all clients could be played: ", why_not, "; the server ", run.EndInWords(), ".");
    judgement.evidence = TroublesOf(run);
    return judgement;
  }
  judgement.verdict = Verdict::kPass;
  judgement.message = absl::StrCat("no growth: ", counts, ".");
  return judgement;
}

}  // namespace

Case AlwaysCloseAccepted() {
  return {
      .id = "always-close/accepted",
      .requirement = "always-close/accepted",
      .scenario = Scenario::kManyClients,
      .faults = {},
      .findings = {{kGrows, "The number of open accepted sockets grew with the number of clients."}},
      .defects = {"forgets-every-tenth-close", "never-closes", "forgets-all-closes-from-41st"},
      .verb = kServingVerbs,
      .core = false,
      .inapplicable = NeverServes,
      .judge = Judge,
  };
}

Case AlwaysCloseAcceptedFinished() {
  return {
      .id = "always-close/accepted/finished",
      .requirement = "always-close/accepted",
      .scenario = Scenario::kManyFinished,
      .faults = {},
      .findings =
          {{kGrows,
            "The number of open accepted sockets grew with the number of clients that sent FIN behind their request."}},
      .defects = {"forgets-close-on-early-fin", "forgets-every-tenth-close", "never-closes"},
      .verb = kServingVerbs,
      .core = false,
      .inapplicable = NeverServes,
      .judge = Judge,
  };
}

Case AlwaysCloseAcceptedNoRequest() {
  return {
      .id = "always-close/accepted/no-request",
      .requirement = "always-close/accepted",
      .scenario = Scenario::kManyLeaving,
      .faults = {},
      .findings =
          {{kGrows,
            "The number of open accepted sockets grew with the number of clients that left without a request."}},
      .defects = {"forgets-close-without-request", "forgets-close-on-early-fin", "forgets-every-tenth-close",
                  "never-closes"},
      .verb = kServingVerbs,
      .core = false,
      .inapplicable = NeverServes,
      .judge = Judge,
  };
}

Case AlwaysCloseAcceptedReset() {
  return {
      .id = "always-close/accepted-reset",
      .requirement = "always-close/accepted-reset",
      .scenario = Scenario::kManyResets,
      .faults = {},
      .findings = {{kGrows, "The number of open accepted sockets grew with the number of clients that reset."}},
      .defects = {"forgets-close-on-reset", "forgets-accepted-on-reset", "forgets-close-without-request",
                  "forgets-every-tenth-close", "never-closes"},
      .verb = kServingVerbs,
      .core = false,
      .inapplicable = NeverServes,
      .judge = Judge,
  };
}

}  // namespace lastack
