#include "cases/harmless.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cases/always_close/release.h"
#include "cases/harm.h"
#include "cases/reported.h"
#include "cases/site.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kLeak[] = "leak-after-error";

constexpr size_t kEventsShown = 5;

// What an epoll descriptor watches is not known: its faults count for all connections of the process.
std::vector<const TracedEvent*> FiredOnEpoll(const Evidence& run) {
  std::vector<const TracedEvent*> fired = run.run().Fired();
  std::erase_if(fired, [](const TracedEvent* event) {
    const Call call = event->event.call;
    return call != Call::epoll_wait && call != Call::epoll_pwait && call != Call::epoll_pwait2;
  });
  return fired;
}

// Turns a harm into an observation.
void Forgive(std::string message, Judgement& judgement) {
  judgement.verdict = Verdict::kObserved;
  judgement.finding.clear();
  judgement.observed = message;
  judgement.message = std::move(message);
}

bool HadWholeAnswer(const Evidence& run, const TracedEvent& fired) {
  const Exchange* exchange = ExchangeOf(run, fired.event.socket);
  const bool known = exchange != nullptr && exchange->record != nullptr && exchange->record->bytes_sent > 0;
  return known && BytesReceived(run, *exchange, fired.start_ns) >= exchange->record->bytes_sent;
}

void ForgiveReported(const Evidence& clean, const Evidence& run, Judgement& judgement) {
  const std::string report = HowReported(clean, run);
  if (judgement.finding != kAnswerLost.code || report.empty()) return;
  Forgive(absl::StrCat("reported the error instead of the answer: ", report, "."), judgement);
}

// Who gives a connection up and makes another meets the fault there, too, which counts anew on each socket. By itself
// it comes once.
bool ForgivesTryingAnew(const Evidence& clean, const Evidence& run, Judgement& judgement) {
  const size_t made = run.exchanges().size();
  const bool lost = judgement.finding == kHangs.code || judgement.finding == kAnswerLost.code;
  if (!lost || run.of_server() || made <= clean.exchanges().size()) return false;
  for (const Exchange& exchange : run.exchanges()) {
    const auto events = run.EventsOn(*exchange.socket);
    if (std::none_of(events.begin(), events.end(),
                     [](const TracedEvent* event) { return event->event.fault != kNoFaultIndex; })) {
      return false;
    }
  }
  Forgive(absl::StrCat("gave the connection up and made another: ", made, " connections, each of which met the fault."),
          judgement);
  return true;
}

bool WaitsOnEpoll(const Evidence& run) {
  const auto& events = run.run().trace.events;
  return std::any_of(events.begin(), events.end(), [](const TracedEvent& traced) {
    const Call call = traced.event.call;
    return call == Call::epoll_wait || call == Call::epoll_pwait || call == Call::epoll_pwait2;
  });
}

// An edge-triggered program may take a short count for an empty queue (epoll(7)). The kernel gives none while there is
// more, so that such a program waits for an edge that will not come: only by injection.
bool ForgivesEdgeTriggered(const Evidence& run, Judgement& judgement) {
  if ((judgement.finding != kHangs.code && judgement.finding != kAnswerLost.code) || !WaitsOnEpoll(run)) return false;
  for (const Exchange& exchange : run.exchanges()) {
    const auto events = run.EventsOn(*exchange.socket);
    const TracedEvent* last = nullptr;
    for (const TracedEvent* event : events) last = event->event.kind == EventKind::kCall ? event : last;
    if (last == nullptr || last->event.fault == kNoFaultIndex || last->event.effect != Effect::kPartial) continue;
    Forgive(
        "waited on after a transfer that was cut short, by epoll_wait: right for an edge-triggered program, and so not "
        "judged.",
        judgement);
    return true;
  }
  return false;
}

// Both ends had finished before the call: epoll reports EPOLLHUP then, and whatever will come is in the queue.
bool HungUp(const Evidence& run, const Exchange& exchange, const TracedEvent& call) {
  if (exchange.record == nullptr || exchange.record->our_fin_ns == 0 || exchange.record->our_fin_ns >= call.start_ns) {
    return false;
  }
  const auto events = run.EventsOn(*exchange.socket);
  return std::any_of(events.begin(), events.end(), [&](const TracedEvent* event) {
    const bool finishes = event->event.call == Call::shutdown && event->event.error == 0 && event->event.a != SHUT_RD;
    return finishes && event->start_ns < call.start_ns;
  });
}

// Who is told of a hang-up may take a short count for the last, as libuv does: the kernel gives none while there is
// more.
bool ForgivesHungUp(const Evidence& run, Judgement& judgement) {
  if (judgement.finding != kAnswerLost.code || !WaitsOnEpoll(run)) return false;
  for (const Exchange& exchange : run.exchanges()) {
    const TracedEvent* last = nullptr;
    for (const TracedEvent* event : run.EventsOn(*exchange.socket)) {
      last = FamilyOf(event->event.call) == CallFamily::recv ? event : last;
    }
    if (last == nullptr || last->event.fault == kNoFaultIndex || last->event.effect != Effect::kPartial ||
        !HungUp(run, exchange, *last)) {
      continue;
    }
    Forgive(
        "took a transfer that was cut short for the last one, when both ends had finished: right for who waits by "
        "epoll_wait, and so not judged.",
        judgement);
    return true;
  }
  return false;
}

template <GivingUp kGivingUp>
Judgement JudgeHarmless(const Evidence& clean, const Evidence& run) {
  std::vector<const TracedEvent*> fired = FiredOnExchanges(run);
  if (fired.empty()) fired = FiredOnEpoll(run);
  Judgement judgement;
  if (fired.empty()) {
    judgement.verdict = Verdict::kUnexercised;
    judgement.message = "The fault was delivered, but not on a connection with the peer.";
    return judgement;
  }
  judgement = JudgeHarm(clean, run);
  const bool forgiven = ForgivesTryingAnew(clean, run, judgement) || ForgivesEdgeTriggered(run, judgement) ||
                        ForgivesHungUp(run, judgement);
  const bool unfinished = forgiven || WasStillAtIt(clean, run);
  const bool too_late = kGivingUp == GivingUp::kIsRightIfReportedBeforeTheAnswer && HadWholeAnswer(run, *fired.front());
  if (kGivingUp != GivingUp::kIsHarm && !too_late) ForgiveReported(clean, run, judgement);
  constexpr char kAfter[] = "after its exchange was over";
  // What stays open, or is left to the exit, without the fault as well has a case of its own.
  const bool releases = JudgeRelease(clean, DueAfterExchange(clean), kLeak, kAfter).verdict == Verdict::kPass;
  if (judgement.verdict != Verdict::kFail && releases && !unfinished) {
    Judgement released = JudgeRelease(run, DueAfterExchange(run), kLeak, kAfter);
    if (released.verdict == Verdict::kFail || released.verdict == Verdict::kInconclusive) {
      judgement = std::move(released);
    }
  }
  judgement.expected = "the whole answer, an ordinary end, and every socket closed, as without the fault";
  for (const TracedEvent* event : fired) {
    if (judgement.evidence.size() == kEventsShown) break;
    judgement.evidence.push_back(DescribeEvent(*event));
  }
  if (fired.size() > kEventsShown) {
    judgement.evidence.push_back(absl::StrCat("... and ", fired.size() - kEventsShown, " more faults"));
  }
  return judgement;
}

Judgement (*JudgeFor(GivingUp giving_up))(const Evidence&, const Evidence&) {
  switch (giving_up) {
    case GivingUp::kIsHarm:
      return JudgeHarmless<GivingUp::kIsHarm>;
    case GivingUp::kIsRightIfReported:
      return JudgeHarmless<GivingUp::kIsRightIfReported>;
    case GivingUp::kIsRightIfReportedBeforeTheAnswer:
      return JudgeHarmless<GivingUp::kIsRightIfReportedBeforeTheAnswer>;
  }
  return nullptr;
}

}  // namespace

Case HarmlessFault(const char* id, const char* fault, std::string (*inapplicable)(const Evidence&),
                   std::vector<std::string> defects, GivingUp giving_up) {
  std::vector<Finding> findings = HarmFindings();
  findings.push_back({kLeak, "A socket stayed open after a failed call although the process lived on."});
  return {
      .id = id,
      .requirement = id,
      .scenario = Scenario::kOrdinary,
      .faults = {fault},
      .findings = std::move(findings),
      .defects = std::move(defects),
      .core = false,
      .inapplicable = inapplicable,
      .judge = JudgeFor(giving_up),
  };
}

}  // namespace lastack
