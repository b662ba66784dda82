#include "cases/always_close/accept_fails.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "cases/server_facts.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kDied[] = "ended-by-failing-accept";
constexpr char kUnserved[] = "stopped-serving";
constexpr char kSpins[] = "spins-on-failing-accept";

constexpr size_t kMostInARow = 64;
// Who sleeps, by whatever call, does not spin; but what looks like a short sleep may be the scheduler's doing, so that
// only a habit of them counts.
constexpr uint64_t kBreathNs = 1'000'000;
constexpr uint64_t kSleepNs = 50'000'000;

// The failures of one thread's accept that nothing came between.
class Row {
 public:
  // Returns how many there are now; 0 if it rests between most of them.
  size_t Add(const TracedEvent& traced) {
    const Event& event = traced.event;
    const CallFamily family = FamilyOf(event.call);
    const bool long_wait = family == CallFamily::poll && traced.duration_ns > kBreathNs;
    const bool served = (family == CallFamily::recv || family == CallFamily::send) && event.result > 0;
    const bool accepted = family == CallFamily::accept && event.result >= 0;  // it has made room
    const uint64_t gap_ns = traced.start_ns > last_ns_ ? traced.start_ns - last_ns_ : 0;
    // A wait that says at once that something is ready is none: the listener always is.
    if ((long_wait && event.result <= 0) || served || accepted || gap_ns > kSleepNs) failures_ = breaths_ = 0;
    if (failures_ > 0 && (gap_ns > kBreathNs || (long_wait && event.result > 0))) ++breaths_;
    last_ns_ = traced.start_ns + traced.duration_ns;
    if (family == CallFamily::accept && event.fault != kNoFaultIndex) ++failures_;
    return breaths_ * 2 < failures_ ? failures_ : 0;
  }

 private:
  size_t failures_ = 0;
  size_t breaths_ = 0;
  uint64_t last_ns_ = 0;
};

constexpr size_t kFailures = 2;

// A client that met a failure may be lost, as where room is made by sending it away; the one behind them is not.
Judgement JudgeFailed(const Evidence&, const Evidence& run) {
  Judgement judgement = JudgedByLastClient(run, kDied, kUnserved, "after accept had failed");
  const size_t failures = run.run().Fired().size();
  if (judgement.verdict == Verdict::kPass || failures <= kFailures) return judgement;
  // Each process counts for itself, so that a server which starts another for one that ended has no end of failures.
  judgement.verdict = Verdict::kInconclusive;
  judgement.finding.clear();
  judgement.message = absl::StrCat("accept failed ", failures, " times, in one process of the server after the other, ",
                                   "instead of ", kFailures, ": what a server does then is not asked.");
  return judgement;
}

Judgement JudgeSpins(const Evidence&, const Evidence& run) {
  std::map<int, Row> rows;  // by thread
  size_t longest = 0;
  const TracedEvent* last = nullptr;
  for (const TracedEvent& event : run.run().trace.events) {
    if (event.event.kind != EventKind::kCall) continue;
    const size_t failures = rows[event.tid].Add(event);
    if (failures <= longest) continue;
    longest = failures;
    last = &event;
  }
  Judgement judgement;
  judgement.expected =
      absl::StrCat("at most ", kMostInARow, " failures of accept in a row without a wait between them");
  judgement.observed = absl::StrCat(longest, " failures of accept in a row without a wait between them");
  if (last != nullptr) judgement.evidence.push_back(DescribeEvent(*last));
  const bool spins = longest > kMostInARow;
  judgement.verdict = spins ? Verdict::kFail : Verdict::kPass;
  judgement.finding = spins ? kSpins : "";
  judgement.by_absence = !spins;
  judgement.message =
      spins ? absl::StrCat("called accept ", longest, " times in a row without waiting, though it failed each time.")
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
      .more_clients = 1,
      .core = false,
      .inapplicable = NeverAccepts,
      .judge = JudgeFailed,
  };
}

}  // namespace

Case AlwaysCloseAcceptFails() {
  return AcceptFails("always-close/accept-fails", "%accept:fd=listener:when=1..2:effect=exhaust:error=EMFILE",
                     {"exits-on-emfile", "turns-away-after-failure"});
}

Case AlwaysCloseAcceptAborted() {
  return AcceptFails("always-close/accept-fails/aborted", "%accept:fd=listener:when=1..2:error=ECONNABORTED",
                     {"exits-on-aborted-accept", "turns-away-after-failure"});
}

Case AlwaysCloseAcceptSpins() {
  Case one = AcceptFails("always-close/accept-fails/spin", "%accept:fd=listener:when=1..80:effect=exhaust:error=EMFILE",
                         {"spins-on-emfile", "polls-on-emfile"});
  one.findings = {{kSpins, "accept was called again and again without a wait, though it failed each time."}};
  one.judge = JudgeSpins;
  return one;
}

}  // namespace lastack
