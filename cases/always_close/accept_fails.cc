#include "cases/always_close/accept_fails.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cases/server_facts.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kDied[] = "ended-by-failing-accept";
constexpr char kUnserved[] = "stopped-serving";
constexpr char kSpins[] = "spins-on-failing-accept";

constexpr size_t kMostRestless = 48;  // of the 80 that are injected
// Whoever sleeps, by whatever call, does not spin.
constexpr uint64_t kBreathNs = 1'000'000;

Judgement JudgeFailed(const Evidence&, const Evidence& run) {
  return JudgedByLastClient(run, kDied, kUnserved, "after accept had failed");
}

// Each failure counts by itself, not the longest row: on a busy machine anybody may have to stop in between.
Judgement JudgeSpins(const Evidence&, const Evidence& run) {
  struct Thread {
    size_t restless = 0;
    bool has_waited = true;
    uint64_t last_ns = 0;
  };
  std::map<int, Thread> threads;
  size_t most = 0;
  const TracedEvent* last = nullptr;
  for (const TracedEvent& event : run.run().trace.events) {
    if (event.event.kind != EventKind::kCall) continue;
    Thread& thread = threads[event.tid];
    const bool waits = FamilyOf(event.event.call) == CallFamily::poll;
    const bool fails = FamilyOf(event.event.call) == CallFamily::accept && event.event.fault != kNoFaultIndex;
    thread.has_waited = thread.has_waited || waits || event.start_ns > thread.last_ns + kBreathNs;
    thread.last_ns = event.start_ns + event.duration_ns;
    if (!fails) continue;
    if (!std::exchange(thread.has_waited, false) && ++thread.restless > most) {
      most = thread.restless;
      last = &event;
    }
  }
  Judgement judgement;
  judgement.expected = absl::StrCat("at most ", kMostRestless, " failures of accept without a wait since the last one");
  judgement.observed = absl::StrCat(most, " failures of accept without a wait since the last one");
  if (last != nullptr) judgement.evidence.push_back(DescribeEvent(*last));
  const bool spins = most > kMostRestless;
  judgement.verdict = spins ? Verdict::kFail : Verdict::kPass;
  judgement.finding = spins ? kSpins : "";
  judgement.by_absence = !spins;
  judgement.message = spins ? absl::StrCat("called accept ", most, " times again without a wait, though it had failed.")
                            : absl::StrCat("did not spin: ", judgement.observed, " at most.");
  return judgement;
}

Case AcceptFails(const char* id, const std::string& fault, const std::vector<std::string>& defects) {
  return {
      .id = id,
      .requirement = "always-close/accept-fails",
      .scenario = Scenario::kOrdinary,
      .faults = {fault},
      .findings = {{kDied, "The server ended when accept failed."}, {kUnserved, "The server did not accept again."}},
      .defects = defects,
      .core = false,
      .inapplicable = NeverAccepts,
      .judge = JudgeFailed,
  };
}

}  // namespace

Case AlwaysCloseAcceptFails() {
  return AcceptFails("always-close/accept-fails", "%accept:fd=listener:when=1..2:error=EMFILE", {"exits-on-emfile"});
}

Case AlwaysCloseAcceptAborted() {
  return AcceptFails("always-close/accept-fails/aborted", "%accept:fd=listener:when=1..2:error=ECONNABORTED",
                     {"exits-on-aborted-accept"});
}

Case AlwaysCloseAcceptSpins() {
  Case one = AcceptFails("always-close/accept-fails/spin", "%accept:fd=listener:when=1..80:error=EMFILE", {"spins-on-emfile"});
  one.findings = {{kSpins, "accept was called again and again without a wait, though it failed each time."}};
  one.judge = JudgeSpins;
  return one;
}

}  // namespace lastack
