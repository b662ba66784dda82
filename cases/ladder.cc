#include "cases/ladder.h"

#include <limits.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "harness/trace/event_text.h"

namespace lastack {
namespace {

constexpr size_t kMostRungs = 40;
constexpr size_t kMostConnections = 3;  // drawn; a leak among hundreds is told by the message

struct Timed {
  uint64_t ns;
  Rung rung;
};

Timed At(uint64_t ns, std::string lane, std::string text) {
  return {ns, {.time_us = static_cast<int>(std::min<uint64_t>(ns / 1000, INT_MAX)), .lane = std::move(lane), .text = std::move(text)}};
}

void AddCalls(const Evidence& run, const SocketLife& socket, const std::string& prefix, std::vector<Timed>& rungs) {
  for (const TracedEvent* traced : run.EventsOn(socket)) {
    const EventKind kind = traced->event.kind;
    if (kind != EventKind::kCall && kind != EventKind::kInFlight && kind != EventKind::kLeftOpen) continue;
    const EventText text = TextOf(traced->event);
    const bool injected = traced->event.fault != kNoFaultIndex;
    rungs.push_back(At(traced->start_ns, injected ? "fault" : "subject",
                       absl::StrCat(prefix, text.what, text.outcome.empty() ? "" : " ", text.outcome, injected ? " (injected)" : "")));
  }
}

// The peer saw what the subject sent a little later than it was sent: the arrow stands where it was seen.
void AddSegments(const ConnectionRecord& record, const std::string& prefix, std::vector<Timed>& rungs) {
  const std::pair<uint64_t, std::pair<const char*, const char*>> segments[] = {
      {record.accepted_ns, {"peer", "has the connection"}},
      {record.our_fin_ns, {"to-subject", "FIN"}},
      {record.our_reset_ns, {"to-subject", "RST"}},
      {record.fin_ns, {"to-peer", "FIN"}},
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
    if (exchange.record != nullptr) AddSegments(*exchange.record, prefix, timed);
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
