#include "cases/ladder.h"

#include <limits.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "harness/plan/parse.h"
#include "harness/sys/calls.h"
#include "harness/sys/errno_names.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr size_t kMostRungs = 40;
constexpr size_t kMostConnections = 3;       // drawn; a leak among hundreds is told by the message
constexpr uint64_t kLongCallNs = 1'000'000;  // a call that took longer shows when it returned, too

struct Timed {
  uint64_t ns;
  Rung rung;
};

Timed At(uint64_t ns, std::string lane, std::string text) {
  return {ns,
          {.time_us = static_cast<int>(std::min<uint64_t>(ns / 1000, INT_MAX)),
           .lane = std::move(lane),
           .text = std::move(text)}};
}

bool IsOf(const Event& event, CallFamily family) { return event.call != Call::none && FamilyOf(event.call) == family; }

bool CountsBytes(const Event& event) { return event.call != Call::sendmmsg && event.call != Call::recvmmsg; }

std::string Bytes(int64_t count) { return absl::StrCat(count, count == 1 ? " byte" : " bytes"); }

// What a receive took from the kernel, or what came back from one that took long.
std::string Returned(const TracedEvent& traced) {
  const Event& event = traced.event;
  const bool receives = IsOf(event, CallFamily::recv) && CountsBytes(event);
  if (receives && event.error == 0 && event.a > 0) return event.result == 0 ? "EOF" : Bytes(event.result);
  if (traced.duration_ns < kLongCallNs) return "";
  return event.error == 0 ? absl::StrCat("= ", event.result) : ErrnoName(event.error);
}

// Bytes that crossed between the subject and its kernel, beside their call; what came later names its connection again.
// What a fault made up did not cross.
void AddCrossing(const TracedEvent& traced, const std::string& prefix, std::vector<Timed>& rungs) {
  const Event& event = traced.event;
  const bool made_up = event.fault != kNoFaultIndex && event.effect != Effect::kPartial;
  if (event.kind != EventKind::kCall || made_up) return;
  if (IsOf(event, CallFamily::send) && CountsBytes(event) && event.result > 0) {
    rungs.push_back(At(traced.start_ns, "to-kernel", Bytes(event.result)));
  }
  if (const std::string returned = Returned(traced); !returned.empty()) {
    const bool took_long = traced.duration_ns >= kLongCallNs;
    rungs.push_back(took_long ? At(traced.start_ns + traced.duration_ns, "from-kernel", absl::StrCat(prefix, returned))
                              : At(traced.start_ns, "from-kernel", returned));
  }
}

// A reset was ordered and then the call really made; all other effects make up the outcome or a part of it.
std::string Injection(const Event& event) {
  if (event.effect == Effect::kNone) return " (injected: signal)";
  return absl::StrCat(" (injected: ", EffectName(event.effect), ")");
}

void AddCalls(const Evidence& run, const SocketLife& socket, const std::string& prefix, std::vector<Timed>& rungs) {
  for (const TracedEvent* traced : run.EventsOn(socket)) {
    const EventKind kind = traced->event.kind;
    if (kind != EventKind::kCall && kind != EventKind::kInFlight && kind != EventKind::kLeftOpen) continue;
    const EventText text = TextOf(traced->event);
    const bool injected = traced->event.fault != kNoFaultIndex;
    rungs.push_back(At(traced->start_ns, injected ? "fault" : "subject",
                       absl::StrCat(prefix, text.what, text.outcome.empty() ? "" : " ", text.outcome,
                                    injected ? Injection(traced->event) : "")));
    AddCrossing(*traced, prefix, rungs);
  }
}

// The peer saw what the subject sent a little later than it was sent: the arrow stands where it was seen.
void AddSegments(const ConnectionRecord& record, const char* begin, const std::string& prefix,
                 std::vector<Timed>& rungs) {
  const std::pair<uint64_t, std::pair<const char*, const char*>> segments[] = {
      {record.accepted_ns, {"peer", begin}},        {record.our_fin_ns, {"to-subject", "FIN"}},
      {record.our_reset_ns, {"to-subject", "RST"}}, {record.fin_ns, {"to-peer", "FIN"}},
      {record.reset_ns, {"to-peer", "RST"}},
  };
  for (const auto& [ns, segment] : segments) {
    if (ns != 0) rungs.push_back(At(ns, segment.first, absl::StrCat(prefix, segment.second)));
  }
}

}  // namespace

std::vector<Rung> LadderOf(const Evidence& run) {
  std::vector<Timed> timed;
  const size_t drawn = std::min(run.exchanges().size(), kMostConnections);
  for (size_t i = 0; i < drawn; ++i) {
    const Exchange& exchange = run.exchanges()[i];
    const std::string prefix = run.exchanges().size() == 1 ? "" : absl::StrCat("#", i + 1, " ");
    AddCalls(run, *exchange.socket, prefix, timed);
    if (exchange.record == nullptr) continue;
    const bool accepted_it = exchange.socket->descriptors.front().origin == Origin::kAccept;
    AddSegments(*exchange.record, accepted_it ? "connected" : "accepted", prefix, timed);
  }
  std::stable_sort(timed.begin(), timed.end(), [](const Timed& a, const Timed& b) { return a.ns < b.ns; });
  std::vector<Rung> rungs;
  for (size_t i = 0; i < timed.size(); ++i) {
    const bool folded = timed.size() > kMostRungs && i >= kMostRungs / 2 && i < timed.size() - kMostRungs / 2;
    if (!folded) {
      rungs.push_back(timed[i].rung);
    } else if (i == kMostRungs / 2) {
      rungs.push_back(At(timed[i].ns, "fold", absl::StrCat(timed.size() - kMostRungs, " more are left out")).rung);
    }
  }
  return rungs;
}

}  // namespace lastack
