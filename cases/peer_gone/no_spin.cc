#include "cases/peer_gone/no_spin.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "cases/site.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr int kMostFailures = 64;      // alike, with no wait between
constexpr int kMostReadinesses = 1000;  // of a socket, with no other call on it between

std::string Inapplicable(const Evidence& clean) { return NeverTransfers(clean, CallFamily::recv); }

bool IsWait(Call call) {
  return call == Call::poll || call == Call::ppoll || call == Call::select || call == Call::pselect || call == Call::epoll_wait ||
         call == Call::epoll_pwait || call == Call::epoll_pwait2;
}

// What a call on a dead connection gives: an error, or the end of file.
bool Fails(const Event& event) {
  const CallFamily family = FamilyOf(event.call);
  if (family == CallFamily::recv) return event.error != 0 || event.result == 0;
  return family == CallFamily::send && event.error != 0;
}

struct Spin {
  const TracedEvent* last = nullptr;
  int count = 0;
  const char* what = "";
};

// Follows one socket through the trace of all its threads.
Spin WorstSpin(const Evidence& run, const SocketLife& socket) {
  Spin worst;
  int failures = 0;
  int readinesses = 0;
  for (const TracedEvent& traced : run.run().trace.events) {
    const Event& event = traced.event;
    if (event.kind != EventKind::kCall || event.call == Call::none) continue;
    const bool waits = IsWait(event.call);
    if (waits && event.duration != 0 && event.result <= 0) failures = 0;  // it slept
    if (event.socket != socket.socket) continue;
    if (waits) {
      readinesses = event.result > 0 ? readinesses + 1 : 0;
      if (event.result > 0 && Fails(event)) failures = 0;
    } else {
      readinesses = 0;
      failures = Fails(event) ? failures + 1 : 0;
    }
    if (failures > worst.count) worst = {&traced, failures, "calls in a row that told of the end"};
    if (readinesses > kMostReadinesses && readinesses > worst.count) worst = {&traced, readinesses, "returns of readiness with no call between"};
  }
  return worst;
}

}  // namespace

Judgement JudgeNoSpin(const Evidence&, const Evidence& run) {
  Judgement judgement;
  judgement.expected = absl::StrCat("at most ", kMostFailures, " failures alike, or ", kMostReadinesses, " readinesses, in a row");
  bool exercised = false;
  Spin worst;
  for (const Exchange& exchange : run.exchanges()) {
    if (exchange.record == nullptr || exchange.record->our_reset_ns == 0) continue;
    exercised = true;
    const Spin spin = WorstSpin(run, *exchange.socket);
    if (spin.count > worst.count) worst = spin;
  }
  if (!exercised) {
    judgement.verdict = Verdict::kUnexercised;
    judgement.message = "The peer could not reset the connection at the agreed point.";
    return judgement;
  }
  if (worst.count > kMostFailures) {
    judgement.verdict = Verdict::kFail;
    judgement.finding = kSpinsAfterEnd.code;
    judgement.message = absl::StrCat("kept asking a connection that had ended: ", worst.count, " ", worst.what, ".");
    judgement.observed = judgement.message;
    judgement.evidence.push_back(DescribeEvent(*worst.last));
    return judgement;
  }
  judgement.verdict = Verdict::kPass;
  judgement.by_absence = true;
  judgement.message = "left a connection alone once it had ended.";
  judgement.observed = absl::StrCat("at most ", worst.count, " calls in a row that told of the end");
  return judgement;
}

Case PeerGoneNoSpin() {
  return {
      .id = "peer-gone/no-spin",
      .requirement = "peer-gone/no-spin",
      .scenario = Scenario::kResetMidAnswer,
      .faults = {},
      .findings = {kSpinsAfterEnd},
      .defects = {"spins-on-reset", "spins-on-reset-in-drain"},
      .core = false,
      .inapplicable = Inapplicable,
      .judge = JudgeNoSpin,
  };
}

}  // namespace lastack
