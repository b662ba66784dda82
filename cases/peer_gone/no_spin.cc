#include "cases/peer_gone/no_spin.h"

#include <errno.h>

#include "absl/strings/str_cat.h"
#include "cases/site.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr int kMostFailures = 64;       // alike, with no wait between
constexpr int kMostReadinesses = 1000;  // of a socket, with no other call on it between
constexpr uint64_t kBreathNs = 1'000'000;

std::string Inapplicable(const Evidence& clean) { return NeverTransfers(clean, CallFamily::recv); }

bool IsWait(Call call) {
  return call == Call::poll || call == Call::ppoll || call == Call::select || call == Call::pselect ||
         call == Call::epoll_wait || call == Call::epoll_pwait || call == Call::epoll_pwait2;
}

// What a call on a dead connection gives: an error, or the end of file.
bool Fails(const Event& event) {
  const CallFamily family = FamilyOf(event.call);
  if (family == CallFamily::recv) return event.error != 0 || event.result == 0;
  return family == CallFamily::send && event.error != 0;
}

// The same of a connection that ends in order: that nothing has come yet, or that a signal came, tells of no end, nor
// does a receive that asks for nothing.
bool TellsOfEnd(const Event& event) {
  if (event.error != 0) return event.error != EAGAIN && event.error != EINTR && Fails(event);
  return event.a > 0 && Fails(event);
}

struct Spin {
  const TracedEvent* last = nullptr;
  int count = 0;
  const char* what = "";
};

// Failures in a row, and how many of them came a while after the call before: who mostly sleeps between does not spin.
struct Row {
  int failures = 0;
  int breaths = 0;
  int spinning() const { return breaths * 2 < failures ? failures : 0; }
};

// Follows one socket through the trace of all its threads.
Spin WorstSpin(const Evidence& run, const SocketLife& socket, bool (*fails)(const Event&)) {
  Spin worst;
  Row row;
  int readinesses = 0;
  uint64_t last_ns = 0;  // the end of the last call on it
  for (const TracedEvent& traced : run.run().trace.events) {
    const Event& event = traced.event;
    if (event.kind != EventKind::kCall || event.call == Call::none) continue;
    const bool waits = IsWait(event.call);
    if (waits && event.duration != 0 && event.result <= 0) row = {};  // it slept
    if (event.socket != socket.socket) continue;
    const bool breathed = traced.start_ns > last_ns + kBreathNs;
    last_ns = traced.start_ns + traced.duration_ns;
    if (waits) {
      readinesses = event.result > 0 ? readinesses + 1 : 0;
      if (event.result > 0 && fails(event)) row = {};
    } else {
      readinesses = 0;
      row = fails(event) ? Row{row.failures + 1, row.breaths + (row.failures > 0 && breathed)} : Row{};
    }
    if (row.spinning() > worst.count) worst = {&traced, row.spinning(), "calls in a row that told of the end"};
    if (readinesses > kMostReadinesses && readinesses > worst.count) {
      worst = {&traced, readinesses, "returns of readiness with no call between"};
    }
  }
  return worst;
}

// What the connections are judged by that have ended.
struct End {
  uint64_t ConnectionRecord::*when;
  bool (*fails)(const Event&);
  const char* otherwise;  // where there is none
};

Judgement JudgeSpins(const Evidence& run, const End& end) {
  Judgement judgement;
  judgement.expected =
      absl::StrCat("at most ", kMostFailures, " failures alike, or ", kMostReadinesses, " readinesses, in a row");
  bool exercised = false;
  Spin worst;
  for (const Exchange& exchange : run.exchanges()) {
    if (exchange.record == nullptr || exchange.record->*end.when == 0) continue;
    exercised = true;
    const Spin spin = WorstSpin(run, *exchange.socket, end.fails);
    if (spin.count > worst.count) worst = spin;
  }
  if (!exercised) {
    judgement.verdict = Verdict::kUnexercised;
    judgement.message = end.otherwise;
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

Judgement JudgeNoSpinAfterEnd(const Evidence&, const Evidence& run) {
  return JudgeSpins(run, {&ConnectionRecord::our_fin_ns, TellsOfEnd, "The peer came to the end of no connection."});
}

}  // namespace

Judgement JudgeNoSpin(const Evidence&, const Evidence& run) {
  return JudgeSpins(
      run, {&ConnectionRecord::our_reset_ns, Fails, "The peer could not reset the connection at the agreed point."});
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

Case PeerGoneNoSpinAfterEnd() {
  Case one = PeerGoneNoSpin();
  one.id = "peer-gone/no-spin/after-end";
  one.scenario = Scenario::kOrdinary;
  one.defects = {"spins-at-end"};
  one.judge = JudgeNoSpinAfterEnd;
  return one;
}

}  // namespace lastack
