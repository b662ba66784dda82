#include "cases/peer_gone/sigpipe_survived.h"

#include <errno.h>

#include "absl/strings/str_cat.h"
#include "cases/server_facts.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kDied[] = "died-by-sigpipe";
constexpr char kUnserved[] = "stopped-serving";

std::string Inapplicable(const Evidence& clean) {
  for (const Exchange& exchange : clean.exchanges()) {
    for (const TracedEvent* event : clean.EventsOn(*exchange.socket)) {
      if (event->event.call != Call::none && FamilyOf(event->event.call) == CallFamily::send) return "";
    }
  }
  return "the subject never sends on its connection by a call that was seen";
}

// A server may take the FIN behind the request for the end of it all: then it sends nothing, to nobody.
std::string NothingWasSent(const Evidence& run) {
  if (!run.run().Fired().empty() || run.run().connections.empty()) return "";
  for (const Exchange& exchange : run.exchanges()) {
    if (exchange.record != &run.run().connections.front()) continue;
    for (const TracedEvent* event : run.EventsOn(*exchange.socket)) {
      if (event->event.call != Call::none && FamilyOf(event->event.call) == CallFamily::send) return "";
    }
    return "the server sends nothing to a client whose FIN came right behind its request";
  }
  return "";
}

// A send that was made on the broken pipe, or that never returned.
bool MetBrokenPipe(const TracedEvent& fired) {
  return fired.event.kind == EventKind::kInFlight || fired.event.error == EPIPE;
}

Judgement Judge(const Evidence&, const Evidence& run) {
  bool met = false;
  std::vector<std::string> sends;
  for (const TracedEvent* fired : run.run().Fired()) {
    met = met || MetBrokenPipe(*fired);
    sends.push_back(DescribeEvent(*fired));
  }
  if (!met) {
    Judgement judgement;
    judgement.verdict = Verdict::kUnexercised;
    judgement.message = "The peer reset the connection, but the server's send met no broken pipe.";
    judgement.evidence = sends;
    return judgement;
  }
  Judgement judgement = JudgedByLastClient(run, kDied, kUnserved, "after a send on a broken pipe");
  judgement.evidence.insert(judgement.evidence.begin(), sends.begin(), sends.end());
  return judgement;
}

}  // namespace

Case PeerGoneSigpipeSurvived() {
  return {
      .id = "peer-gone/sigpipe-survived",
      .requirement = "peer-gone/sigpipe-survived",
      .scenario = Scenario::kGoneClient,
      .faults = {"%send:fd=tcp:when=1:effect=reset"},
      .findings = {{kDied, "The process that serves others ended when it sent to a peer that was gone."},
                   {kUnserved, "After a send to a peer that was gone, other clients were not served."}},
      .defects = {"dies-of-sigpipe"},
      .core = false,
      .inapplicable = Inapplicable,
      .moot = NothingWasSent,
      .judge = Judge,
  };
}

}  // namespace lastack
