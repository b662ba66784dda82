#include "harness/run/observation.h"

#include <exception>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace lastack {
namespace {

using nlohmann::json;

// An event as a row of numbers, in the order of its fields.
json EventRow(const TracedEvent& traced) {
  const Event& event = traced.event;
  return json::array({traced.pid, traced.tid, traced.start_ns, traced.duration_ns, static_cast<int>(event.kind),
                      event.call == Call::none ? json() : json(CallName(event.call)), event.flags, event.fd,
                      event.error, event.fault, static_cast<int>(event.effect), event.result, event.socket, event.a,
                      event.b, event.substitute, event.restarts, event.history, static_cast<int>(event.realism)});
}

Call CallNamed(const std::string& name) {
  for (size_t i = 0; i < kCallCount; ++i) {
    if (name == CallName(static_cast<Call>(i))) return static_cast<Call>(i);
  }
  throw std::invalid_argument(absl::StrCat("no call is named ", name));
}

template <typename Enum>
Enum EnumUpTo(const json& value, Enum last) {
  const int number = value.get<int>();
  if (number < 0 || number > static_cast<int>(last)) {
    throw std::invalid_argument(absl::StrCat("no such value: ", number));
  }
  return static_cast<Enum>(number);
}

TracedEvent EventOf(const json& row) {
  if (!row.is_array() || row.size() != 19) throw std::invalid_argument("an event is a row of 19 values");
  TracedEvent traced;
  traced.pid = row[0].get<int>();
  traced.tid = row[1].get<int>();
  traced.start_ns = row[2].get<uint64_t>();
  traced.duration_ns = row[3].get<uint64_t>();
  Event& event = traced.event;
  event = {};
  event.kind = EnumUpTo(row[4], EventKind::kExit);
  event.call = row[5].is_null() ? Call::none : CallNamed(row[5].get<std::string>());
  event.flags = row[6].get<uint8_t>();
  event.fd = row[7].get<int32_t>();
  event.error = row[8].get<uint16_t>();
  event.fault = row[9].get<uint8_t>();
  event.effect = EnumUpTo(row[10], kLastEffect);
  event.result = row[11].get<int64_t>();
  event.socket = row[12].get<uint64_t>();
  event.a = row[13].get<uint64_t>();
  event.b = row[14].get<uint64_t>();
  event.substitute = row[15].get<uint32_t>();
  event.restarts = row[16].get<uint16_t>();
  event.history = row[17].get<uint8_t>();
  event.realism = EnumUpTo(row[18], Realism::kAdversarial);
  if (!IsSound(event)) throw std::invalid_argument("a row is no event");
  return traced;
}

json TraceJson(const Trace& trace) {
  json events = json::array();
  for (const TracedEvent& event : trace.events) events.push_back(EventRow(event));
  return {{"events", std::move(events)},          {"lost_events", trace.lost_events},
          {"torn_events", trace.torn_events},     {"untracked_sockets", trace.untracked_sockets},
          {"foreign_calls", trace.foreign_calls}, {"interposed_call", trace.interposed_call},
          {"interposer", trace.interposer}};
}

Trace TraceOf(const json& value) {
  Trace trace;
  for (const json& row : value.at("events")) trace.events.push_back(EventOf(row));
  trace.lost_events = value.at("lost_events").get<uint64_t>();
  trace.torn_events = value.at("torn_events").get<uint64_t>();
  trace.untracked_sockets = value.at("untracked_sockets").get<uint64_t>();
  trace.foreign_calls = value.at("foreign_calls").get<uint64_t>();
  trace.interposed_call = value.at("interposed_call").get<std::string>();
  trace.interposer = value.at("interposer").get<std::string>();
  return trace;
}

json ExitJson(const SubjectExit& exit) {
  return {{"how", static_cast<int>(exit.how)},
          {"status", exit.status},
          {"signal", exit.signal},
          {"out", exit.out},
          {"err", exit.err},
          {"out_bytes", exit.out_bytes},
          {"err_bytes", exit.err_bytes},
          {"ended_ns", exit.ended_ns},
          {"duration_ns", exit.duration_ns},
          {"survivors_killed", exit.survivors_killed}};
}

SubjectExit ExitOf(const json& value) {
  SubjectExit exit;
  exit.how = EnumUpTo(value.at("how"), SubjectExit::How::kTimedOut);
  exit.status = value.at("status").get<int>();
  exit.signal = value.at("signal").get<int>();
  exit.out = value.at("out").get<std::string>();
  exit.err = value.at("err").get<std::string>();
  exit.out_bytes = value.at("out_bytes").get<uint64_t>();
  exit.err_bytes = value.at("err_bytes").get<uint64_t>();
  exit.ended_ns = value.at("ended_ns").get<uint64_t>();
  exit.duration_ns = value.at("duration_ns").get<uint64_t>();
  exit.survivors_killed = value.at("survivors_killed").get<int>();
  return exit;
}

json ConnectionJson(const ConnectionRecord& record) {
  return {{"far_port", record.far_port},
          {"near_port", record.near_port},
          {"accepted_ns", record.accepted_ns},
          {"received", record.received},
          {"bytes_received", record.bytes_received},
          {"bytes_sent", record.bytes_sent},
          {"ending", static_cast<int>(record.ending)},
          {"fin_ns", record.fin_ns},
          {"reset_ns", record.reset_ns},
          {"our_fin_ns", record.our_fin_ns},
          {"our_reset_ns", record.our_reset_ns},
          {"left_ns", record.left_ns},
          {"steps_done", record.steps_done},
          {"script", record.script},
          {"script_done", record.script_done},
          {"trouble", record.trouble}};
}

ConnectionRecord ConnectionOf(const json& value) {
  ConnectionRecord record;
  record.far_port = value.at("far_port").get<uint16_t>();
  record.near_port = value.at("near_port").get<uint16_t>();
  record.accepted_ns = value.at("accepted_ns").get<uint64_t>();
  record.received = value.at("received").get<std::string>();
  record.bytes_received = value.at("bytes_received").get<uint64_t>();
  record.bytes_sent = value.at("bytes_sent").get<uint64_t>();
  record.ending = EnumUpTo(value.at("ending"), Ending::kFinThenReset);
  record.fin_ns = value.at("fin_ns").get<uint64_t>();
  record.reset_ns = value.at("reset_ns").get<uint64_t>();
  record.our_fin_ns = value.at("our_fin_ns").get<uint64_t>();
  record.our_reset_ns = value.at("our_reset_ns").get<uint64_t>();
  record.left_ns = value.at("left_ns").get<uint64_t>();
  record.steps_done = value.at("steps_done").get<uint64_t>();
  record.script = value.at("script").get<uint64_t>();
  record.script_done = value.at("script_done").get<bool>();
  record.trouble = value.at("trouble").get<std::string>();
  return record;
}

json LifeJson(const SubjectLife& life) {
  return {{"ready_ns", life.ready_ns}, {"quiet_ns", life.quiet_ns},  {"listening", life.listening},
          {"alive", life.alive},       {"unended", life.unended},    {"stop_ns", life.stop_ns},
          {"killed", life.killed},     {"exit", ExitJson(life.exit)}};
}

SubjectLife LifeOf(const json& value) {
  SubjectLife life;
  life.ready_ns = value.at("ready_ns").get<uint64_t>();
  life.quiet_ns = value.at("quiet_ns").get<uint64_t>();
  life.listening = value.at("listening").get<bool>();
  life.alive = value.at("alive").get<std::vector<int>>();
  life.unended = value.at("unended").get<int>();
  life.stop_ns = value.at("stop_ns").get<uint64_t>();
  life.killed = value.at("killed").get<bool>();
  life.exit = ExitOf(value.at("exit"));
  return life;
}

json ReplyJson(const DriverReply& reply) {
  return {{"request", reply.request},
          {"reply", reply.reply},
          {"asked_ns", reply.asked_ns},
          {"replied_ns", reply.replied_ns}};
}

DriverReply ReplyOf(const json& value) {
  return {.request = value.at("request").get<std::string>(),
          .reply = value.at("reply").get<std::string>(),
          .asked_ns = value.at("asked_ns").get<uint64_t>(),
          .replied_ns = value.at("replied_ns").get<uint64_t>()};
}

Observation ObservationOf(const json& value) {
  Observation observation;
  observation.subject = value.at("subject").get<std::string>();
  observation.profile = value.at("profile").get<std::string>();
  observation.case_id = value.at("case").get<std::string>();
  observation.round = value.at("round").get<int>();
  observation.again = value.value("again", 0);  // facts of older versions lack it
  observation.role = value.at("role").get<std::string>();
  observation.scenario = value.at("scenario").get<std::string>();
  observation.backend = value.at("backend").get<std::string>();
  observation.faults = value.at("faults").get<std::vector<std::string>>();
  observation.peer_address = value.at("peer_address").get<std::string>();
  observation.peer_port = value.at("peer_port").get<uint16_t>();
  observation.timeout_ns = value.at("timeout_ns").get<uint64_t>();
  observation.exit = ExitOf(value.at("exit"));
  observation.trace = TraceOf(value.at("trace"));
  for (const json& record : value.at("connections")) observation.connections.push_back(ConnectionOf(record));
  for (const json& life : value.at("lives")) observation.lives.push_back(LifeOf(life));
  for (const json& reply : value.at("replies")) observation.replies.push_back(ReplyOf(reply));
  observation.noise = value.at("noise").get<std::vector<std::string>>();
  return observation;
}

}  // namespace

bool Observation::checked_in() const {
  for (const TracedEvent& event : trace.events) {
    if (event.event.kind == EventKind::kCheckIn) return true;
  }
  return false;
}

std::vector<const TracedEvent*> Observation::Fired() const {
  std::vector<const TracedEvent*> fired;
  for (const TracedEvent& event : trace.events) {
    if (event.event.fault != kNoFaultIndex) fired.push_back(&event);
  }
  return fired;
}

std::string ObservationToJson(const Observation& observation) {
  json connections = json::array();
  for (const ConnectionRecord& record : observation.connections) connections.push_back(ConnectionJson(record));
  json lives = json::array();
  for (const SubjectLife& life : observation.lives) lives.push_back(LifeJson(life));
  json replies = json::array();
  for (const DriverReply& reply : observation.replies) replies.push_back(ReplyJson(reply));
  const json value = {{"subject", observation.subject},
                      {"profile", observation.profile},
                      {"case", observation.case_id},
                      {"round", observation.round},
                      {"again", observation.again},
                      {"role", observation.role},
                      {"scenario", observation.scenario},
                      {"backend", observation.backend},
                      {"faults", observation.faults},
                      {"peer_address", observation.peer_address},
                      {"peer_port", observation.peer_port},
                      {"timeout_ns", observation.timeout_ns},
                      {"exit", ExitJson(observation.exit)},
                      {"trace", TraceJson(observation.trace)},
                      {"connections", std::move(connections)},
                      {"lives", std::move(lives)},
                      {"replies", std::move(replies)},
                      {"noise", observation.noise}};
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

absl::StatusOr<Observation> ObservationFromJson(absl::string_view text) {
  try {
    return ObservationOf(json::parse(text.begin(), text.end()));
  } catch (const std::exception& error) {
    // The library's messages begin with its own name for the error: "[json.exception.parse_error.101] ".
    const absl::string_view message = error.what();
    return absl::InvalidArgumentError(
        absl::StrCat("not the facts of a run: ",
                     absl::StartsWith(message, "[json.") ? message.substr(message.find("] ") + 2) : message));
  }
}

}  // namespace lastack
