#include "cases/peer_gone/sigpipe_left_alone.h"

#include <signal.h>

#include "absl/strings/str_cat.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kChanged[] = "sigpipe-changed";

// What a language's runtime does before the driver answers hello is no business of the library's.
Judgement Judge(const Evidence&, const Evidence& run) {
  Judgement judgement;
  judgement.expected = "no sigaction or signal for SIGPIPE while the library is used";
  judgement.by_absence = true;
  const SubjectLife life = run.run().lives.empty() ? SubjectLife() : run.run().lives.front();
  for (const TracedEvent& event : run.run().trace.events) {
    const bool sets = event.event.call == Call::sigaction || event.event.call == Call::signal;
    const bool in_use = event.start_ns >= life.ready_ns && (life.stop_ns == 0 || event.start_ns < life.stop_ns);
    if (!sets || !in_use || event.event.a != SIGPIPE || event.event.error != 0) continue;
    judgement.verdict = Verdict::kFail;
    judgement.finding = kChanged;
    judgement.by_absence = false;
    judgement.message = "changed what SIGPIPE does to the whole process.";
    judgement.observed = DescribeEvent(event);
    judgement.evidence.push_back(DescribeEvent(event));
    return judgement;
  }
  judgement.verdict = Verdict::kPass;
  judgement.message = "left SIGPIPE as it was.";
  judgement.observed = judgement.message;
  return judgement;
}

}  // namespace

Case PeerGoneSigpipeLeftAlone() {
  return {
      .id = "peer-gone/sigpipe-left-alone",
      .requirement = "peer-gone/sigpipe-left-alone",
      .scenario = Scenario::kOrdinary,
      .faults = {},
      .findings = {{kChanged, "The library changed the process's disposition of SIGPIPE."}},
      .defects = {"ignores-sigpipe-for-all"},
      .core = false,
      .inapplicable = AlwaysApplies,
      .judge = Judge,
  };
}

}  // namespace lastack
