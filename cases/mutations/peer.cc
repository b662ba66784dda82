// Wrong in what the peer sees.
#include <algorithm>
#include <cerrno>

#include "cases/mutations/spoil.h"
#include "cases/mutations/tables.h"

namespace lastack {
namespace {

bool ResetsForFin(Observation& run) {
  return ForEachRecord(run, [](ConnectionRecord& record) {
    if (record.ending != Ending::kFin) return false;
    record.ending = Ending::kReset;
    record.reset_ns = record.fin_ns;
    record.fin_ns = 0;
    return true;
  });
}

bool ResetsBehindFin(Observation& run) {
  return ForEachRecord(run, [](ConnectionRecord& record) {
    if (record.ending != Ending::kFin) return false;
    record.ending = Ending::kFinThenReset;
    record.reset_ns = record.fin_ns + 1;
    return true;
  });
}

bool FinForReset(Observation& run) {
  return ForEachRecord(run, [](ConnectionRecord& record) {
    if (record.ending != Ending::kReset) return false;
    record.ending = Ending::kFin;
    record.fin_ns = record.reset_ns;
    record.reset_ns = 0;
    return true;
  });
}

bool NeverEnds(Observation& run) {
  return ForEachRecord(run, [](ConnectionRecord& record) {
    if (record.ending == Ending::kNothing) return false;
    record.ending = Ending::kNothing;
    record.fin_ns = record.reset_ns = 0;
    return true;
  });
}

// As the driver says of it at the barrier.
bool NeverEndsBeforeBarrier(Observation& run) {
  if (run.lives.empty()) return false;
  ++run.lives.front().unended;
  return true;
}

bool LosesLastByte(Observation& run) {
  return ForEachRecord(run, [](ConnectionRecord& record) {
    if (record.bytes_received == 0) return false;
    --record.bytes_received;
    if (record.received.size() > record.bytes_received) record.received.pop_back();
    return true;
  });
}

// The byte stayed in a buffer of its own.
bool KeepsLastByte(Observation& run) {
  const std::set<uint64_t> connections = Connections(run);
  bool kept = false;
  for (const uint64_t socket : connections) {
    const auto sends = [=](const TracedEvent& traced) {
      return IsCall(traced, CallFamily::send) && traced.event.socket == socket && traced.event.result > 0;
    };
    const auto last = std::find_if(run.trace.events.rbegin(), run.trace.events.rend(), sends);
    if (last == run.trace.events.rend()) continue;
    --last->event.result;
    kept = true;
  }
  return LosesLastByte(run) && kept;
}

void Unserve(ConnectionRecord& record) {
  record.bytes_received = 0;
  record.received.clear();
  record.script_done = false;
  record.ending = Ending::kNothing;
  record.trouble = "nothing came";
}

bool ServesLastNot(Observation& run) {
  if (run.connections.empty()) return false;
  Unserve(run.connections.back());
  return true;
}

bool ServesSecondNot(Observation& run) {
  if (run.connections.size() < 2) return false;
  Unserve(run.connections[1]);
  return true;
}

bool RunsOutOfDescriptors(Observation& run) {
  const auto last = std::find_if(run.trace.events.rbegin(), run.trace.events.rend(),
                                 [](const TracedEvent& traced) { return IsCall(traced, CallFamily::accept); });
  if (last == run.trace.events.rend() || !ServesLastNot(run)) return false;
  last->event.result = -1;
  last->event.error = EMFILE;
  return true;
}

}  // namespace

std::vector<Mutation> WrongAtPeer() {
  return {
      {"resets-for-fin", "the peer got RST where it got FIN", ResetsForFin},
      {"resets-behind-fin", "the peer got RST behind FIN", ResetsBehindFin},
      {"fin-for-reset", "the peer got FIN where it got RST", FinForReset},
      {"never-ends", "the peer got neither", NeverEnds},
      {"ends-behind-barrier", "a connection was not over for the peer at the barrier", NeverEndsBeforeBarrier},
      {"loses-last-byte", "the peer got a byte less", LosesLastByte},
      {"keeps-last-byte", "a byte less was handed to the kernel, and came", KeepsLastByte},
      {"serves-last-not", "the last client got nothing", ServesLastNot},
      {"serves-second-not", "the second client got nothing", ServesSecondNot},
      {"runs-out-of-descriptors", "the last accept reported EMFILE, and the last client got nothing",
       RunsOutOfDescriptors},
  };
}

}  // namespace lastack
