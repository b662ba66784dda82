// All the facts of one run, from all witnesses: the subject's end, the trace from inside, the peer from outside.
//
// Judges are pure functions of observations, and an observation survives a round trip through JSON (one line of
// facts.jsonl), so that a run can be judged again later without running anything.
#ifndef LASTACK_HARNESS_RUN_OBSERVATION_H_
#define LASTACK_HARNESS_RUN_OBSERVATION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "harness/peer/peer.h"
#include "harness/plan/fault.h"
#include "harness/run/launcher.h"
#include "harness/trace/trace.h"

namespace lastack {

struct Observation {
  std::string subject;              // the command as one shell line, with its placeholders
  std::string profile;              // "http-client"; empty outside of an audit
  std::string case_id;              // the case that the run is for; empty: the clean run
  std::string scenario;             // the name of the conversation that the peer played
  std::string backend;              // "preload"
  std::vector<std::string> faults;  // the plan, in normal form
  std::string peer_address;         // where the peer listened, "127.0.0.2"
  uint16_t peer_port = 0;
  uint64_t timeout_ns = 0;          // how long the subject was given
  SubjectExit exit;                 // its time counts from the start of the run, too
  Trace trace;
  std::vector<ConnectionRecord> connections;

  // The backend was in place in at least one process of the subject.
  bool checked_in() const;
  // Events of faults that fired, in order of time.
  std::vector<const TracedEvent*> Fired() const;
};

[[nodiscard]] std::string ObservationToJson(const Observation& observation);  // one line, always valid UTF-8
[[nodiscard]] absl::StatusOr<Observation> ObservationFromJson(absl::string_view json);

}  // namespace lastack

#endif  // LASTACK_HARNESS_RUN_OBSERVATION_H_
