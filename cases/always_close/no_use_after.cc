#include "cases/always_close/no_use_after.h"

#include "absl/strings/str_cat.h"
#include "cases/site.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kUsed[] = "used-after-close";
constexpr char kExpected[] = "no call on the number between its close and its next owner";

// Calls that mean the connection. Looking whether a number is open (fcntl), putting another file there (dup2), taking
// it out of an interest list (epoll_ctl) or closing it once more, which has a case of its own, are none.
bool Uses(const Event& event) {
  if (event.kind != EventKind::kCall || (event.flags & kOnDecoy) == 0) return false;
  const CallFamily family = FamilyOf(event.call);
  if (family == CallFamily::send || family == CallFamily::recv) return true;
  return event.call == Call::shutdown || event.call == Call::connect || event.call == Call::setsockopt ||
         event.call == Call::getsockopt || event.call == Call::getpeername || event.call == Call::getsockname;
}

Judgement Judge(const Evidence&, const Evidence& run) {
  Judgement judgement = JudgeUsesOfDecoys(run);
  if (judgement.verdict != Verdict::kPass || !FiredOnExchanges(run).empty()) return judgement;
  judgement.verdict = Verdict::kUnexercised;
  judgement.by_absence = false;
  judgement.observed.clear();
  judgement.message = "The decoy was planted, but not on a connection with the peer.";
  return judgement;
}

}  // namespace

Judgement JudgeUsesOfDecoys(const Evidence& run) {
  Judgement judgement;
  judgement.expected = kExpected;
  for (const TracedEvent* fired : run.run().Fired()) {
    judgement.evidence.push_back(DescribeEvent(*fired));
    for (const TracedEvent& event : run.run().trace.events) {
      if (!Uses(event.event) || event.pid != fired->pid || event.event.socket != fired->event.socket) continue;
      judgement.verdict = Verdict::kFail;
      judgement.finding = kUsed;
      judgement.message = absl::StrCat("called ", CallName(event.event.call), " on ", fired->event.fd,
                                       " after it had closed that number.");
      judgement.observed = judgement.message;
      judgement.evidence.push_back(absl::StrCat(DescribeEvent(event), "  (the number belongs to a decoy)"));
      return judgement;
    }
  }
  judgement.verdict = Verdict::kPass;
  judgement.by_absence = true;
  judgement.message = "made no call on the number after it had closed it.";
  judgement.observed = absl::StrCat("nothing after the close; the subject ", run.EndInWords());
  return judgement;
}

Case AlwaysCloseNoUseAfter() {
  return {
      .id = "always-close/no-use-after",
      .requirement = "always-close/no-use-after",
      .scenario = Scenario::kOrdinary,
      .faults = {"close:fd=tcp:when=1:effect=decoy"},
      .findings = {{kUsed, "A call was made on a number after its close."}},
      .defects = {"uses-after-close"},
      .core = false,
      .inapplicable = NeverCloses,
      .judge = Judge,
  };
}

}  // namespace lastack
