#include "cases/linger/event_loop_not_blocked.h"

#include <sys/socket.h>

#include "absl/strings/str_cat.h"
#include "cases/server_facts.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr char kStalls[] = "close-stalls-others";

// Shorter waits are as well the scheduler's.
constexpr uint64_t kNoticeableNs = 300'000'000;

bool SetsWait(const TracedEvent& traced) {
  const Event& event = traced.event;
  const bool sets = event.kind == EventKind::kCall && event.call == Call::setsockopt && event.error == 0 &&
                    OptionWordLevel(event.a) == SOL_SOCKET && OptionWordOption(event.a) == SO_LINGER;
  return sets && static_cast<uint32_t>(event.b) != 0 && event.b >> 32 > 0;
}

// On one of its connections, or on the listener that they have it from.
const TracedEvent* WhereWaitIsSet(const Evidence& run) {
  for (const TracedEvent& event : run.run().trace.events) {
    const SocketLife* socket = SetsWait(event) ? run.ledger().Find(event.event.socket) : nullptr;
    if (socket != nullptr &&
        (socket->kind == SocketKind::kListener || socket->descriptors.front().origin == Origin::kAccept)) {
      return &event;
    }
  }
  return nullptr;
}

std::string NeverWaitsInClose(const Evidence& clean) {
  return WhereWaitIsSet(clean) != nullptr ? "" : "the subject never sets SO_LINGER {on, n} with n above 0";
}

struct Stay {
  const TracedEvent* event = nullptr;
  uint64_t ended_ns = UINT64_MAX;  // of a close that never returned
};

// The longest close of a connection.
Stay LongestClose(const Evidence& run) {
  Stay longest;
  uint64_t longest_ns = 0;
  for (const Exchange& exchange : run.exchanges()) {
    for (const TracedEvent* event : run.EventsOn(*exchange.socket)) {
      if (event->event.call != Call::close) continue;
      const bool returned = event->event.kind == EventKind::kCall;
      const uint64_t ns = returned ? event->duration_ns : UINT64_MAX;
      if (ns < longest_ns || (returned && ns < kNoticeableNs)) continue;
      longest_ns = ns;
      longest = {event, returned ? event->start_ns + event->duration_ns : UINT64_MAX};
    }
  }
  return longest;
}

// Brief() ends its side as soon as it has an answer.
bool WaitedForClose(const ConnectionRecord& record, const Stay& close) {
  const bool came_meanwhile =
      record.accepted_ns < close.ended_ns && record.accepted_ns + kNoticeableNs > close.event->start_ns;
  const bool answered_before = WasServed(record) && record.our_fin_ns < close.ended_ns;
  return came_meanwhile && !answered_before;
}

Judgement Judge(const Evidence&, const Evidence& run) {
  Judgement judgement;
  judgement.expected = "other clients are served while the close of one waits";
  const TracedEvent* set = WhereWaitIsSet(run);
  const Stay close = LongestClose(run);
  const std::vector<ConnectionRecord>& records = run.run().connections;
  if (set == nullptr || records.size() < 2) {
    judgement.verdict = Verdict::kUnexercised;
    judgement.message = "The subject did not set SO_LINGER in this run, or met no second client.";
    return judgement;
  }
  judgement.evidence = {DescribeEvent(*set)};
  if (close.event == nullptr) {
    judgement.verdict = Verdict::kPass;
    judgement.message = "set SO_LINGER {on, n}, and none of its closes waited for a client that does not read.";
  } else if (!WaitedForClose(records.back(), close)) {
    judgement.verdict = Verdict::kPass;
    judgement.message = "served another client while a close waited.";
  } else {
    judgement.verdict = Verdict::kFail;
    judgement.finding = kStalls;
    judgement.message =
        absl::StrCat("waited in close for a client that does not read, ",
                     close.ended_ns == UINT64_MAX ? "to the end of the run"
                                                  : absl::StrCat(close.event->duration_ns / 1'000'000, " ms"),
                     ", and let another client wait meanwhile.");
  }
  if (close.event != nullptr) judgement.evidence.push_back(DescribeEvent(*close.event));
  judgement.observed = judgement.message;
  return judgement;
}

}  // namespace

Case LingerEventLoopNotBlocked() {
  return {
      .id = "linger/event-loop-not-blocked",
      .requirement = "linger/event-loop-not-blocked",
      .scenario = Scenario::kDeafClient,
      .faults = {},
      .findings = {{kStalls, "A close that waited by SO_LINGER held up another client."}},
      .defects = {"lingers-at-close"},
      .core = false,
      .inapplicable = NeverWaitsInClose,
      .judge = Judge,
  };
}

}  // namespace lastack
