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

// One life of a server or a driver, from its start until it is told to end. Times are since the start of the run; 0: it
// did not come to that.
struct SubjectLife {
  uint64_t ready_ns = 0;   // the server's port was seen to listen; the driver answered `hello`
  uint64_t quiet_ns = 0;   // the barrier: all scripts were over, and its connections were closed or had had their time
  bool listening = false;  // at the barrier the server's port still listened
  std::vector<int> alive;  // its processes at the barrier
  int unended = 0;  // at the barrier, of a driver that started a program: connections that were not over for the peer
  uint64_t stop_ns = 0;  // the server was sent the stop signal, the driver `quit`; 0: it had ended before
  bool killed = false;   // it did not end in time after that
  SubjectExit exit;      // of its first process
};

// One request to a driver and its reply, without tags and data: "send a (40 bytes)", "ok".
struct DriverReply {
  std::string request;
  std::string reply;  // empty: none came
  uint64_t asked_ns = 0;
  uint64_t replied_ns = 0;
};

struct Observation {
  std::string subject;          // the command as one shell line, with its placeholders
  std::string profile;          // "http-client"; empty outside of an audit
  std::string case_id;          // the case that the run is for; empty: the clean run
  int round = 0;                // of repeated runs
  int again = 0;                // of further clean runs, which show what the subject loses by itself: from 1; else 0
  std::string role = "client";  // the subject's: client, server or library (a driver)
  std::string scenario;         // the name of the conversation that the peer played
  std::string backend;          // "preload"
  std::vector<std::string> faults;  // the plan, in normal form
  std::string peer_address;         // where the peer listened, "127.0.0.2"; with a server, where that was to listen
  uint16_t peer_port = 0;
  uint64_t timeout_ns = 0;  // how long the subject was given
  SubjectExit exit;         // its time counts from the start of the run, too; a driver's `out`: the data it handed over
  Trace trace;
  std::vector<ConnectionRecord> connections;
  std::vector<SubjectLife> lives;    // of a server or a driver; `exit` is that of the first
  std::vector<DriverReply> replies;  // of a driver, in order
  std::vector<std::string> noise;    // lines of a driver that answer no request

  // The backend was in place in at least one process of the subject.
  bool checked_in() const;
  // Events of faults that fired, in order of time.
  std::vector<const TracedEvent*> Fired() const;
};

[[nodiscard]] std::string ObservationToJson(const Observation& observation);  // one line, always valid UTF-8
[[nodiscard]] absl::StatusOr<Observation> ObservationFromJson(absl::string_view json);

}  // namespace lastack

#endif  // LASTACK_HARNESS_RUN_OBSERVATION_H_
